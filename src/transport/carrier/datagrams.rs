//! Carries a session over WebTransport: small snapshots and inputs in datagrams, all other messages over one stream.
//!
//! [`ServerLink`] decides what goes into datagrams. If the stream's queue overflows, the room sends a full snapshot, as
//! with a WebSocket. Datagrams need no queue: each repeats what is not acknowledged, so QUIC may drop them.

mod certificate;
mod stream;

use std::cell::{Cell, RefCell};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io};

use bytes::Bytes;
use futures_util::future::poll_fn;
use tickcast_protocol::codec::Record;
use tickcast_protocol::codec::datagrams::{BUNDLE_TAG, DATAGRAM_BYTES_MAX, ServerLink};
use tickcast_protocol::{CloseReason, Tick};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use web_transport_quinn::{RecvStream, SendStream, Session, SessionError, WebTransportError};

use super::{Carrier, OutgoingSnapshot};
use crate::admission::ConnectionPermit;
use crate::telemetry::{DatagramCounters, Transport};
use crate::transport::outbox::Outbox;
use crate::transport::{ConnectionTimer, Pushed, Timeouts};
pub use certificate::{SelfSigned, SelfSignedError};
use stream::{FromStream, RecordReader, encoded, poll_write};

/// Time in which the close code of a client that has ended its streams must arrive.
const CLOSE_CODE_TIMEOUT: Duration = Duration::from_millis(250);
/// Minimum interval between reads of the number of lost packets.
const LOSS_COUNT_INTERVAL: Duration = Duration::from_secs(1);

/// Carries a session over WebTransport.
pub struct DatagramCarrier {
    session: Session,
    permit: ConnectionPermit,
    timer: ConnectionTimer,
    counters: DatagramCounters,
    /// Number of lost packets that are counted, and the time at which they were counted.
    lost: Cell<(u64, Instant)>,
    close_timeout: Duration,
    state: RefCell<State>,
    /// Wakes the task that writes to the stream.
    changed: Notify,
}

#[derive(Default)]
struct State {
    link: ServerLink,
    /// What waits to be written to the stream.
    outbox: Outbox,
    /// Whether the Welcome was queued.
    is_open: bool,
    /// Whether a snapshot was dropped. The next one that is sent is a full one.
    has_gap: bool,
    /// What a push spills to the stream.
    spilled: Vec<u8>,
    end: Option<End>,
}

/// Why the carrier ends.
#[derive(Clone, Copy)]
enum End {
    /// The session closes with this code.
    Closed(u16),
    /// The session's actor has stopped.
    Stopped,
}

/// What a client has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromDatagramClient {
    /// A message, over the stream.
    Message(Bytes),
    /// A bundle.
    Bundle {
        /// Size of the bundle.
        bytes: usize,
        /// Newly acknowledged tick.
        acknowledged: Option<Tick>,
        /// New messages, in order.
        messages: Vec<Bytes>,
    },
    /// The client violates the rules of this transport.
    Violation(CloseReason),
    /// The client has closed the session with this code.
    Closed(u32),
    /// The connection is lost.
    Lost,
}

impl State {
    fn push(&mut self, snapshot: &OutgoingSnapshot<'_>) -> Pushed {
        let payload = snapshot.frame.payload();
        if snapshot.is_full {
            let pushed = self.outbox.push(&encoded(Record::Message(payload)), true);
            self.has_gap = pushed != Pushed::Queued;
            if pushed == Pushed::Queued {
                self.link.push_full(snapshot.tick);
            }
            return pushed;
        }
        if self.has_gap {
            return Pushed::Dropped;
        }
        self.spilled.clear();
        self.link.push_delta(payload, &mut self.spilled);
        if self.spilled.is_empty() {
            return Pushed::Queued;
        }
        let pushed = self.outbox.push(&encoded(Record::Message(&self.spilled)), false);
        self.spilled.shrink_to(DATAGRAM_BYTES_MAX);
        self.has_gap = pushed != Pushed::Queued;
        pushed
    }

    /// Whether the writing task has something to do.
    fn has_work(&self) -> bool {
        !self.outbox.is_written() || self.end.is_some()
    }
}

