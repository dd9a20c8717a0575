//! The transports that the server offers besides WebSocket.

use std::fmt::Write;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::header};
use serde::Serialize;
use tickcast_game::Simulation;

use crate::http::Site;

/// The path of the WebTransport endpoint.
pub const WEBTRANSPORT_PATH: &str = "/wt";

/// How clients reach the listener for WebTransport.
#[derive(Clone)]
pub struct DatagramOffer {
    /// The UDP port.
    pub port: u16,
    /// Returns the SHA-256 hash of the current certificate. `None` if clients can verify the certificate without its hash.
    pub certificate_hash: Option<Arc<dyn Fn() -> [u8; 32] + Send + Sync>>,
}

/// The response to `GET /api/transports`.
#[derive(Debug, Serialize)]
struct Transports {
    #[serde(skip_serializing_if = "Option::is_none")]
    datagrams: Option<Datagrams>,
}

#[derive(Debug, Serialize)]
struct Datagrams {
    path: &'static str,
    port: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_sha256: Option<String>,
}

/// `GET /api/transports`: how clients reach the server with datagrams.
pub(in crate::http) async fn offered<S: Simulation>(request: HttpRequest) -> HttpResponse {
    let datagrams = Site::<S>::of(&request).datagrams.as_ref().map(|offer| Datagrams {
        path: WEBTRANSPORT_PATH,
        port: offer.port,
        certificate_sha256: offer.certificate_hash.as_ref().map(|hash| hexadecimal(&hash())),
    });
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Transports { datagrams })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
        text
    })
}
