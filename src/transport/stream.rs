//! The byte stream that a connection uses.

#[cfg(feature = "tls")]
mod tls;

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::rt::net::{ActixStream, Ready, TcpStream};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

#[cfg(all(feature = "tls", any(test, feature = "internals")))]
pub use tls::TLS_UNSENT_BYTES_MAX;
#[cfg(feature = "tls")]
pub use tls::TlsAcceptor;
#[cfg(feature = "tls")]
use tls::TlsStream;

/// The byte stream that a connection uses: a TCP socket, or an in-memory pipe in tests; with or without TLS.
#[derive(Debug)]
pub enum Stream {
    /// A TCP socket.
    Tcp(TcpStream),
    /// An in-memory pipe.
    #[cfg(any(test, feature = "internals"))]
    Memory(tokio::io::DuplexStream),
    /// TLS on another stream.
    #[cfg(feature = "tls")]
    Tls(TlsStream),
}

impl Stream {
    /// Writes as much as fits without blocking.
    ///
    /// # Errors
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if nothing fits, and the errors of the operating system.
    pub fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
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
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.try_write(bytes),
        }
    }

    /// Whether a write may succeed, as far as is known without a system call.
    pub(super) fn is_writable(&self) -> bool {
        match self {
            Self::Tcp(stream) => stream.try_io(Interest::WRITABLE, || Ok(())).is_ok(),
            #[cfg(any(test, feature = "internals"))]
            Self::Memory(_) => true,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.inner().is_writable(),
        }
    }

    /// Whether the stream has accepted bytes that it has not sent yet. A flush sends them.
    pub(super) fn has_unsent(&self) -> bool {
        match self {
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.has_unsent(),
            _ => false,
        }
    }

    /// Whether the client uses TLS.
    pub(super) const fn is_encrypted(&self) -> bool {
        match self {
            #[cfg(feature = "tls")]
            Self::Tls(_) => true,
            _ => false,
        }
    }

    /// Makes the operating system discard unsent data and reset the connection when the socket closes (`SO_LINGER` of 0).
    pub(super) fn discard_on_close(&mut self) {
        match self {
            // Fails if the connection is already closed. Such a connection needs no reset.
            Self::Tcp(stream) => stream.set_zero_linger().unwrap_or_default(),
            #[cfg(any(test, feature = "internals"))]
            Self::Memory(_) => {}
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.inner_mut().discard_on_close(),
        }
    }

    pub(super) fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        match self {
            Self::Tcp(stream) => ActixStream::poll_read_ready(stream, cx),
            #[cfg(any(test, feature = "internals"))]
            Self::Memory(_) => Poll::Ready(Ok(Ready::READABLE)),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.inner().poll_read_ready(cx),
        }
    }

    pub(super) fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        match self {
            Self::Tcp(stream) => ActixStream::poll_write_ready(stream, cx),
            #[cfg(any(test, feature = "internals"))]
            Self::Memory(_) => Poll::Ready(Ok(Ready::WRITABLE)),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.inner().poll_write_ready(cx),
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
            #[cfg(feature = "tls")]
            Stream::Tls($stream) => $call,
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