impl DatagramCarrier {
    /// The carrier of an accepted session.
    pub fn new(session: Session, permit: ConnectionPermit, timeouts: &Timeouts, counters: DatagramCounters) -> Self {
        Self {
            session,
            permit,
            timer: ConnectionTimer::new(timeouts, Instant::now()),
            counters,
            lost: Cell::new((0, Instant::now())),
            close_timeout: timeouts.close,
            state: RefCell::default(),
            changed: Notify::new(),
        }
    }

    /// Writes the stream, and passes what arrives to `deliver`, until the session or the client ends the connection. Unless
    /// the session ends the connection first, the last thing that is delivered is one of three: a violation, `Closed`, or
    /// `Lost`.
    pub async fn run(&self, streams: (SendStream, RecvStream), deliver: impl AsyncFn(FromDatagramClient)) {
        let (mut sending, receiving) = streams;
        let received = tokio::select! {
            () = self.write_until_end(&mut sending) => None,
            received = self.read_stream(receiving, &deliver) => received,
            reason = self.read_datagrams(&deliver) => reason.map(FromDatagramClient::Violation),
            () = self.accept_another_stream() => Some(FromDatagramClient::Violation(CloseReason::InvalidMessage)),
        };
        let received = match received {
            None if self.state.borrow().end.is_none() => Some(self.how_client_ended().await),
            received => received,
        };
        if let Some(received) = received {
            deliver(received).await;
        }
        self.close_session(sending).await;
    }

    /// Returns when the session ends, or when the stream fails. A client that does not read the stream cannot delay the end.
    async fn write_until_end(&self, sending: &mut SendStream) {
        while self.state.borrow().end.is_none() {
            let has_output = !self.state.borrow().outbox.is_written();
            tokio::select! {
                written = poll_fn(|cx| self.poll_write(sending, cx)), if has_output => {
                    if written.is_err() {
                        return;
                    }
                }
                () = self.changed.notified() => {}
            }
        }
    }

    /// Writes everything in the outbox to the stream.
    fn poll_write(&self, sending: &mut SendStream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        poll_write(&mut self.state.borrow_mut().outbox, sending, &self.timer, cx)
    }

    /// Returns how the client has ended the session, or `None` at the end of the stream.
    async fn read_stream(
        &self,
        stream: RecvStream,
        deliver: &impl AsyncFn(FromDatagramClient),
    ) -> Option<FromDatagramClient> {
        let mut records = RecordReader::new(stream);
        loop {
            let handled = match records.next().await {
                Ok(FromStream::Message(message)) if message.first() == Some(&BUNDLE_TAG) => {
                    self.handle_bundle(&message, deliver).await
                }
                Ok(FromStream::Message(message)) => {
                    deliver(FromDatagramClient::Message(message)).await;
                    Ok(())
                }
                Ok(FromStream::Close(code)) => return Some(FromDatagramClient::Closed(code.into())),
                Ok(FromStream::End) => return None,
                Err(reason) => Err(reason),
            };
            if let Err(reason) = handled {
                return Some(FromDatagramClient::Violation(reason));
            }
        }
    }

    /// Returns the reason to close the session, or `None` if the connection is lost.
    async fn read_datagrams(&self, deliver: &impl AsyncFn(FromDatagramClient)) -> Option<CloseReason> {
        loop {
            let datagram = self.session.read_datagram().await.ok()?;
            self.counters.received.inc();
            if let Err(reason) = self.handle_bundle(&datagram, deliver).await {
                return Some(reason);
            }
        }
    }

    /// How the client has ended the connection. A client that closes the session also ends its streams. The end of a stream
    /// may arrive before the close of the session.
    async fn how_client_ended(&self) -> FromDatagramClient {
        match timeout(CLOSE_CODE_TIMEOUT, self.session.closed()).await {
            Ok(SessionError::WebTransportError(WebTransportError::Closed(code, _))) => FromDatagramClient::Closed(code),
            Ok(_) | Err(_) => FromDatagramClient::Lost,
        }
    }

