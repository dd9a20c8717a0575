//! The one actor of an HTTP worker that rooms send to: a tick costs one message per worker, not one per session.

use std::rc::Rc;
use std::time::{Duration, Instant};

use actix::{Actor, AsyncContext, Context, Handler};

use super::messages::{CloseSessions, DrainAll, Fanout, FlushSoon};
use super::worker::Worker;
use crate::simulation::Simulation;

/// How long inputs are gathered before they go to their rooms: a wake-up of the room costs more than an input.
const GATHERING: Duration = Duration::from_millis(2);

/// Stands between the rooms and one worker's sessions.
pub struct Relay<S: Simulation> {
    worker: Rc<Worker<S>>,
}

impl<S: Simulation> Relay<S> {
    pub(super) const fn new(worker: Rc<Worker<S>>) -> Self {
        Self { worker }
    }
}

impl<S: Simulation> Actor for Relay<S> {
    type Context = Context<Self>;
}

impl<S: Simulation> Handler<Fanout<S>> for Relay<S> {
    type Result = ();

    fn handle(&mut self, fanout: Fanout<S>, _: &mut Context<Self>) {
        self.worker.fan_out(&fanout, Instant::now());
    }
}

impl<S: Simulation> Handler<FlushSoon> for Relay<S> {
    type Result = ();

    fn handle(&mut self, _: FlushSoon, ctx: &mut Context<Self>) {
        ctx.run_later(GATHERING, |relay, _| relay.worker.flush());
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
