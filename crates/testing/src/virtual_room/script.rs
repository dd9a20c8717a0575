//! What the scripted clients of a virtual room do while they are connected.

use tickcast_game::Simulation;
use tickcast_protocol::{ActError, ClientMessage, Input, Tick, Viewport};

use super::{ClientId, VirtualRoom};
use crate::play::{Action, Controls};

impl<S: Simulation> VirtualRoom<S> {
    /// The player holds these controls from now on.
    pub fn hold(&mut self, client: ClientId, controls: Controls<S>) {
        self.clients[client.0].hold(controls);
    }

    /// The player is ready, or not ready any more, in a room with a ready-up phase.
    pub fn set_ready(&mut self, client: ClientId, is_ready: bool) {
        self.send(client, &ClientMessage::Ready(is_ready));
    }

    /// The player acts once. The action is stamped for the tick at which an input that is sent now takes effect. Returns its
    /// number, which is the index of its outcome in [`Client::outcomes`](super::Client::outcomes) plus one.
    ///
    /// # Errors
    /// [`ActError`].
    pub fn act(&mut self, client: ClientId, action: Action<S>) -> Result<u32, ActError> {
        self.clients[client.0].act(action)
    }

    /// Sends an input with any stamp, as a cheating client may. The controls that the client holds do not change.
    pub fn send_input(&mut self, client: ClientId, stamp: Tick, controls: Controls<S>) {
        let input = Input { tick: stamp, acknowledged: self.room.tick(), controls };
        self.send(client, &ClientMessage::Input(input));
    }

    /// Changes the size of the client's window.
    pub fn resize(&mut self, client: ClientId, viewport: Viewport) {
        self.clients[client.0].viewport = viewport;
        self.send(client, &ClientMessage::Viewport(viewport));
    }

    /// Requests a full snapshot.
    pub fn request_resync(&mut self, client: ClientId) {
        self.send(client, &ClientMessage::Resync);
    }

    fn send(&mut self, client: ClientId, message: &ClientMessage<S::Game>) {
        self.clients[client.0].send(message, self.now, &mut self.random);
    }

    /// Delivers nothing on the client's line for this number of periods.
    pub fn stall(&mut self, client: ClientId, periods: u32) {
        self.clients[client.0].stall_until(self.now + periods);
    }

    /// The server drops the next snapshot to the client, because the client reads too slowly.
    pub fn drop_snapshot(&mut self, client: ClientId) {
        self.clients[client.0].drops_snapshot = true;
    }
}
