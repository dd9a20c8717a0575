//! Clients that wait to join a room.

use std::collections::VecDeque;
use std::future::Future;

use tickcast_game::GameProtocol;
use tickcast_protocol::{CloseReason, Welcome};
use tokio::sync::oneshot;

use crate::actors::messages::Join;

/// Maximum rate at which clients join a room, per second. The limit spreads the joins of many clients over many ticks, so
/// that they do not all delay the same tick. If 5,000 clients join at once, for example after a restart of the server, the
/// last client joins within 4 s, before its join times out.
pub const JOINS_PER_SECOND: u32 = 1_500;

/// The answer to a client that wants to join.
pub(super) type JoinResult<G> = Result<Welcome<G>, CloseReason>;

/// A client that waits, and the sender of its answer. Sending the answer fails if the client's join request no longer waits
/// for it. This happens only while the server stops.
type WaitingClient<G> = (Join<G>, oneshot::Sender<JoinResult<G>>);

/// Clients that wait to join, in order of arrival. Each session waits at most once, so the limit on connections bounds the
/// length of the queue.
pub(super) struct JoinQueue<G: GameProtocol> {
    waiting: VecDeque<WaitingClient<G>>,
    per_tick: u32,
    /// Number of clients that may still join before the next tick.
    remaining: u32,
}

impl<G: GameProtocol> JoinQueue<G> {
    /// The empty queue of a room with this number of ticks per second.
    pub(super) fn new(tick_rate: u16) -> Self {
        let per_tick = JOINS_PER_SECOND.div_ceil(tick_rate.into());
        Self { waiting: VecDeque::new(), per_tick, remaining: per_tick }
    }

    /// Adds a client. Returns a future that resolves to the room's answer to this client. If the queue is dropped before
    /// the client is answered, the room has closed, and the answer is [`CloseReason::RoomClosed`].
    pub(super) fn push(&mut self, join: Join<G>) -> impl Future<Output = JoinResult<G>> + use<G> {
        let (answer, answered) = oneshot::channel();
        self.waiting.push_back((join, answer));
        async { answered.await.unwrap_or(Err(CloseReason::RoomClosed)) }
    }

    /// Allows further clients to join, because a tick has run.
    pub(super) const fn handle_tick(&mut self) {
        self.remaining = self.per_tick;
    }

    /// Counts a client that has joined. Clients that are refused do not count.
    pub(super) const fn handle_result(&mut self, result: &JoinResult<G>) {
        if result.is_ok() {
            self.remaining = self.remaining.saturating_sub(1);
        }
    }

    /// Takes the client that has waited longest. Returns `None` if no client waits, or if as many clients have joined since
    /// the last tick as the limit permits.
    pub(super) fn poll(&mut self) -> Option<WaitingClient<G>> {
        if self.remaining > 0 { self.waiting.pop_front() } else { None }
    }
}
