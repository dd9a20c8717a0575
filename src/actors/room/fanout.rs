//! Sends the ticks of a room to the relays, and handles what the relays report.

mod lane;

use std::sync::Arc;

use actix::{ActorContext, Context, Handler};
use tickcast_game::Simulation;
use tickcast_room::{Delivery, SessionId, Step, TickDeliveries, TickFrame};
use tokio::time::Instant;

use super::incidents::Cause;
use super::{Phase, RoomActor, RoomSession};
use crate::actors::messages::{CloseSessions, EncodingPanicked, Fanout, IdMap, OutboxOverflows, WorkerId};
use lane::Lane;
pub(super) use lane::WorkerRoute;

type Deliveries = Vec<(SessionId, Delivery)>;

/// Selects one of a worker's two lanes: for live ticks, or for the past ticks that delayed spectators see.
type LaneOf<S> = fn(&mut WorkerRoute<S>) -> &mut Lane;

impl<S: Simulation> RoomActor<S> {
    /// Sends the results of a tick. The snapshots of delayed spectators go first. If a relay receives the live tick before
    /// it has sent all of these snapshots, it queues the remaining ones on their connections, and then sends the live tick
    /// in slices.
    pub(super) fn send(&mut self, step: Step<S::Game>) {
        for delayed in step.delayed {
            self.send_tick(delayed, |route| &mut route.delayed);
        }
        self.send_tick(step.live, |route| &mut route.live);
        for (session, reason) in step.closed {
            if let Some(RoomSession { worker, .. }) = self.sessions.remove(&session) {
                self.workers[&worker].relay.close.do_send(CloseSessions(vec![(session, reason)]));
            }
        }
    }

    /// Sends a tick to each relay in one message. Full snapshots come first: their clients have waited longest.
    fn send_tick(&mut self, tick: TickDeliveries<S::Game>, lane: LaneOf<S>) {
        let mut deliveries = IdMap::<WorkerId, Deliveries>::default();
        let (full, delta): (Vec<_>, Vec<_>) =
            tick.deliveries.into_iter().partition(|(_, delivery)| delivery.previous_view.is_none());
        for (session, delivery) in full.into_iter().chain(delta) {
            if let Some(RoomSession { worker, .. }) = self.sessions.get(&session) {
                deliveries.entry(*worker).or_default().push((session, delivery));
            }
        }
        for (worker, deliveries) in deliveries {
            self.send_to(worker, lane, &tick.frame, deliveries);
        }
    }

    /// Sends a tick to one worker, without the snapshots of sessions that are shed.
    fn send_to(&mut self, worker: WorkerId, lane: LaneOf<S>, frame: &Arc<TickFrame<S::Game>>, mut deliveries: Deliveries) {
        let route = self.workers.get_mut(&worker).expect("every worker with sessions has a route");
        let lane = lane(route);
        let now_beat = frame.time().beat;
        lane.backlog.record(lane.in_flight.count(), now_beat);
        let (backlog, in_flight) = (lane.backlog, lane.in_flight.clone());
        let (room, tick) = (&mut self.room, frame.tick());
        let is_shed = |(session, delivery): &mut (SessionId, Delivery)| {
            delivery.previous_view.is_some() && backlog.sheds(*session, now_beat)
        };
        let shed = deliveries.extract_if(.., is_shed).map(|(session, _)| room.handle_shed(session, tick)).count();
        self.shared.metrics.snapshots_shed.inc_by(shed as u64);
        let now = Instant::now();
        route.relay.send_tick(Fanout {
            frame: Arc::clone(frame),
            deliveries,
            room: Arc::clone(&self.handle),
            sent_at: now,
            next_tick_at: self.clock.next_after(now),
            in_flight,
        });
    }
}

impl<S: Simulation> Handler<OutboxOverflows> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, OutboxOverflows(tick, sessions): OutboxOverflows, _: &mut Context<Self>) {
        self.handle_events();
        sessions.into_iter().for_each(|session| self.room.handle_overflow(session, tick));
    }
}

impl<S: Simulation> Handler<EncodingPanicked> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, _: EncodingPanicked, ctx: &mut Context<Self>) {
        self.save_incident(Cause::Panic);
        self.phase = Phase::Failed;
        ctx.stop();
    }
}
