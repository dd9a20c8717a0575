//! A bare TCP connection, on which anything can be said.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, Socket, Type};

/// What waits to be sent at most: an attacker that the server does not read from waits.
const UNSENT_BYTES_MAX: usize = 256 << 10;
/// The receive buffer of an attacker: small, so that a server soon notices one that does not read.
const RECEIVE_BYTES: usize = 4 << 10;

/// A connection.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    unsent: Vec<u8>,
}

impl Line {
    /// Starts to connect. To a server on this machine, attackers come from an address of their own, as they would from
    /// elsewhere: what the server allows an address is theirs, and not the honest players'.
    pub(super) fn start(target: SocketAddr, registry: &Registry, token: Token) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(target), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_recv_buffer_size(RECEIVE_BYTES)?;
        if target.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) && cfg!(target_os = "linux") {
            socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), 0)).into())?;
        }
        match socket.connect(&target.into()) {
            Err(error) if !is_under_way(&error) => return Err(error),
            _ => {}
        }
        let mut stream = TcpStream::from_std(socket.into());
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream, unsent: Vec::new() })
    }

    /// Where more to be said goes; nothing while too much waits.
    pub(super) fn voice(&mut self) -> Option<&mut Vec<u8>> {
        (self.unsent.len() < UNSENT_BYTES_MAX).then_some(&mut self.unsent)
    }

    /// Sends what waits, as far as it is taken; says how much that was.
    pub(super) fn flush(&mut self) -> io::Result<usize> {
        let mut sent = 0;
        while sent < self.unsent.len() {
            match self.stream.write(&self.unsent[sent..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(bytes) => sent += bytes,
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => break,
                Err(error) => return Err(error),
            }
        }
        self.unsent.drain(..sent);
        Ok(sent)
    }

    /// Takes what has arrived; fails when the connection is over.
    pub(super) fn receive(&mut self, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = [0; RECEIVE_BYTES];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(bytes) => take(&buffer[..bytes]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

/// A connection that is not made at once is made later.
fn is_under_way(error: &io::Error) -> bool {
    error.kind() == ErrorKind::WouldBlock || error.raw_os_error() == Some(rustix::io::Errno::INPROGRESS.raw_os_error())
}
