//! What the actors tell each other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Addr, Message};
use bytes::Bytes;
use serde::Serialize;
use tickcast_protocol::{CloseReason, Game, Hello, Input, RoomName, Tick, Viewport, Welcome};
use tokio::sync::watch;

use super::relay::Relay;
use super::room::RoomActor;
use super::worker::WorkerId;
use crate::replication::{Delivery, Frame};
use crate::room::{Departure, RoomOptions, SessionId};
use crate::simulation::Simulation;

/// On what grounds somebody may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grounds {
    /// Anybody may, or they have a ticket.
    Open,
    /// The same, and they say that they were there before: if so, they find their place in an overloaded room, too.
    Return,
    /// They must have been there before; whoever was not is refused for that reason: tickets are needed and they have none that
    /// is good, or the server takes in nobody new where they are.
    TokenAlone(CloseReason),
}

/// To a room: a session says hello.
#[derive(Message)]
#[rtype(result = "Result<Welcome<S::Game>, CloseReason>")]
pub struct Join<S: Simulation> {
    /// Which session.
    pub session: SessionId,
    /// What it says.
    pub hello: Hello,
    /// On what grounds it may come in.
    pub grounds: Grounds,
    /// The worker it lives on.
    pub worker: WorkerId,
    /// That worker's relay.
    pub relay: Addr<Relay<S>>,
}

/// To a room: a session is gone.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave(pub SessionId, pub Departure);

/// To a room: what the sessions of one worker received, in the order it came.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Batch<G: Game>(pub Vec<(SessionId, Note<G>)>);

/// What a client told its room.
pub enum Note<G: Game> {
    /// New controls.
    Input(Input<G>),
    /// What it has applied.
    Acknowledge(Tick),
    /// How much it shows.
    Viewport(Viewport),
    /// It needs everything anew.
    Recover,
}

/// To a room: these sessions' outboxes could not take the snapshot of that tick.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Overruns(pub Tick, pub Vec<SessionId>);

/// To a relay: a tick, and who of its sessions gets what of it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Fanout<S: Simulation> {
    /// The tick.
    pub frame: Arc<Frame<S::Game>>,
    /// The sessions.
    pub deliveries: Vec<(SessionId, Delivery)>,
    /// The room, to be told of overruns.
    pub room: Addr<RoomActor<S>>,
    /// When it was sent.
    pub sent_at: Instant,
    /// As long as this is held, the room counts the message as under way.
    pub under_way: Arc<()>,
}

/// To a relay: something waits to be sent to rooms.
#[derive(Message)]
#[rtype(result = "()")]
pub struct FlushSoon;

/// To a relay: ends sessions.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CloseSessions(pub Vec<(SessionId, CloseReason)>);

/// To a relay: the server stops. Its sessions say goodbye, and when to come back: not all at once, but within this time.
#[derive(Message)]
#[rtype(result = "()")]
pub struct DrainAll(pub Duration);

/// To a session: says goodbye to its client.
#[derive(Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Close(pub CloseReason);

/// To a session: the server stops, and its client is to come back after so many milliseconds.
#[derive(Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Drain(pub u16);

/// To the lobby: finds the room of that name or makes it; without a name, one that has a free seat.
#[derive(Message)]
#[rtype(result = "Result<Addr<RoomActor<S>>, CloseReason>")]
pub struct Place<S: Simulation> {
    /// The room's name.
    pub name: Option<RoomName>,
    /// On what grounds.
    pub grounds: Grounds,
    /// So that the answer has a type.
    pub game: std::marker::PhantomData<fn() -> S>,
}

/// To the lobby: makes a room.
#[derive(Message)]
#[rtype(result = "Result<RoomInfo, CreateError>")]
pub struct Create<S: Simulation> {
    /// Its name.
    pub name: RoomName,
    /// What it is made with.
    pub options: RoomOptions,
    /// From what its world's chances are drawn; without one, what no other room has.
    pub seed: Option<u64>,
    /// What its world is made with.
    pub world: S::Options,
}

/// Why a room could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateError {
    /// There is a room of that name.
    Exists,
    /// There are as many rooms as the server takes.
    TooMany,
    /// The server has more to do than it can.
    Overloaded,
    /// The game's rules have panicked.
    Failed,
    /// The server is about to stop.
    Stopping,
}

/// To the lobby: which rooms are there?
#[derive(Message)]
#[rtype(result = "Vec<RoomInfo>")]
pub struct List;

/// What the lobby tells of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoomInfo {
    /// What changes only when somebody comes or goes.
    #[serde(flatten)]
    pub listing: Listing,
    /// The tick it is at.
    pub tick: u32,
}

/// What one wants to know of a room before one joins it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// Its name.
    pub name: RoomName,
    /// How many people play.
    pub players: usize,
    /// How many can.
    pub seats: u16,
    /// How many people watch.
    pub spectators: usize,
    /// Ticks a second.
    pub tick_rate: u16,
}

/// To the lobby: tells of the rooms from now on, as Server-Sent Events, if there are not too many listeners.
#[derive(Message)]
#[rtype(result = "Option<watch::Receiver<Bytes>>")]
pub struct Listen;

/// To the lobby: tells nobody any more.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Hush;

/// To the lobby: the room has closed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Closed(pub RoomName);
