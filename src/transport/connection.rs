//! A TCP connection that can be ended from outside.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::rt::net::{ActixStream, Ready, TcpStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Lifeline;
use crate::admission::Presence;

/// A TCP connection that can be ended from outside.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    lifeline: Rc<Lifeline>,
    /// Its place among those that the server has room for.
    presence: Rc<Presence>,
}

impl Connection {
    /// Hangs a connection on its lifeline.
    pub const fn new(stream: TcpStream, lifeline: Rc<Lifeline>, presence: Rc<Presence>) -> Self {
        Self { stream, lifeline, presence }
    }

    /// What it hangs on.
    pub const fn lifeline(&self) -> &Rc<Lifeline> {
        &self.lifeline
    }

    /// Its place among those that the server has room for.
    pub const fn presence(&self) -> &Rc<Presence> {
        &self.presence
    }

    fn note<T>(&self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &polled {
            Poll::Ready(_) => self.lifeline.handle_written(),
            Poll::Pending => self.lifeline.handle_blocked(),
        }
        polled
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.lifeline.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, bytes)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.lifeline.check(cx)?;
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note(polled)
    }

    /// Called when all that was said is written. Servers close first (RFC 6455, section 7.1.1), and actix-http would wait for
    /// the client to do so.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lifeline.is_finished() {
            return Pin::new(&mut self.stream).poll_shutdown(cx);
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.lifeline.check(cx)?;
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.note(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

impl ActixStream for Connection {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(&self.stream, cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(&self.stream, cx)
    }
}

/// What a client that was cut has not taken is of no use any more: the kernel need not keep it.
impl Drop for Connection {
    fn drop(&mut self) {
        if self.lifeline.is_cut() {
            // A connection that is gone already cannot be reset, and need not.
            self.stream.set_zero_linger().ok();
        }
    }
}
