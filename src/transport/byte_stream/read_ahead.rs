//! Limits how much of a client's requests is read before the server has responded.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::header::CONTENT_LENGTH;
use actix_http::{Payload, Request};
use bytes::Bytes;

/// Maximum size of a request's head, in bytes. A browser's head has about 1 KiB plus up to 4 KiB for each cookie. While a
/// request is handled, at most this many bytes of later requests are read.
pub const HEAD_BYTES_MAX: usize = 16 << 10;

/// Maximum declared size of a request's body after which the connection accepts further requests, in bytes. If a body is
/// larger, or its size is not declared, the connection closes after the response.
const BODY_BYTES_MAX: usize = 16 << 10;

/// Number of requests of a connection that are handled before other tasks of the thread have a turn. actix-http handles all
/// requests in its buffer before it yields, so a client that pipelines many small requests would block its worker.
const REQUESTS_PER_TURN: u32 = 64;

/// What was read from one connection since its last request began.
#[derive(Debug, Default)]
pub(in crate::transport) struct ReadAhead {
    phase: Cell<Phase>,
    bytes: Cell<usize>,
    /// Size of the newest request's body, which may be read in addition to the next head.
    body_bytes: Cell<usize>,
    /// Whether an earlier poll found that the limit is reached. If so, the HTTP layer has decoded all bytes read before
    /// that poll. If the head is still incomplete at the next poll, the head is too large.
    was_full: Cell<bool>,
    /// Number of requests since the last turn.
    requests: Cell<u32>,
    /// Wakes the reader.
    reader: RefCell<Option<Waker>>,
}

/// Phase of the newest request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// The head of the next request is incomplete.
    #[default]
    Head,
    /// A request without a body, or with a short one, is being handled, or its response is being sent.
    Response,
    /// The request has a long body, whose size is limited by the route. The connection closes after the response.
    Body,
}

/// The body of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport) enum RequestBody {
    /// The request has no body, or a short one of this size. The connection accepts further requests.
    Short(usize),
    /// The body is long, or its size is unknown. The connection closes after the response: it does not know where the body
    /// ends, so it could not limit the size of the next head.
    Long,
}

impl RequestBody {
    /// The body of a request with this head.
    pub(in crate::transport) fn of(request: &mut Request) -> Self {
        if matches!(request.payload(), Payload::None) {
            return Self::Short(0);
        }
        let declared = request.head().headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        declared.filter(|bytes| *bytes <= BODY_BYTES_MAX).map_or(Self::Long, Self::Short)
    }
}

/// What may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Allowance {
    /// Up to this many bytes.
    Bytes(usize),
    /// Nothing, until the HTTP layer has made progress.
    Wait,
    /// The head is too large.
    HeadTooLarge,
}

impl ReadAhead {
    /// Begins a request, whose head is complete. The request lasts until the returned value is dropped.
    pub(in crate::transport) fn begin_request(self: &Rc<Self>, body: RequestBody) -> OpenRequest {
        self.bytes.set(0);
        match body {
            RequestBody::Short(bytes) => {
                self.body_bytes.set(bytes);
                self.enter(Phase::Response);
            }
            RequestBody::Long => self.enter(Phase::Body),
        }
        OpenRequest(Rc::clone(self))
    }

    /// Counts a request. Returns whether the caller should yield to other tasks before it handles the request.
    pub(in crate::transport) fn is_turn_over(&self) -> bool {
        self.requests.set((self.requests.get() + 1) % REQUESTS_PER_TURN);
        self.requests.get() == 0
    }

    fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        self.was_full.set(false);
    }

    /// Counts bytes that were read.
    pub(super) fn record(&self, bytes: usize) {
        self.bytes.set(self.bytes.get().saturating_add(bytes));
    }

    /// What may be read now.
    pub(super) fn poll(&self, cx: &Context<'_>) -> Allowance {
        match (self.phase.get(), (HEAD_BYTES_MAX + self.body_bytes.get()).saturating_sub(self.bytes.get())) {
            (Phase::Body, _) => Allowance::Bytes(usize::MAX),
            (Phase::Head | Phase::Response, free @ 1..) => Allowance::Bytes(free),
            (Phase::Response, 0) => Allowance::Wait,
            (Phase::Head, 0) if self.was_full.replace(true) => Allowance::HeadTooLarge,
            (Phase::Head, 0) => {
                // Lets the HTTP layer decode what was read, and then poll this stream again. If the head is complete, a
                // request has begun by then.
                cx.waker().wake_by_ref();
                Allowance::Wait
            }
        }
    }

    /// Registers the reader, to be woken by [`Self::wake`].
    pub(super) fn register(&self, cx: &Context<'_>) {
        let mut reader = self.reader.borrow_mut();
        if !reader.as_ref().is_some_and(|reader| reader.will_wake(cx.waker())) {
            *reader = Some(cx.waker().clone());
        }
    }

    /// Wakes the reader.
    pub(super) fn wake(&self) {
        if let Some(reader) = &*self.reader.borrow() {
            reader.wake_by_ref();
        }
    }
}

/// A request that is being handled, or whose response is being sent.
#[derive(Debug)]
pub(in crate::transport) struct OpenRequest(Rc<ReadAhead>);

impl Drop for OpenRequest {
    fn drop(&mut self) {
        if self.0.phase.get() == Phase::Response {
            self.0.enter(Phase::Head);
        }
        // While this request was pending, actix-http left later requests in its buffer. The wake-up makes it decode them.
        self.0.wake();
    }
}

/// A response body that ends its request when it is dropped.
pub(in crate::transport) struct ResponseBody {
    pub(in crate::transport) body: BoxBody,
    pub(in crate::transport) _request: OpenRequest,
}

impl MessageBody for ResponseBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
