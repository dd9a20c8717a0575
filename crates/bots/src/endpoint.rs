//! Address of a server's WebSocket endpoint, and connections to it.

mod connector;
mod datagram_offer;
mod tls;

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::str::FromStr;

use tickcast_protocol::{RoomName, codec};
use tungstenite::ClientRequestBuilder;
use tungstenite::http::Uri;
use url::Url;

use crate::TlsError;

pub(crate) use connector::{Connector, SourceAddresses};
pub(crate) use datagram_offer::DatagramOffer;
pub(crate) use tls::{ClientStream, Encryption, quic};

/// URL of a server's WebSocket endpoint, such as `ws://127.0.0.1:8080/ws` or `wss://game.example/ws`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    uri: Uri,
    host: String,
}

/// Error of parsing the URL of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// The text is not a URL.
    #[error("invalid URL")]
    InvalidUrl,
    /// The scheme is neither `ws` nor `wss`.
    #[error("the URL of an endpoint starts with ws:// or wss://")]
    WrongScheme,
    /// The host is missing.
    #[error("the URL has no host")]
    NoHost,
}

impl Endpoint {
    /// Resolves the host to its first address.
    pub(crate) fn resolve(&self) -> io::Result<SocketAddr> {
        let port = self.uri.port_u16().unwrap_or(if self.is_encrypted() { 443 } else { 80 });
        (self.bare_host(), port).to_socket_addrs()?.next().ok_or_else(|| io::Error::other("the host has no address"))
    }

    /// Prepares the encryption of connections. `ca` is a PEM file with the certificate authorities to trust.
    pub(crate) fn encryption(&self, ca: Option<&Path>) -> Result<Encryption, TlsError> {
        if self.is_encrypted() { Encryption::tls(self.bare_host(), ca) } else { Ok(Encryption::None) }
    }

    fn is_encrypted(&self) -> bool {
        self.uri.scheme_str() == Some("wss")
    }

    /// The host, without the brackets of an IPv6 address.
    fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Target of the upgrade request of a client that joins `room`: path and query.
    pub(crate) fn path(&self, room: Option<&RoomName>) -> String {
        self.uri(room).path_and_query().map_or("/", |path| path.as_str()).to_owned()
    }

    /// Target of the request that opens a session of the HTTP fallback in `room`: path and query.
    pub(crate) fn http_path(&self, room: Option<&RoomName>) -> String {
        let path = self.path(room);
        let (path, query) =
            path.split_once('?').map_or((&*path, String::new()), |(path, query)| (path, format!("?{query}")));
        format!("{}http/open{query}", path.strip_suffix("ws").unwrap_or(path))
    }

    /// URL of the WebTransport endpoint that `offer` describes, for a client that joins `room`.
    pub(crate) fn webtransport_url(&self, offer: &DatagramOffer, room: Option<&RoomName>) -> Result<Url, EndpointError> {
        let path = self.path(room);
        let query = path.split_once('?').map_or(String::new(), |(_, query)| format!("?{query}"));
        let url = format!("https://{}:{}{}{query}", self.host, offer.port, offer.path);
        url.parse().map_err(|_| EndpointError::InvalidUrl)
    }

    /// Host and port, as in the `Host` header.
    pub(crate) fn authority(&self) -> &str {
        self.uri.authority().map_or(&self.host, |authority| authority.as_str())
    }

    /// Upgrade request of a client that joins `room`. Without a room, the server selects one.
    pub(crate) fn request(&self, room: Option<&RoomName>) -> ClientRequestBuilder {
        ClientRequestBuilder::new(self.uri(room)).with_sub_protocol(codec::SUBPROTOCOL)
    }

    fn uri(&self, room: Option<&RoomName>) -> Uri {
        let Some(room) = room else { return self.uri.clone() };
        let separator = if self.uri.query().is_some() { '&' } else { '?' };
        format!("{}{separator}room={room}", self.uri).parse().expect("a room name needs no escaping in a URL")
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let uri: Uri = text.parse().map_err(|_| EndpointError::InvalidUrl)?;
        if !matches!(uri.scheme_str(), Some("ws" | "wss")) {
            return Err(EndpointError::WrongScheme);
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(EndpointError::NoHost)?.to_owned();
        Ok(Self { uri, host })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tungstenite::client::IntoClientRequest;

    fn requested_url(endpoint: &str, room: &str) -> String {
        let endpoint: Endpoint = endpoint.parse().expect("the URL is valid");
        let room = room.parse().expect("the room name is valid");
        endpoint.request(Some(&room)).into_client_request().expect("the request is valid").uri().to_string()
    }

    #[test]
    fn the_room_is_requested_in_the_query() {
        assert_eq!(requested_url("ws://localhost:1/ws", "duel"), "ws://localhost:1/ws?room=duel");
        assert_eq!(requested_url("ws://localhost:1/ws?key=7", "duel"), "ws://localhost:1/ws?key=7&room=duel");
    }

    #[test]
    fn the_http_fallback_is_beside_the_websocket_endpoint() {
        let endpoint: Endpoint = "ws://localhost:1/ws?key=7".parse().expect("the URL is valid");
        assert_eq!(endpoint.http_path(None), "/http/open?key=7");
        let room = "duel".parse().expect("the room name is valid");
        assert_eq!(endpoint.http_path(Some(&room)), "/http/open?key=7&room=duel");
    }

    #[test]
    fn numeric_hosts_are_resolved_without_dns() {
        let resolve = |text: &str| {
            let endpoint: Endpoint = text.parse().expect("the URL is valid");
            endpoint.resolve().expect("a numeric host is an address").to_string()
        };
        assert_eq!(resolve("ws://127.0.0.1/ws"), "127.0.0.1:80");
        assert_eq!(resolve("ws://[::1]:8080/ws"), "[::1]:8080");
    }
}
