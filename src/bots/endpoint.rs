//! Where the server is.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;

use tickcast_protocol::{RoomName, codec};
use tungstenite::ClientRequestBuilder;
use tungstenite::http::Uri;

/// The address of a server's WebSocket endpoint, such as `ws://127.0.0.1:8080/ws`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    uri: Uri,
    host: String,
}

impl Endpoint {
    /// Where to connect to.
    pub(crate) fn resolve(&self) -> io::Result<SocketAddr> {
        let port = self.uri.port_u16().unwrap_or(80);
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        (host, port).to_socket_addrs()?.next().ok_or_else(|| io::Error::other("the host has no address"))
    }

    /// What to ask for there, with its query.
    pub(crate) fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }

    /// Whom to ask: host and port, as in the address.
    pub(crate) fn authority(&self) -> &str {
        self.uri.authority().map_or(&self.host, |authority| authority.as_str())
    }

    /// What to ask for there.
    pub(super) fn request(&self, room: Option<&RoomName>) -> ClientRequestBuilder {
        let uri = match room {
            Some(room) => {
                let separator = if self.uri.query().is_some() { '&' } else { '?' };
                let address = format!("{}{separator}room={room}", self.uri);
                address.parse().expect("a room's name is safe in an address")
            }
            None => self.uri.clone(),
        };
        ClientRequestBuilder::new(uri).with_sub_protocol(codec::SUBPROTOCOL)
    }
}

impl FromStr for Endpoint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| "this is no address")?;
        if uri.scheme_str() != Some("ws") {
            return Err("the address of an endpoint starts with ws://");
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or("the address names no host")?.to_owned();
        Ok(Self { uri, host })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tungstenite::client::IntoClientRequest;

    fn asked_for(endpoint: &str, room: &str) -> String {
        let endpoint: Endpoint = endpoint.parse().expect("an endpoint");
        let room = room.parse().expect("a room's name");
        endpoint.request(Some(&room)).into_client_request().expect("a request").uri().to_string()
    }

    #[test]
    fn the_room_is_asked_for_in_the_query() {
        assert_eq!(asked_for("ws://localhost:1/ws", "duel"), "ws://localhost:1/ws?room=duel");
        assert_eq!(asked_for("ws://localhost:1/ws?key=7", "duel"), "ws://localhost:1/ws?key=7&room=duel");
    }

    #[test]
    fn numeric_hosts_need_no_names() {
        let address =
            |text: &str| text.parse::<Endpoint>().expect("an endpoint").resolve().expect("an address").to_string();
        assert_eq!(address("ws://127.0.0.1/ws"), "127.0.0.1:80");
        assert_eq!(address("ws://[::1]:8080/ws"), "[::1]:8080");
    }
}