    async fn handle_bundle(&self, bundle: &[u8], deliver: &impl AsyncFn(FromDatagramClient)) -> Result<(), CloseReason> {
        let mut messages = Vec::new();
        let deliver_message = |message: &[u8]| messages.push(Bytes::copy_from_slice(message));
        let acknowledged = self.state.borrow_mut().link.handle_bundle(bundle, deliver_message);
        let acknowledged = acknowledged.map_err(|_| {
            self.counters.invalid.inc();
            CloseReason::InvalidMessage
        })?;
        let now = Instant::now();
        self.timer.record_activity(now);
        if now - self.lost.get().1 >= LOSS_COUNT_INTERVAL {
            self.count_lost_packets();
        }
        deliver(FromDatagramClient::Bundle { bytes: bundle.len(), acknowledged, messages }).await;
        Ok(())
    }

    /// Adds to the metrics the packets that were declared lost since the last call.
    fn count_lost_packets(&self) {
        let lost = quinn::Connection::stats(&self.session).path.lost_packets;
        let (counted, _) = self.lost.replace((lost, Instant::now()));
        self.counters.packets_lost.inc_by(lost - counted);
    }

    /// Returns when the client opens a second stream, which it may not.
    async fn accept_another_stream(&self) {
        let opened = tokio::select! {
            stream = self.session.accept_bi() => stream.is_ok(),
            stream = self.session.accept_uni() => stream.is_ok(),
        };
        if !opened {
            std::future::pending::<()>().await;
        }
    }

    /// Writes what remains, and then closes the session with the code that the session's actor has chosen.
    async fn close_session(&self, mut sending: SendStream) {
        let finish = async {
            while self.state.borrow().end.is_none() {
                self.changed.notified().await;
            }
            poll_fn(|cx| self.poll_write(&mut sending, cx)).await?;
            sending.finish().map_err(std::io::Error::other)?;
            sending.stopped().await.map_err(std::io::Error::other)
        };
        // An error means that the connection is lost, or that the client does not read.
        let _ = timeout(self.close_timeout, finish).await;
        self.count_lost_packets();
        let end = self.state.borrow().end;
        match end {
            Some(End::Closed(code)) => self.session.close(code.into(), b""),
            Some(End::Stopped) | None => self.session.close(0, b""),
        }
        let _ = timeout(self.close_timeout, self.session.closed()).await;
    }

    fn end_with(&self, end: End) {
        self.state.borrow_mut().end.get_or_insert(end);
        self.changed.notify_one();
    }
}

impl Carrier for DatagramCarrier {
    fn transport(&self) -> Transport {
        Transport::Datagrams
    }

    fn permit(&self) -> &ConnectionPermit {
        &self.permit
    }

    fn is_write_timed_out(&self, now: Instant) -> bool {
        self.timer.is_write_timed_out(now)
    }

    fn timer(&self) -> &ConnectionTimer {
        &self.timer
    }

    fn open(&self, welcome: &[u8]) {
        let mut state = self.state.borrow_mut();
        state.outbox.open(encoded(Record::Message(welcome)));
        state.is_open = true;
        self.changed.notify_one();
    }

    fn send_message(&self, message: &[u8]) {
        self.state.borrow_mut().outbox.push_control(&encoded(Record::Message(message)));
        self.changed.notify_one();
    }

    fn close(&self, code: u16, text: &str) {
        {
            let outbox = &mut self.state.borrow_mut().outbox;
            outbox.clear();
            outbox.pending().extend_from_slice(&encoded(Record::Close(code, text)));
        }
        self.end_with(End::Closed(code));
    }

    fn end(&self) {
        self.end_with(End::Stopped);
    }

    fn send_snapshot(&self, snapshot: &OutgoingSnapshot<'_>) -> Pushed {
        let state = &mut *self.state.borrow_mut();
        let pushed = state.push(snapshot);
        if state.has_work() {
            self.changed.notify_one();
        }
        if pushed == Pushed::Queued && !snapshot.is_full && state.is_open {
            let mut datagram = Vec::with_capacity(DATAGRAM_BYTES_MAX);
            state.link.write_datagram(&mut datagram);
            self.counters.sent.inc();
            self.counters.sent_bytes.inc_by(datagram.len() as u64);
            // A datagram that cannot be sent is treated like one that the network has lost: the next datagram repeats its
            // contents.
            let _ = self.session.send_datagram(datagram.into());
        }
        pushed
    }
}

impl fmt::Debug for DatagramCarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatagramCarrier").field("permit", &self.permit).finish_non_exhaustive()
    }
}
