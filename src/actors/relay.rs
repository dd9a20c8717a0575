//! The actor through which rooms reach the sessions of an HTTP worker: a tick costs one message per worker instead of one
//! per session.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};
use tickcast_game::GameProtocol;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::messages::{CloseSessions, Fanout, ParkSoon, RelayHandle, RoomId, ShutdownSessions};
use super::worker::{PendingFanout, Worker};

/// The relay sends a tick in slices of this many snapshots. After each slice, it yields to other tasks of the thread, so an
/// arriving input waits for at most one slice instead of a whole tick.
const SESSIONS_PER_SLICE: usize = 64;

/// Interval between checks for idle sessions.
const IDLE_CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// Passes ticks and commands of rooms to one worker's sessions.
pub struct Relay<G: GameProtocol> {
    worker: Rc<Worker<G>>,
    /// The ticks that are being sent, at most one of each room, in order of arrival.
    pending: VecDeque<PendingFanout<G>>,
}

impl<G: GameProtocol> Relay<G> {
    /// Starts the relay of a worker on this thread.
    pub fn start(worker: Worker<G>) -> Rc<Worker<G>> {
        Self::start_behind(worker, |relay| relay)
    }

    /// Like [`Relay::start`], but other actors reach the relay through the handle that `proxy` returns. The proxy may delay
    /// messages, as a busy thread would.
    pub fn start_behind(
        worker: Worker<G>,
        proxy: impl FnOnce(Arc<RelayHandle<G>>) -> Arc<RelayHandle<G>>,
    ) -> Rc<Worker<G>> {
        let worker = Rc::new(worker);
        let addr = Actor::start(Self { worker: Rc::clone(&worker), pending: VecDeque::new() });
        worker.set_relay(proxy(RelayHandle::new(worker.id(), &addr)));
        worker
    }

    /// Sends the next slice of the pending ticks, and schedules the rest.
    fn continue_fanout(&mut self, ctx: &mut Context<Self>) {
        let mut budget = SESSIONS_PER_SLICE;
        while budget > 0
            && let Some(pending) = self.pending.front_mut()
        {
            let before = pending.remaining();
            self.worker.fan_out(pending, budget, |carrier, snapshot| carrier.send_snapshot(snapshot));
            budget -= before - pending.remaining();
            if pending.remaining() == 0 {
                self.pending.pop_front();
            }
        }
        if !self.pending.is_empty() {
            ctx.spawn(yield_now().into_actor(self).map(|(), relay, ctx| relay.continue_fanout(ctx)));
        }
    }

    /// Removes the pending tick of this room, if there is one.
    fn take_pending(&mut self, room: RoomId) -> Option<PendingFanout<G>> {
        let index = self.pending.iter().position(|pending| pending.room_id() == room)?;
        self.pending.remove(index)
    }
}

impl<G: GameProtocol> Actor for Relay<G> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_interval(IDLE_CHECK_INTERVAL, |relay, _| relay.worker.close_expired(Instant::now()));
    }
}

impl<G: GameProtocol> Handler<Fanout<G>> for Relay<G> {
    type Result = ();

    /// Preserves the order of a room's ticks. If the room's previous tick is still being sent, the remaining snapshots of
    /// the previous tick are queued on their connections. Each connection writes everything queued in one call.
    fn handle(&mut self, fanout: Fanout<G>, ctx: &mut Context<Self>) {
        let fanout = self.worker.accept(fanout, Instant::now());
        let is_idle = self.pending.is_empty();
        if let Some(mut previous) = self.take_pending(fanout.room_id()) {
            while previous.remaining() > 0 {
                self.worker
                    .fan_out(&mut previous, SESSIONS_PER_SLICE, |carrier, snapshot| carrier.queue_snapshot(snapshot));
            }
        }
        self.pending.push_back(fanout);
        if is_idle {
            self.continue_fanout(ctx);
        }
    }
}

impl<G: GameProtocol> Handler<ParkSoon> for Relay<G> {
    type Result = ();

    /// The thread parks to let events accumulate, so that it can handle them together. While a tick is being sent, events
    /// accumulate anyway during each slice, so the thread does not park.
    fn handle(&mut self, _: ParkSoon, _: &mut Context<Self>) {
        self.worker.handle_park(Instant::now(), self.pending.is_empty());
    }
}

impl<G: GameProtocol> Handler<CloseSessions> for Relay<G> {
    type Result = ();

    fn handle(&mut self, CloseSessions(sessions): CloseSessions, _: &mut Context<Self>) {
        sessions.into_iter().for_each(|(session, reason)| self.worker.close(session, reason));
    }
}

impl<G: GameProtocol> Handler<ShutdownSessions> for Relay<G> {
    type Result = ();

    fn handle(&mut self, ShutdownSessions(within): ShutdownSessions, _: &mut Context<Self>) {
        self.worker.shut_down(within);
    }
}
