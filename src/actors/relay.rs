//! The actor through which rooms reach the sessions of an HTTP worker: a tick costs one message per worker instead of one
//! per session.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};
use tickcast_game::Game;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::messages::{CloseSessions, Fanout, FlushSoon, RelayHandle, ShutdownSessions};
use super::worker::{BATCH_INTERVAL, PendingFanout, Worker};
use crate::transport::Connection;

/// The relay sends a tick in slices of this many snapshots. After each slice, it yields to other tasks of the thread, so an
/// arriving input waits for at most one slice instead of a whole tick.
const SESSIONS_PER_SLICE: usize = 64;

/// Interval between checks for idle sessions.
const IDLE_CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// Passes ticks and commands of rooms to one worker's sessions.
pub struct Relay<G: Game> {
    worker: Rc<Worker<G>>,
    /// The tick that is being sent, if any.
    pending: Option<PendingFanout<G>>,
}

impl<G: Game> Relay<G> {
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
        let addr = Actor::start(Self { worker: Rc::clone(&worker), pending: None });
        worker.set_relay(proxy(RelayHandle::new(worker.id(), &addr)));
        worker
    }

    /// Sends the next slice of the pending tick, and schedules the rest.
    fn continue_fanout(&mut self, ctx: &mut Context<Self>) {
        let Some(pending) = &mut self.pending else { return };
        self.worker.fan_out(pending, SESSIONS_PER_SLICE, Connection::send);
        if pending.is_done() {
            self.pending = None;
        } else {
            ctx.spawn(yield_now().into_actor(self).map(|(), relay, ctx| relay.continue_fanout(ctx)));
        }
    }
}

impl<G: Game> Actor for Relay<G> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_interval(IDLE_CHECK_INTERVAL, |relay, _| relay.worker.close_idle(Instant::now()));
    }
}

impl<G: Game> Handler<Fanout<G>> for Relay<G> {
    type Result = ();

    /// Preserves tick order. If the previous tick is still being sent, its remaining snapshots are queued on their connections,
    /// which write everything queued in one call.
    fn handle(&mut self, fanout: Fanout<G>, ctx: &mut Context<Self>) {
        let fanout = self.worker.accept(fanout, Instant::now());
        match self.pending.replace(fanout) {
            Some(mut previous) => self.worker.fan_out(&mut previous, usize::MAX, Connection::push),
            None => self.continue_fanout(ctx),
        }
    }
}

impl<G: Game> Handler<FlushSoon> for Relay<G> {
    type Result = ();

    fn handle(&mut self, _: FlushSoon, ctx: &mut Context<Self>) {
        ctx.run_later(BATCH_INTERVAL, |relay, _| relay.worker.handle_scheduled_flush());
    }
}

impl<G: Game> Handler<CloseSessions> for Relay<G> {
    type Result = ();

    fn handle(&mut self, CloseSessions(sessions): CloseSessions, _: &mut Context<Self>) {
        sessions.into_iter().for_each(|(session, reason)| self.worker.close(session, reason));
    }
}

impl<G: Game> Handler<ShutdownSessions> for Relay<G> {
    type Result = ();

    fn handle(&mut self, ShutdownSessions(within): ShutdownSessions, _: &mut Context<Self>) {
        self.worker.shut_down(within);
    }
}
