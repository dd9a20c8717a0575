//! A socket that is not asked twice.

use std::io::{self, ErrorKind, Read, Write};

use mio::event::Event;
use mio::net::TcpStream;

/// A non-blocking socket that remembers having been read dry.
///
/// A read that does not fill its buffer took all there was, and the poll tells when there is more (edge-triggered readiness;
/// see epoll(7), questions and answers). So the second read, which would only say "would block", is spared: half of all reads.
#[derive(Debug)]
pub(super) struct Socket {
    stream: TcpStream,
    is_dry: bool,
    /// The end has been seen by the poll, and no further event will tell of it: read until there.
    is_ending: bool,
}

impl Socket {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self { stream, is_dry: false, is_ending: false }
    }

    pub(super) const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// The poll says that something happened.
    pub(super) fn handle_event(&mut self, event: &Event) {
        self.is_dry = false;
        self.is_ending |= event.is_read_closed() || event.is_error();
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_dry {
            return Err(ErrorKind::WouldBlock.into());
        }
        let read = self.stream.read(buffer)?;
        self.is_dry = read < buffer.len() && !self.is_ending;
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
