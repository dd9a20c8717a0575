//! Non-blocking connection of a hostile client.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};
use socket2::SockRef;

use crate::endpoint::{ClientStream, Connector};

/// Number of unsent bytes at which the send buffer counts as full. The buffer fills up if the server does not read. While
/// it is full, the client generates no traffic.
const UNSENT_BYTES_MAX: usize = 256 << 10;
/// Size of the receive buffer. It is small, so that a server soon notices a client that does not read.
const RECEIVE_BYTES: usize = 4 << 10;

/// A non-blocking TCP connection, with or without TLS, with a send buffer.
#[derive(Debug)]
pub(super) struct RawConnection {
    stream: ClientStream<TcpStream>,
    unsent: Vec<u8>,
}

impl RawConnection {
    /// Starts to connect a client. `number` determines its source address. The socket's events are registered under
    /// `token`.
    pub(super) fn start(connector: &Connector, number: u32, registry: &Registry, token: Token) -> io::Result<Self> {
        let mut stream = connector.connect(number, Some(RECEIVE_BYTES))?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream: connector.encryption().client(stream)?, unsent: Vec::new() })
    }

    /// From now on, closing this connection sends a reset (RST) instead of a FIN.
    pub(super) fn reset_on_close(&mut self) -> io::Result<()> {
        SockRef::from(&*self.stream.socket_mut()).set_linger(Some(Duration::ZERO))
    }

    /// The buffer to append traffic to, or `None` if it is full.
    pub(super) fn send_buffer(&mut self) -> Option<&mut Vec<u8>> {
        (self.unsent.len() < UNSENT_BYTES_MAX).then_some(&mut self.unsent)
    }

    /// Sends as many of the buffered bytes as the socket accepts. Returns the number of bytes sent.
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
        match self.stream.flush() {
            Err(error) if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => Err(error),
            _ => Ok(sent),
        }
    }

    /// Passes all received bytes to `handle`. Fails at the end of the stream.
    pub(super) fn receive(&mut self, mut handle: impl FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = [0; RECEIVE_BYTES];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(bytes) => handle(&buffer[..bytes]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}
