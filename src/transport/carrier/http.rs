//! The HTTP fallback: carries a session in the bodies of HTTP requests and responses, where a proxy blocks WebSocket.
//!
//! ```text
//! session, relay ─▶ HttpCarrier ─▶ Downlink ─▶ a streamed response, or the response to a long poll
//! (thread of the session's worker)  (shared)   (thread of any worker)
//! ```

mod downlink;

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use tickcast_protocol::codec::Record;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Carrier, OutgoingSnapshot};
use crate::admission::ConnectionPermit;
use crate::telemetry::Transport;
use crate::transport::{ConnectionTimer, Pushed};
pub use downlink::{Consumer, Downlink, StalePoll};

/// Carries a session in the bodies of HTTP responses.
#[derive(Debug)]
pub struct HttpCarrier {
    downlink: Arc<Downlink>,
    timer: ConnectionTimer,
    permit: ConnectionPermit,
    /// Notified when the session's actor has stopped.
    ended: RefCell<Option<oneshot::Sender<()>>>,
}

impl HttpCarrier {
    /// Returns a carrier, and a receiver that is notified when the session's actor has stopped.
    #[must_use]
    pub fn new(timer: ConnectionTimer, permit: ConnectionPermit) -> (Self, oneshot::Receiver<()>) {
        let (ended, has_ended) = oneshot::channel();
        (Self { downlink: Arc::default(), timer, permit, ended: RefCell::new(Some(ended)) }, has_ended)
    }

    /// The queue of records for the client.
    pub const fn downlink(&self) -> &Arc<Downlink> {
        &self.downlink
    }
}

impl Carrier for HttpCarrier {
    fn transport(&self) -> Transport {
        Transport::Http
    }

    fn permit(&self) -> &ConnectionPermit {
        &self.permit
    }

    fn is_write_timed_out(&self, now: Instant) -> bool {
        self.downlink.blocked_for(now) >= self.timer.write_timeout()
    }

    fn timer(&self) -> &ConnectionTimer {
        &self.timer
    }

    fn open(&self, welcome: &[u8]) {
        self.downlink.open(record(Record::Message(welcome)));
    }

    fn send_message(&self, message: &[u8]) {
        self.downlink.send(&record(Record::Message(message)));
    }

    fn close(&self, code: u16, text: &str) {
        self.downlink.close(&record(Record::Close(code, text)));
    }

    fn end(&self) {
        self.downlink.end();
        if let Some(ended) = self.ended.take() {
            // Fails only if the server is shutting down.
            ended.send(()).unwrap_or_default();
        }
    }

    fn send_snapshot(&self, snapshot: &OutgoingSnapshot<'_>) -> Pushed {
        self.downlink.push(&record(Record::Message(snapshot.frame.payload())), snapshot.is_full)
    }
}

fn record(record: Record<'_>) -> Bytes {
    let mut bytes = Vec::new();
    record.encode_into(&mut bytes);
    bytes.into()
}
