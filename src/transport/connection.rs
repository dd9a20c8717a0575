//! A connection: its stream, its timer and the queue of outgoing frames.

use std::cell::{Cell, RefCell};
use std::hint::black_box;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_http::ws::{CloseReason, OpCode, Parser};
use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWrite;

use super::outbox::{Outbox, Pushed};
use super::websocket::FrameBuffer;
use super::{Carrier, ConnectionTimer, OutgoingSnapshot, Stream};
use crate::admission::ConnectionPermit;
use crate::telemetry::Transport;

/// A connection: its stream, its timer and the queue of outgoing frames.
///
/// If the queue is empty, a frame is written at once. The connection's own task writes all queued frames, and the bytes
/// that the operating system did not accept at once. With TLS, the stream may hold encrypted bytes that are not sent yet.
/// The task sends these bytes first.
#[derive(Debug)]
pub struct Connection {
    stream: RefCell<Stream>,
    outbox: RefCell<Outbox>,
    is_upgraded: Cell<bool>,
    timer: ConnectionTimer,
    /// While this permit exists, the connection counts against the admission limits.
    permit: ConnectionPermit,
}

impl Connection {
    /// Wraps an accepted stream.
    pub(super) fn new(stream: Stream, timer: ConnectionTimer, permit: ConnectionPermit) -> Self {
        Self { stream: stream.into(), outbox: RefCell::default(), is_upgraded: Cell::default(), timer, permit }
    }

    /// The timer of the connection.
    pub const fn timer(&self) -> &ConnectionTimer {
        &self.timer
    }

    /// The admission permit of the connection.
    pub const fn permit(&self) -> &ConnectionPermit {
        &self.permit
    }

    /// Whether the client uses TLS.
    pub fn is_encrypted(&self) -> bool {
        self.stream().is_encrypted()
    }

    /// Whether the connection has left HTTP/1, so that frames can be sent.
    pub const fn is_upgraded(&self) -> bool {
        self.is_upgraded.get()
    }

    /// Marks the connection as upgraded: it leaves HTTP/1. `unsent` contains the bytes that the HTTP layer has not written
    /// yet. They are sent before all frames.
    pub(super) fn upgrade(&self, unsent: BytesMut) {
        self.is_upgraded.set(true);
        self.append(|bytes| *bytes = unsent);
    }

    /// Queues a Pong frame, the answer to a Ping frame of the client.
    pub fn send_pong(&self, payload: &[u8]) {
        self.send_control(|bytes| Parser::write_message(bytes, payload, OpCode::Pong, true, false));
    }

    /// Queues a frame that is sent before all queued snapshots.
    fn send_control(&self, write: impl FnOnce(&mut BytesMut)) {
        self.append(write);
        self.timer.wake();
    }

    /// Queues a frame for the connection's own task, which writes everything queued in one call.
    fn push(&self, frame: &[u8], is_full: bool) -> Pushed {
        let pushed = self.outbox.borrow_mut().push(frame, is_full);
        if pushed == Pushed::Queued {
            self.timer.wake();
        }
        pushed
    }

    /// Lets `append` add bytes to the buffer that is sent before all queued frames.
    pub(super) fn append<T>(&self, append: impl FnOnce(&mut BytesMut) -> T) -> T {
        append(self.outbox.borrow_mut().pending())
    }

    /// Writes everything queued.
    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.timer.check_aborted(cx)?;
        let mut outbox = self.outbox.borrow_mut();
        while !outbox.is_written() {
            match ready!(self.poll_write(cx, |stream, cx| stream.poll_write_vectored(cx, &outbox.pieces())))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => outbox.handle_written(written),
            }
        }
        if self.stream().has_unsent() {
            return self.poll_write(cx, AsyncWrite::poll_flush);
        }
        Poll::Ready(Ok(()))
    }

    /// Writes to the stream and records whether the client accepts data.
    pub(super) fn poll_write<T>(
        &self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut Stream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let polled = self.poll(cx, write);
        match &polled {
            Poll::Ready(_) => self.timer.record_write(),
            Poll::Pending => self.timer.record_blocked(),
        }
        polled
    }

    /// Polls the stream, unless the connection was aborted.
    pub(super) fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        operation: impl FnOnce(Pin<&mut Stream>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        self.timer.check_aborted(cx)?;
        operation(Pin::new(&mut *self.stream.borrow_mut()), cx)
    }

    pub(super) fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(cx, AsyncWrite::poll_shutdown)
    }

    pub(super) fn stream(&self) -> std::cell::Ref<'_, Stream> {
        self.stream.borrow()
    }
}

/// A connection that was upgraded to WebSocket carries a session.
impl Carrier for Connection {
    fn transport(&self) -> Transport {
        Transport::WebSocket
    }

    fn permit(&self) -> &ConnectionPermit {
        &self.permit
    }

    fn timer(&self) -> &ConnectionTimer {
        &self.timer
    }

    fn open(&self, welcome: &[u8]) {
        let mut buffer = FrameBuffer::default();
        let frame = buffer.binary(|payload| payload.extend(welcome));
        self.outbox.borrow_mut().open(Bytes::copy_from_slice(frame.bytes()));
        self.timer.wake();
    }

    fn send_message(&self, message: &[u8]) {
        self.send_control(|bytes| Parser::write_message(bytes, message, OpCode::Binary, true, false));
    }

    fn close(&self, code: u16, text: &str) {
        self.outbox.borrow_mut().clear();
        let reason = CloseReason { code: code.into(), description: Some(text.to_owned()) };
        self.send_control(|bytes| Parser::write_close(bytes, Some(reason), false));
    }

    fn prefetch(&self) {
        black_box((self.outbox.borrow().is_clear(), self.timer.is_blocked(), self.stream.borrow().is_writable()));
    }

    fn send_snapshot(&self, OutgoingSnapshot { is_full, frame, .. }: &OutgoingSnapshot<'_>) -> Pushed {
        let (mut outbox, mut stream) = (self.outbox.borrow_mut(), self.stream.borrow_mut());
        if outbox.is_clear()
            && let Ok(written @ 1..) = stream.try_write(frame.bytes())
        {
            self.timer.record_write();
            outbox.pending().extend_from_slice(&frame.bytes()[written..]);
            if written < frame.bytes().len() || stream.has_unsent() {
                self.timer.wake();
            }
            return Pushed::Queued;
        }
        drop((outbox, stream));
        self.push(frame.bytes(), *is_full)
    }

    fn queue_snapshot(&self, OutgoingSnapshot { is_full, frame, .. }: &OutgoingSnapshot<'_>) -> Pushed {
        self.push(frame.bytes(), *is_full)
    }
}

/// Makes the operating system discard the unsent data of an aborted connection. Otherwise, the operating system would keep
/// the data and try to send it.
impl Drop for Connection {
    fn drop(&mut self) {
        if self.timer.is_aborted() {
            self.stream.get_mut().discard_on_close();
        }
    }
}
