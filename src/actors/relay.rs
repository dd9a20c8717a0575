//! The one actor of an HTTP worker that rooms send to: a tick costs one message per worker, not one per session.

use std::rc::Rc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorFutureExt, AsyncContext, Context, Handler, WrapFuture};
use tokio::task::yield_now;

use super::messages::{CloseSessions, DrainAll, Fanout, FlushSoon};
use super::worker::{Begun, GATHERING, Worker};
use crate::simulation::Simulation;
use crate::transport::Connection;

/// How many sessions are given their snapshots before those that have something to read or to write get their turn. So an input
/// waits for a few snapshots, not for all of a tick, and what was put together is still in the processor's cache when it is sent.
const SESSIONS_AT_ONCE: usize = 64;

/// How often it is looked who says nothing any more.
const LISTENING: Duration = Duration::from_millis(500);

/// Stands between the rooms and one worker's sessions.
pub struct Relay<S: Simulation> {
    worker: Rc<Worker<S>>,
    /// The tick that has not reached all sessions.
    begun: Option<Begun<S>>,
}

impl<S: Simulation> Relay<S> {
    pub(super) const fn new(worker: Rc<Worker<S>>) -> Self {
        Self { worker, begun: None }
    }

    /// Gives some more sessions their snapshots, and the others theirs later.
    fn go_on(&mut self, ctx: &mut Context<Self>) {
        let Some(begun) = &mut self.begun else { return };
        self.worker.fan_out(begun, SESSIONS_AT_ONCE, Connection::send);
        if begun.is_over() {
            self.begun = None;
        } else {
            ctx.spawn(yield_now().into_actor(self).map(|(), relay, ctx| relay.go_on(ctx)));
        }
    }
}

impl<S: Simulation> Actor for Relay<S> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_interval(LISTENING, |relay, _| relay.worker.close_silent(Instant::now()));
    }
}

impl<S: Simulation> Handler<Fanout<S>> for Relay<S> {
    type Result = ();

    /// What came before goes out before: ticks never overtake one another, and none waits for more than one other. One that has to
    /// hurry is left to the connections' own tasks, which write at once all that has gathered when their turn comes.
    fn handle(&mut self, fanout: Fanout<S>, ctx: &mut Context<Self>) {
        let fanout = self.worker.begin(fanout, Instant::now());
        match self.begun.replace(fanout) {
            Some(mut last) => self.worker.fan_out(&mut last, usize::MAX, Connection::push),
            None => self.go_on(ctx),
        }
    }
}

impl<S: Simulation> Handler<FlushSoon> for Relay<S> {
    type Result = ();

    fn handle(&mut self, _: FlushSoon, ctx: &mut Context<Self>) {
        ctx.run_later(GATHERING, |relay, _| relay.worker.flush_late());
    }
}

impl<S: Simulation> Handler<CloseSessions> for Relay<S> {
    type Result = ();

    fn handle(&mut self, CloseSessions(sessions): CloseSessions, _: &mut Context<Self>) {
        sessions.into_iter().for_each(|(session, reason)| self.worker.close(session, reason));
    }
}

impl<S: Simulation> Handler<DrainAll> for Relay<S> {
    type Result = ();

    fn handle(&mut self, DrainAll(within): DrainAll, _: &mut Context<Self>) {
        self.worker.drain(within);
    }
}
