//! A TCP connection that can be ended from outside, and what waits for its client.

use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::rt::net::TcpStream;
use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWrite;

use super::Lifeline;
use super::outbox::{Outbox, Pushed};
use crate::admission::Presence;

/// A TCP connection that can be ended from outside, and what waits for its client.
///
/// Whoever has something for the client hands it over here. It is written at once if nothing else waits; what the client does
/// not take is left to the connection's own task.
#[derive(Debug)]
pub struct Connection {
    stream: RefCell<TcpStream>,
    outbox: RefCell<Outbox>,
    is_taken_over: Cell<bool>,
    lifeline: Lifeline,
    /// Its place among those that the server has room for.
    presence: Presence,
}

impl Connection {
    /// Hangs a connection on its lifeline.
    pub(super) fn new(stream: TcpStream, lifeline: Lifeline, presence: Presence) -> Self {
        Self { stream: stream.into(), outbox: RefCell::default(), is_taken_over: Cell::default(), lifeline, presence }
    }

    /// What it hangs on.
    pub const fn lifeline(&self) -> &Lifeline {
        &self.lifeline
    }

    /// Its place among those that the server has room for.
    pub const fn presence(&self) -> &Presence {
        &self.presence
    }

    /// Whether it has left HTTP/1, so that frames can be sent. That is so if a request asks for a WebSocket and for nothing else.
    pub const fn is_taken_over(&self) -> bool {
        self.is_taken_over.get()
    }

    /// Leaves HTTP/1, of which `unsent` is still to be said.
    pub(super) fn take_over(&self, unsent: BytesMut) {
        self.is_taken_over.set(true);
        self.say(|bytes| *bytes = unsent);
    }

    /// Lets frames flow, the welcome first.
    pub fn open(&self, welcome: &[u8]) {
        self.outbox.borrow_mut().open(Bytes::copy_from_slice(welcome));
        self.lifeline.wake();
    }

    /// Sends a frame: as much of it as the client takes now, the rest later. `starts_anew` says that it does not build on the
    /// frames before it.
    pub fn send(&self, frame: &[u8], starts_anew: bool) -> Pushed {
        let mut outbox = self.outbox.borrow_mut();
        if outbox.is_clear()
            && let Ok(written @ 1..) = self.stream.borrow().try_write(frame)
        {
            self.lifeline.handle_written();
            if written < frame.len() {
                outbox.begun().extend_from_slice(&frame[written..]);
                self.lifeline.wake();
            }
            return Pushed::Taken;
        }
        drop(outbox);
        self.push(frame, starts_anew)
    }

    /// Leaves a frame to the connection's own task: what has gathered when its turn comes takes a single write.
    pub fn push(&self, frame: &[u8], starts_anew: bool) -> Pushed {
        let pushed = self.outbox.borrow_mut().push(frame, starts_anew);
        if pushed == Pushed::Taken {
            self.lifeline.wake();
        }
        pushed
    }

    /// Drops all frames that wait: the connection is about to end.
    pub fn clear(&self) {
        self.outbox.borrow_mut().clear();
    }

    /// Says something that goes before all frames; the connection's own task sends it.
    pub(super) fn say<T>(&self, say: impl FnOnce(&mut BytesMut) -> T) -> T {
        say(self.outbox.borrow_mut().begun())
    }

    /// Writes what waits, all of it.
    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lifeline.check(cx)?;
        let mut outbox = self.outbox.borrow_mut();
        while !outbox.is_written() {
            match ready!(self.poll_write(cx, |stream, cx| stream.poll_write_vectored(cx, &outbox.pieces())))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => outbox.handle_written(written),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Writes to the stream, and notes whether the client takes anything.
    pub(super) fn poll_write<T>(
        &self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let polled = self.poll(cx, write);
        match &polled {
            Poll::Ready(_) => self.lifeline.handle_written(),
            Poll::Pending => self.lifeline.handle_blocked(),
        }
        polled
    }

    /// Does something with the stream, unless the lifeline is cut.
    pub(super) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        on: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        self.lifeline.check(cx)?;
        on(Pin::new(&mut *self.stream.borrow_mut()), cx)
    }
}

/// What a client that was cut has not taken is of no use any more: the kernel need not keep it.
impl Drop for Connection {
    fn drop(&mut self) {
        if self.lifeline.is_cut() {
            // A connection that is gone already cannot be reset, and need not.
            self.stream.get_mut().set_zero_linger().ok();
        }
    }
}
