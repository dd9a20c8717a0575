//! Non-blocking TCP socket that avoids reads from an empty receive buffer. Depends on no other part of this crate.

use std::io::{self, ErrorKind, Read, Write};

use mio::event::Event;
use mio::net::TcpStream;

/// What the poll reports about a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Readiness {
    /// Whether the server has ended its side of the connection.
    is_ending: bool,
}

impl From<&Event> for Readiness {
    fn from(event: &Event) -> Self {
        Self { is_ending: event.is_read_closed() || event.is_error() }
    }
}

/// A non-blocking TCP socket that remembers whether its receive buffer is drained.
///
/// A read that returns fewer bytes than requested has drained the receive buffer. The next read would only return
/// `WouldBlock`, so it is skipped until the poll reports new data (edge-triggered readiness; see epoll(7), questions and
/// answers). This saves half of all reads.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    is_drained: bool,
    /// Whether the poll has reported the end of the stream. Before the end, a read may be skipped until an event permits
    /// it. After the end, no such event follows, so reads are not skipped.
    is_ending: bool,
}

impl Socket {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self { stream, is_drained: false, is_ending: false }
    }

    pub(super) const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Handles an event of the poll.
    pub(super) fn handle_event(&mut self, readiness: Readiness) {
        self.is_drained = false;
        self.is_ending |= readiness.is_ending;
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_drained {
            return Err(ErrorKind::WouldBlock.into());
        }
        let read = self.stream.read(buffer)?;
        self.is_drained = read < buffer.len() && !self.is_ending;
        Ok(read)
    }
}

impl Write for Socket {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
