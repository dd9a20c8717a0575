//! The byte stream that a connection uses.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::rt::net::{ActixStream, Ready, TcpStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The byte stream that a connection uses: a TCP socket, or an in-memory pipe in tests.
#[derive(Debug)]
pub enum Stream {
    /// A TCP socket.
    Tcp(TcpStream),
    /// An in-memory pipe.
    #[cfg(any(test, feature = "internals"))]
    Memory(tokio::io::DuplexStream),
}

impl Stream {
    /// Writes as much as fits without blocking.
    pub(super) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.try_write(bytes),
            #[cfg(any(test, feature = "internals"))]
            Self::Memory(pipe) => {
                // No wake-up is needed: the connection's own task writes the bytes that are left over.
                match Pin::new(pipe).poll_write(&mut Context::from_waker(std::task::Waker::noop()), bytes) {
                    Poll::Ready(written) => written,
                    Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
                }
            }
        }
    }

    /// Makes the kernel discard unsent data when the socket closes (`SO_LINGER` of zero).
    pub(super) fn discard_on_close(&mut self) {
        match self {
            // Fails if the connection is already closed. Such a connection needs no reset.
            Self::Tcp(stream) => stream.set_zero_linger().unwrap_or_default(),
            #[cfg(any(test, feature = "internals"))]
            Self::Memory(_) => {}
        }
    }

    pub(super) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        match self {
            Self::Tcp(stream) => ActixStream::poll_read_ready(stream, cx),
            #[cfg(any(test, feature = "internals"))]
            Self::Memory(_) => Poll::Ready(Ok(Ready::READABLE)),
        }
    }

    pub(super) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        match self {
            Self::Tcp(stream) => ActixStream::poll_write_ready(stream, cx),
            #[cfg(any(test, feature = "internals"))]
            Self::Memory(_) => Poll::Ready(Ok(Ready::WRITABLE)),
        }
    }
}

/// Calls the same method on the underlying stream.
macro_rules! delegate {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Stream::Tcp($stream) => $call,
            #[cfg(any(test, feature = "internals"))]
            Stream::Memory($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => Pin::new(stream).poll_read(cx, bytes))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        delegate!(self, stream => Pin::new(stream).poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        delegate!(self, stream => Pin::new(stream).poll_write_vectored(cx, pieces))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        delegate!(self, stream => Pin::new(stream).poll_shutdown(cx))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}
