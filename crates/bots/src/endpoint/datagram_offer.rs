//! How a server accepts datagrams: the response to `GET /api/transports`.

use std::path::Path;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::Endpoint;
use crate::{BotsError, OptionError, TlsError};

/// Time limit of the request.
const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize)]
struct Transports {
    datagrams: Option<DatagramOffer>,
}

/// How a server accepts datagrams.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct DatagramOffer {
    /// Path of the WebTransport endpoint.
    pub(crate) path: String,
    /// UDP port.
    pub(crate) port: u16,
    /// SHA-256 hash of the certificate, in hexadecimal digits. `None` if a certificate authority has signed the certificate.
    pub(crate) certificate_sha256: Option<String>,
}

impl Endpoint {
    /// Requests the offer from the server. Blocks. `ca` is a PEM file with the certificate authorities to trust.
    pub(crate) fn datagram_offer(&self, ca: Option<&Path>) -> Result<DatagramOffer, BotsError> {
        let tls = TlsConfig::builder().root_certs(roots(ca).map_err(OptionError::from)?).build();
        let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).tls_config(tls).build();
        let url = self.transports_url();
        let body = ureq::Agent::from(config).get(&url).call().and_then(|mut response| response.body_mut().read_to_string());
        let body = body.map_err(|error| BotsError::Transports { url, error: Box::new(error) })?;
        let transports: Transports = serde_json::from_str(&body).map_err(|_| OptionError::NoDatagrams)?;
        Ok(transports.datagrams.ok_or(OptionError::NoDatagrams)?)
    }

    /// URL of the room API's resource that lists the transports. It is beside the WebSocket endpoint.
    fn transports_url(&self) -> String {
        let scheme = if self.is_encrypted() { "https" } else { "http" };
        let path = self.uri.path();
        format!("{scheme}://{}{}api/transports", self.authority(), path.strip_suffix("ws").unwrap_or(path))
    }
}

fn roots(ca: Option<&Path>) -> Result<RootCerts, TlsError> {
    let Some(ca) = ca else { return Ok(RootCerts::WebPki) };
    let certificates = CertificateDer::pem_file_iter(ca)?.collect::<Result<Vec<_>, _>>()?;
    Ok(certificates.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transports_are_listed_beside_the_endpoint() {
        let url = |endpoint: &str| endpoint.parse::<Endpoint>().expect("the URL is valid").transports_url();
        assert_eq!(url("ws://localhost:1/ws?room=duel"), "http://localhost:1/api/transports");
        assert_eq!(url("wss://game.example/play/ws"), "https://game.example/play/api/transports");
    }

    #[test]
    fn clients_join_over_webtransport_with_the_query_of_the_endpoint() {
        let endpoint: Endpoint = "ws://[::1]:8080/ws?key=7".parse().expect("the URL is valid");
        let offer = DatagramOffer { path: "/wt".to_owned(), port: 9, certificate_sha256: None };
        let url = |room: Option<&str>| {
            let room = room.map(|room| room.parse().expect("the room name is valid"));
            endpoint.webtransport_url(&offer, room.as_ref()).expect("the URL is valid").to_string()
        };
        assert_eq!(url(None), "https://[::1]:9/wt?key=7");
        assert_eq!(url(Some("duel")), "https://[::1]:9/wt?key=7&room=duel");
    }
}
