//! PROXY protocol, version 2 (<https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>): a proxy that forwards TCP
//! connections sends the address of the client in a header before the client's bytes.

use std::io;
use std::net::SocketAddr;

use ppp::v2::{Addresses, Command, Header, PROTOCOL_PREFIX};
use tokio::io::{AsyncRead, AsyncReadExt};

/// Length of the fixed part of a header, in bytes. The last two of these bytes contain the length of the variable part.
const FIXED_BYTES: usize = 16;
/// Limit on the variable part of a header, in bytes. This part contains the addresses, and can contain further data about
/// the connection, such as its TLS certificate.
const VARIABLE_BYTES_MAX: usize = 2 << 10;

/// Reads the header of a connection, and no byte after the header. Returns the address of the client. Returns `proxy` if
/// the proxy has opened the connection for itself, for example to check whether the server is alive.
///
/// # Errors
/// Fails if the connection does not start with a valid header that contains the address of a TCP connection.
pub(super) async fn read_source(stream: &mut (impl AsyncRead + Unpin), proxy: SocketAddr) -> io::Result<SocketAddr> {
    let mut bytes = vec![0; FIXED_BYTES];
    stream.read_exact(&mut bytes).await?;
    let length = usize::from(u16::from_be_bytes([bytes[FIXED_BYTES - 2], bytes[FIXED_BYTES - 1]]));
    if !bytes.starts_with(PROTOCOL_PREFIX) || length > VARIABLE_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    bytes.resize(FIXED_BYTES + length, 0);
    stream.read_exact(&mut bytes[FIXED_BYTES..]).await?;
    let header = Header::try_from(&bytes[..]).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    match (header.command, header.addresses) {
        (Command::Local, _) => Ok(proxy),
        (Command::Proxy, Addresses::IPv4(ipv4)) => Ok((ipv4.source_address, ipv4.source_port).into()),
        (Command::Proxy, Addresses::IPv6(ipv6)) => Ok((ipv6.source_address, ipv6.source_port).into()),
        (Command::Proxy, Addresses::Unspecified | Addresses::Unix(_)) => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use ppp::v2::{Builder, Protocol, Version};

    use super::*;

    const PROXY: &str = "10.0.0.1:1234";

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    /// A header with these addresses and an extension.
    fn header(command: Command, source: &str, destination: &str, extension_bytes: usize) -> Vec<u8> {
        let addresses = (address(source), address(destination));
        let builder = Builder::with_addresses(Version::Two | command, Protocol::Stream, addresses);
        let extended = builder.write_tlv(ppp::v2::Type::NoOp, &vec![0; extension_bytes]).expect("it is short");
        extended.build().expect("it is short")
    }

    async fn read(mut bytes: &[u8]) -> Option<(SocketAddr, usize)> {
        let source = read_source(&mut bytes, address(PROXY)).await.ok()?;
        Some((source, bytes.len()))
    }

    #[tokio::test]
    async fn the_source_is_read_and_the_bytes_of_the_client_are_not() {
        for source in ["198.51.100.1:4711", "[2001:db8::1]:4711"] {
            let destination = if source.starts_with('[') { "[2001:db8::2]:80" } else { "192.0.2.1:80" };
            let bytes = [header(Command::Proxy, source, destination, 300), b"GET /".to_vec()].concat();
            assert_eq!(read(&bytes).await, Some((address(source), 5)));
        }
    }

    #[tokio::test]
    async fn a_connection_of_the_proxy_itself_has_the_address_of_the_proxy() {
        let bytes = header(Command::Local, "198.51.100.1:4711", "192.0.2.1:80", 0);
        assert_eq!(read(&bytes).await, Some((address(PROXY), 0)));
    }

    #[tokio::test]
    async fn other_bytes_and_long_headers_are_invalid() {
        let valid = header(Command::Proxy, "198.51.100.1:4711", "192.0.2.1:80", 0);
        for end in 0..valid.len() {
            assert_eq!(read(&valid[..end]).await, None, "{end} bytes");
        }
        assert_eq!(read(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await, None);
        assert_eq!(read(b"PROXY TCP4 198.51.100.1 192.0.2.1 4711 80\r\n").await, None, "version 1");
        assert_eq!(read(&header(Command::Proxy, "198.51.100.1:4711", "192.0.2.1:80", VARIABLE_BYTES_MAX)).await, None);
        for byte in 12..16 {
            let mut changed = valid.clone();
            changed[byte] ^= 0xff;
            assert_eq!(read(&changed).await, None, "byte {byte}");
        }
    }
}
