//! Non-blocking TCP connections to one server.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, Socket, Type};

use super::Encryption;
use crate::OptionError;

/// Consecutive source addresses in 127.0.0.0/8. The clients are distributed over these addresses, so that a server with
/// limits per address does not count them as one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SourceAddresses {
    first: Ipv4Addr,
    count: u32,
}

impl SourceAddresses {
    /// Maximum number of addresses. It is low enough that hostile clients and honest bots never share an address.
    pub(crate) const COUNT_MAX: i64 = 60_000;

    /// `count` addresses for hostile clients. They start at 127.0.0.2, because a server may exempt 127.0.0.1 from its limits.
    pub(crate) const fn hostile(count: u32) -> Self {
        Self { first: Ipv4Addr::new(127, 0, 0, 2), count }
    }

    /// `count` addresses for honest bots, from 127.1.0.1 up.
    pub(crate) const fn honest(count: u32) -> Self {
        Self { first: Ipv4Addr::new(127, 1, 0, 1), count }
    }

    /// Whether clients can connect to this target from addresses in 127.0.0.0/8.
    pub(crate) fn can_reach(target: SocketAddr) -> bool {
        matches!(target.ip(), IpAddr::V4(address) if address.is_loopback()) && tickcast_platform::has_loopback_network()
    }

    /// The address of the client with this number. The clients use the addresses in turn.
    fn of_client(self, number: u32) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.first.to_bits() + number % self.count)
    }
}

/// Opens non-blocking TCP connections to one server.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    target: SocketAddr,
    encryption: Encryption,
    /// `None` if the operating system selects the source addresses.
    sources: Option<SourceAddresses>,
}

impl Connector {
    /// # Errors
    /// [`OptionError::SourceAddresses`] if clients cannot connect to the target from the given addresses.
    pub(crate) fn new(
        target: SocketAddr,
        encryption: Encryption,
        sources: Option<SourceAddresses>,
    ) -> Result<Self, OptionError> {
        if sources.is_some() && !SourceAddresses::can_reach(target) {
            return Err(OptionError::SourceAddresses(target));
        }
        Ok(Self { target, encryption, sources })
    }

    /// The encryption of the connections, which the caller applies once a socket is connected.
    pub(crate) const fn encryption(&self) -> &Encryption {
        &self.encryption
    }

    /// Starts to connect a client. `number` determines its source address. `receive_bytes` is the size of the receive
    /// buffer, if it differs from the default.
    pub(crate) fn connect(&self, number: u32, receive_bytes: Option<usize>) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(self.target), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        if let Some(bytes) = receive_bytes {
            socket.set_recv_buffer_size(bytes)?;
        }
        if let Some(sources) = self.sources {
            socket.bind(&SocketAddr::from((sources.of_client(number), 0)).into())?;
        }
        match socket.connect(&self.target.into()) {
            Err(error) if !tickcast_platform::is_connect_in_progress(&error) => Err(error),
            _ => Ok(TcpStream::from_std(socket.into())),
        }
    }

    /// A UDP socket for a client that sends to the same host. `number` determines its source address.
    pub(crate) fn bind_udp(&self, number: u32) -> io::Result<UdpSocket> {
        let any: IpAddr = if self.target.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        UdpSocket::bind((self.sources.map_or(any, |sources| sources.of_client(number).into()), 0))
    }

    /// Like [`Self::connect`], and registers the events of the socket under `token`.
    pub(crate) fn connect_registered(&self, number: u32, registry: &Registry, token: Token) -> io::Result<TcpStream> {
        let mut stream = self.connect(number, None)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn clients_use_the_addresses_in_turn() {
        let addresses = |sources: SourceAddresses| [0, 1, 2, 300].map(|number| sources.of_client(number).to_string());
        assert_eq!(addresses(SourceAddresses::hostile(1)), ["127.0.0.2"; 4]);
        assert_eq!(addresses(SourceAddresses::hostile(2)), ["127.0.0.2", "127.0.0.3", "127.0.0.2", "127.0.0.2"]);
        assert_eq!(addresses(SourceAddresses::honest(301)), ["127.1.0.1", "127.1.0.2", "127.1.0.3", "127.1.1.45"]);
    }

    #[test]
    fn clients_connect_from_their_addresses() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let target = listener.local_addr().expect("the listener is bound");
        let connector = Connector::new(target, Encryption::None, Some(SourceAddresses::hostile(2)))
            .expect("the target is loopback IPv4");
        for (address, number) in ["127.0.0.2", "127.0.0.3", "127.0.0.2"].into_iter().zip(0..) {
            let _client = connector.connect(number, None).expect("the listener is open");
            let (_, peer) = listener.accept().expect("the client connects");
            assert_eq!(peer.ip().to_string(), address);
        }
    }

    #[test]
    fn hostile_and_honest_addresses_are_distinct() {
        let last =
            SourceAddresses::hostile(SourceAddresses::COUNT_MAX as u32).of_client(SourceAddresses::COUNT_MAX as u32 - 1);
        assert!(last < SourceAddresses::honest(1).of_client(0), "{last}");
    }

    #[test]
    fn source_addresses_require_a_target_in_the_ipv4_loopback_network() {
        let connector = |target: &str, sources| {
            Connector::new(target.parse().expect("the address is valid"), Encryption::None, sources)
        };
        assert!(connector("127.0.0.1:80", Some(SourceAddresses::hostile(1))).is_ok());
        for other in ["192.0.2.1:80", "[::1]:80"] {
            let error = connector(other, Some(SourceAddresses::hostile(1))).expect_err("the target is not loopback IPv4");
            assert!(error.to_string().contains(other), "{error}");
            assert!(connector(other, None).is_ok(), "the operating system selects the address");
        }
    }
}
