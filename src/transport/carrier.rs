//! What carries the messages between a session and its client: a WebSocket, or another transport.

#[cfg(feature = "datagrams")]
pub mod datagrams;
mod http;

use tickcast_protocol::Tick;
use tokio::time::Instant;

use super::websocket::Frame;
use super::{ConnectionTimer, Pushed};
use crate::admission::ConnectionPermit;
use crate::telemetry::Transport;
pub use http::{Consumer, Downlink, HttpCarrier, StalePoll};

/// Carries the messages of one session to its client. Lives on the thread of the session's worker.
///
/// A carrier delivers messages completely and in order. What the client sends, a carrier passes to the session's actor. It
/// bounds what it queues for a client that does not accept data, and reports an overflow with [`Pushed`].
pub trait Carrier {
    /// What carries the messages.
    fn transport(&self) -> Transport;

    /// The permit that counts the session against the admission limits.
    fn permit(&self) -> &ConnectionPermit;

    /// Records when the client was last active. Its deadlines abort a WebSocket, whose client can block the session's actor.
    /// Other carriers cannot be blocked, and the session's actor closes them in time.
    fn timer(&self) -> &ConnectionTimer;

    /// Whether the client has accepted no data for the write timeout although data is queued. Always false for a WebSocket,
    /// whose timer aborts the connection.
    fn is_write_timed_out(&self, _now: Instant) -> bool {
        false
    }

    /// Queues the Welcome before all snapshots. No snapshot is sent before this call.
    fn open(&self, welcome: &[u8]);

    /// Queues a message that is no snapshot and depends on none, such as a Pong. It may overtake queued snapshots.
    fn send_message(&self, message: &[u8]);

    /// Drops all queued snapshots, and sends the client the reason for closing as the last item.
    fn close(&self, code: u16, text: &str);

    /// The session's actor has stopped, with or without [`Self::close`].
    fn end(&self) {}

    /// Reads the data that [`Self::send_snapshot`] needs, and thus loads it into the CPU's cache. If this is done for many
    /// carriers in succession, the CPU waits for the data of several carriers at the same time.
    fn prefetch(&self) {}

    /// Sends a snapshot at once if nothing is queued; otherwise queues it.
    fn send_snapshot(&self, snapshot: &OutgoingSnapshot<'_>) -> Pushed;

    /// Queues a snapshot behind which another one follows, so that both are sent together.
    fn queue_snapshot(&self, snapshot: &OutgoingSnapshot<'_>) -> Pushed {
        self.send_snapshot(snapshot)
    }
}

/// A snapshot for one client.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingSnapshot<'b> {
    /// The snapshot's tick.
    pub tick: Tick,
    /// Whether the snapshot is full: it does not depend on earlier snapshots.
    pub is_full: bool,
    /// The encoded snapshot.
    pub frame: Frame<'b>,
}
