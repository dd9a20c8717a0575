//! TLS on the byte stream of a connection.

use std::io::{self, Write};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustls::ServerConfig;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Semaphore;
use tokio::task::yield_now;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream as RustlsStream;

use super::Stream;

/// Limit on unsent ciphertext of a connection: one TLS record of the maximum length.
pub const TLS_UNSENT_BYTES_MAX: usize = 16 << 10;

/// Performs the TLS handshakes of one HTTP worker.
#[derive(Clone, Debug)]
pub struct TlsAcceptor {
    config: Arc<ServerConfig>,
    /// Serializes the expensive part of the handshakes.
    turn: Rc<Semaphore>,
}

impl TlsAcceptor {
    /// The acceptor of one HTTP worker.
    pub fn new(config: Arc<ServerConfig>) -> Self {
        Self { config, turn: Rc::new(Semaphore::new(1)) }
    }

    /// Performs a handshake. The key exchange and the signature take about 0.1 ms of CPU time. Between the handshakes of
    /// two connections, the thread runs all other tasks that are ready, so a burst of handshakes does not delay ticks and
    /// inputs.
    ///
    /// # Errors
    /// The client has closed the connection, or the handshake failed.
    pub async fn accept(&self, stream: Stream) -> io::Result<Stream> {
        let hello = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let handshake = {
            let _turn = self.turn.acquire().await.map_err(io::Error::other)?;
            yield_now().await;
            hello.into_stream_with(Arc::clone(&self.config), |tls| tls.set_buffer_limit(Some(TLS_UNSENT_BYTES_MAX)))
        };
        Ok(Stream::Tls(TlsStream(Box::new(handshake.await?))))
    }
}

/// TLS on another stream.
///
/// Data is encrypted only after all earlier ciphertext was sent, so the encrypted but unsent data is at most one write of
/// up to [`TLS_UNSENT_BYTES_MAX`] bytes.
#[derive(Debug)]
pub struct TlsStream(Box<RustlsStream<Stream>>);

impl TlsStream {
    /// Whether ciphertext waits to be sent.
    pub(super) fn has_unsent(&self) -> bool {
        self.0.get_ref().1.wants_write()
    }

    /// Encrypts as many bytes as fit into a record, and writes the record with one system call. If the operating system
    /// does not accept all of the record, [`Self::has_unsent`] returns true afterwards, and a flush sends the rest.
    pub(super) fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.has_unsent() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let (stream, tls) = self.0.get_mut();
        let encrypted = tls.writer().write(bytes)?;
        match tls.write_tls(&mut WithoutBlocking(stream)) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
            _ => Ok(encrypted),
        }
    }

    /// The stream below TLS.
    pub(super) fn inner(&self) -> &Stream {
        self.0.get_ref().0
    }

    /// The stream below TLS.
    pub(super) fn inner_mut(&mut self) -> &mut Stream {
        self.0.get_mut().0
    }

    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.has_unsent() { Pin::new(&mut self.0).poll_flush(cx) } else { Poll::Ready(Ok(())) }
    }
}

/// Writes to a stream without waiting for it.
struct WithoutBlocking<'a>(&'a mut Stream);

impl Write for WithoutBlocking<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for TlsStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, bytes)
    }
}

impl AsyncWrite for TlsStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_sent(cx))?;
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_sent(cx))?;
        Pin::new(&mut self.0).poll_write_vectored(cx, pieces)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
