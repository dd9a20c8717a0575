//! Messages of clients to a room.

use tickcast_game::Simulation;

use super::{Phase, RoomActor};
use crate::actors::messages::SessionEvent;

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
                SessionEvent::Acknowledge(tick) => self.room.handle_acknowledgement(session, tick),
                SessionEvent::Viewport(viewport) => self.room.handle_viewport(session, viewport),
                SessionEvent::Resync => {
                    resync_requests += 1;
                    self.room.handle_resync(session);
                }
            }
        }
        self.shared.metrics.inputs.inc_by(inputs);
        self.shared.metrics.resync_requests.inc_by(resync_requests);
    }
}
