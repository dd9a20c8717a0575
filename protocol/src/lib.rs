//! Protocol shared by a tickcast server and its clients: units, messages, codec, client replica and prediction.
//!
//! The simulation is deterministic: it uses integers only, reads no clock and performs no I/O. Server and client compute
//! the same next state, so the server sends only the differences that a client cannot compute.
//!
//! [`GameProtocol`] is the interface between this crate and a game. This crate depends on no async runtime and no transport. Bytes
//! from a peer never make it panic or allocate beyond a fixed limit.
//!
//! # Writing a client
//!
//! A Rust client needs this crate and a WebSocket library:
//!
//! 1. Send [`ClientMessage::Hello`], encoded by [`codec::encode_client`].
//! 2. Create a [`Replica`] from the [`Welcome`] in the server's reply.
//! 3. Pass each [`Snapshot`] to [`Replica::apply`] and draw [`Replica::entities`].
//! 4. Send [`ClientMessage::Input`] when the controls change, and at least once per second. Stamp it with [`Lead::stamp`].
//!    [`Presses`] makes sure that short key presses are not lost. In some ticks without an input, send a
//!    [`ClientMessage::Acknowledge`]: [`TailProbe`] determines these ticks.
//! 5. Draw the player's own entity at the position computed by [`Prediction::predict`]. If the entities of the game
//!    [interact](GameProtocol::INTERACTS), draw all entities in this way.
//! 6. If the game has [actions](GameProtocol::Action), keep them in [`Actions`], which sends them again after a
//!    reconnection.
//! 7. When the connection is lost, wait for [`reconnect_delay`], connect again, and send a Hello with the token of the
//!    newest Welcome.
//!
//! The state of such a client, for any game:
//!
//! ```
//! use tickcast_protocol::{
//!     ClientMessage, EntityMap, GameProtocol, Input, Lead, PlayerId, Prediction, Replica, ReplicaError, Snapshot, Welcome,
//! };
//!
//! struct Client<G: GameProtocol> {
//!     replica: Replica<G>,
//!     prediction: Prediction<G>,
//!     lead: Lead,
//! }
//!
//! impl<G: GameProtocol> Client<G> {
//!     fn new(welcome: &Welcome<G>, player: PlayerId) -> Result<Self, ReplicaError> {
//!         let replica = Replica::new(welcome)?;
//!         Ok(Self { replica, prediction: Prediction::new(player), lead: Lead::for_room(welcome) })
//!     }
//!
//!     /// Returns the message to send in reply, if any.
//!     fn handle_snapshot(&mut self, snapshot: &Snapshot<G>) -> Option<ClientMessage<G>> {
//!         if self.replica.apply(snapshot).is_err() {
//!             return Some(ClientMessage::Resync);
//!         }
//!         let report = snapshot.header.report;
//!         self.prediction.confirm(&self.replica, report);
//!         if let (Some(report), Some(tick)) = (report, self.replica.tick()) {
//!             self.lead.handle_report(report, tick);
//!         }
//!         None
//!     }
//!
//!     /// Returns the message to send, or `None` before the first snapshot.
//!     fn change_controls(&mut self, controls: G::Controls) -> Option<ClientMessage<G>> {
//!         let acknowledged = self.replica.tick()?;
//!         let tick = self.lead.stamp(acknowledged);
//!         self.prediction.record(tick, controls);
//!         Some(ClientMessage::Input(Input { tick, acknowledged, controls }))
//!     }
//!
//!     /// The player's own entities, predicted ahead of the newest snapshot by the current lead.
//!     fn predicted(&self) -> Option<EntityMap<G::Entity>> {
//!         let tick = self.replica.tick()?;
//!         Some(self.prediction.predict(&self.replica, tick.plus(self.lead.ticks())))
//!     }
//! }
//! ```

#![warn(clippy::float_arithmetic)]

pub mod client;
pub mod codec;
pub mod compact;
pub mod game;
pub mod message;
pub mod packed;
#[cfg(test)]
mod test_game;
pub mod units;
pub mod world;

pub use client::{
    ActError, Actions, Lead, Prediction, Presses, Replica, ReplicaError, ResolvedAction, SnapshotEffects, TailProbe,
    reconnect_delay,
};
pub use game::{Digest, Entities, GameProtocol, Lifecycle, Never, Spawn, WordLayout};
pub use message::{
    Act, ActionOutcome, ActionOutcomes, Change, ClientMessage, CloseReason, Hello, Input, InputReport, NameError, Personal,
    PlaybackSpeed, PlayerKind, PlayerName, ProfileSecret, ResumeToken, Role, RoomEvent, RoomName, Seat, ServerMessage,
    Snapshot, SnapshotHeader, Ticket, UNRESOLVED_ACTIONS_MAX, Viewport, Welcome,
};
pub use units::{Angle, EntityId, Pace, PlayerId, Position, Team, Tick, Velocity};
pub use world::{EntityMap, Grid, ViewRect};
