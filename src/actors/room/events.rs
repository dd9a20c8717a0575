//! Messages of clients to a room.

use actix::{AsyncContext, Context, Handler};
use log::debug;
use tickcast_game::Simulation;
use tokio::time::Instant;

use super::incidents::Cause;
use super::{Phase, RoomActor};
use crate::actors::messages::{Leave, SessionEvent, WakeRoom};

impl<S: Simulation> RoomActor<S> {
    /// Passes the messages of clients to the room.
    pub(super) fn handle_events(&mut self) {
        let (mut inputs, mut resync_requests) = (0, 0);
        self.handle.events.take(&mut self.events);
        if self.phase == Phase::Stopped {
            return self.events.clear();
        }
        for (session, event) in self.events.drain(..) {
            match event {
                SessionEvent::Input(input) => {
                    inputs += 1;
                    self.room.handle_input(session, &input);
                }
                SessionEvent::Act { number, stamp, action } => self.room.handle_act(session, number, stamp, action),
                SessionEvent::Acknowledge(tick) => self.room.handle_acknowledgement(session, tick),
                SessionEvent::Ready(is_ready) => self.room.handle_ready(session, is_ready),
                SessionEvent::Viewport(viewport) => self.room.handle_viewport(session, viewport),
                SessionEvent::Resync => {
                    resync_requests += 1;
                    self.room.handle_resync(session);
                }
                // Sessions forward this only to replays.
                SessionEvent::Playback(_) => {}
            }
        }
        if resync_requests > 0 {
            self.save_incident(Cause::Desync);
        }
        self.shared.metrics.inputs.inc_by(inputs);
        self.shared.metrics.resync_requests.inc_by(resync_requests);
    }

    /// In a room with pace on demand: if clients wait for a tick, makes the next tick run as soon as the tick rate permits.
    pub(super) fn follow_request(&mut self, ctx: &mut Context<Self>) {
        let Some(timer) = self.next_tick.filter(|_| self.room.is_tick_requested()) else { return };
        self.handle.suppress_wakes();
        if self.clock.request(Instant::now()) {
            ctx.cancel_future(timer);
            self.schedule_tick(ctx);
        }
    }
}

impl<S: Simulation> Handler<Leave> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, Leave(session, departure): Leave, ctx: &mut Context<Self>) {
        // The departure must not overtake the session's last messages. For example, the room keeps the seat only if it has
        // received an acknowledgement before the departure.
        self.handle_events();
        self.sessions.remove(&session);
        if self.phase == Phase::Stopped {
            return;
        }
        self.room.handle_leave(session, departure, self.now());
        if self.pause.is_some() {
            self.commit();
        }
        self.publish_status();
        self.follow_request(ctx);
        debug!("room {}: session {} left ({departure:?})", self.log_name(), session.0);
    }
}

impl<S: Simulation> Handler<WakeRoom> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, _: WakeRoom, ctx: &mut Context<Self>) {
        self.handle.accept_wakes();
        self.handle_events();
        self.follow_request(ctx);
    }
}
