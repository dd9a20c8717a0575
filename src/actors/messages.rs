//! Messages between the actors, and the handles through which they are sent. Imports no actor.

mod creation;
mod event_queue;
mod listing;
mod manage_key;
pub mod metadata;
mod operation;
mod replays;
mod storage;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, Message, Recipient};
use foldhash::fast::FixedState;
use tickcast_game::GameProtocol;
use tickcast_protocol::{CloseReason, Hello, Input, Pace, RoomName, Tick, Viewport, Welcome};
use tickcast_room::{ClientKey, Delivery, Departure, SeatPermit, SessionId, SubmittedAction, TickFrame};
use tickcast_store::ProfileId;
use tokio::time::Instant;

use crate::admission::{Client, ClientIdentity};
pub use creation::{CreateRoom, CreateRoomError, CreatedRoom};
pub use event_queue::EventQueue;
pub use listing::{
    CloseSubscriptions, ListRooms, Listing, RoomInfo, RoomList, RoomSummary, SetLock, Subscribe, SubscribeError,
    WrongManageKey,
};
pub use manage_key::ManageKey;
pub use metadata::{Metadata, RoomFilter};
pub use operation::{
    ClientReport, CloseBanned, ListAllRooms, OperateRoom, OperatedRoom, Operation, RoomReport, RunOperation,
};
pub use replays::{
    DescribeMatch, Entrance, FindMatch, FoundMatch, ListMatches, MarkerDescription, MatchDescription, MatchSummary,
    OpenReplay, PlaybackControl, ReplayEntrance,
};
pub use storage::{AfterRestart, Committed, StopRoom, StopRooms, StoreListing};

/// Identifies a room actor. A later room of the same name has another id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RoomId(pub u64);

/// Identifies an HTTP worker of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorkerId(pub u64);

/// Map whose keys are ids that the server assigns. Clients cannot choose the ids, so the hash function needs no random
/// seed. The order of iteration is the same in every run.
pub type IdMap<K, V> = HashMap<K, V, FixedState>;

/// Sends messages to a room.
pub struct RoomHandle<G: GameProtocol> {
    /// The id of the room.
    pub id: RoomId,
    /// Sessions that join.
    pub join: Recipient<Join<G>>,
    /// Sessions that leave.
    pub leave: Recipient<Leave>,
    /// Messages from clients. Sessions append to the queue with [`RoomHandle::push_event`].
    pub events: EventQueue<G>,
    /// Reports of outbox overflows.
    pub overflows: Recipient<OutboxOverflows>,
    /// Requests to stop.
    pub stop: Recipient<StopRoom>,
    /// Changes of the room's listing.
    pub store_listing: Recipient<StoreListing>,
    /// Requests of operators.
    pub operate: Recipient<RunOperation>,
    wake: Recipient<WakeRoom>,
    /// Whether the room needs no [`WakeRoom`], because it has not handled the last one yet, or because it is about to tick.
    is_awake: AtomicBool,
    /// Report of a panic.
    panicked: Recipient<EncodingPanicked>,
    has_panicked: AtomicBool,
}

impl<G: GameProtocol> RoomHandle<G> {
    /// A handle on a room actor.
    pub fn new<A>(id: RoomId, addr: &Addr<A>) -> Arc<Self>
    where
        A: Actor
            + Handler<Join<G>>
            + Handler<Leave>
            + Handler<OutboxOverflows>
            + Handler<StopRoom>
            + Handler<StoreListing>
            + Handler<RunOperation>
            + Handler<WakeRoom>
            + Handler<EncodingPanicked>,
        A::Context: ToEnvelope<A, Join<G>>
            + ToEnvelope<A, Leave>
            + ToEnvelope<A, OutboxOverflows>
            + ToEnvelope<A, StopRoom>
            + ToEnvelope<A, StoreListing>
            + ToEnvelope<A, RunOperation>
            + ToEnvelope<A, WakeRoom>
            + ToEnvelope<A, EncodingPanicked>,
    {
        Arc::new(Self {
            id,
            join: addr.clone().recipient(),
            leave: addr.clone().recipient(),
            events: EventQueue::default(),
            overflows: addr.clone().recipient(),
            stop: addr.clone().recipient(),
            store_listing: addr.clone().recipient(),
            operate: addr.clone().recipient(),
            wake: addr.clone().recipient(),
            is_awake: AtomicBool::new(false),
            panicked: addr.clone().recipient(),
            has_panicked: AtomicBool::new(false),
        })
    }

    /// Passes a message of a client to the room. A steady room handles it before its next tick. A room with pace on demand is
    /// woken if the message may require a tick.
    pub fn push_event(&self, session: SessionId, event: SessionEvent<G>) {
        let wakes = G::PACE == Pace::OnDemand && event.may_require_tick();
        self.events.push(session, event);
        if wakes && !self.is_awake.swap(true, Ordering::AcqRel) {
            self.wake.do_send(WakeRoom);
        }
    }

    /// After this call, the next message that may require a tick wakes the room. Call this before the room takes its
    /// events, so that no message is missed.
    pub fn accept_wakes(&self) {
        self.is_awake.store(false, Ordering::Release);
    }

    /// The room is about to tick, and then takes all events. Until [`RoomHandle::accept_wakes`], no message wakes it.
    pub fn suppress_wakes(&self) {
        self.is_awake.store(true, Ordering::Release);
    }

    /// Whether the game's code has panicked on a worker's thread. The room then sends nothing more.
    pub fn has_panicked(&self) -> bool {
        self.has_panicked.load(Ordering::Acquire)
    }

    /// Reports a panic of the game's code on a worker's thread. The first report ends the room.
    pub fn report_panic(&self) {
        if !self.has_panicked.swap(true, Ordering::AcqRel) {
            self.panicked.do_send(EncodingPanicked);
        }
    }
}

/// Sends messages to the relay of an HTTP worker.
pub struct RelayHandle<G: GameProtocol> {
    /// The id of the worker.
    pub worker: WorkerId,
    fanout: Recipient<Fanout<G>>,
    /// Sessions to close.
    pub close: Recipient<CloseSessions>,
    /// Requests to park the thread.
    pub park: Recipient<ParkSoon>,
    /// Requests to close all sessions because the server is shutting down.
    pub shutdown: Recipient<ShutdownSessions>,
    /// The worker's thread.
    thread: Thread,
}

impl<G: GameProtocol> RelayHandle<G> {
    /// A handle on a relay actor of this thread.
    pub fn new<A>(worker: WorkerId, addr: &Addr<A>) -> Arc<Self>
    where
        A: Actor + Handler<Fanout<G>> + Handler<CloseSessions> + Handler<ParkSoon> + Handler<ShutdownSessions>,
        A::Context: ToEnvelope<A, Fanout<G>>
            + ToEnvelope<A, CloseSessions>
            + ToEnvelope<A, ParkSoon>
            + ToEnvelope<A, ShutdownSessions>,
    {
        Arc::new(Self {
            worker,
            fanout: addr.clone().recipient(),
            close: addr.clone().recipient(),
            park: addr.clone().recipient(),
            shutdown: addr.clone().recipient(),
            thread: thread::current(),
        })
    }

    /// Sends a tick. Unparks the worker's thread, so that the tick is not delayed.
    pub fn send_tick(&self, fanout: Fanout<G>) {
        self.fanout.do_send(fanout);
        self.thread.unpark();
    }
}

/// Conditions under which a client may join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinPolicy {
    /// The client may join: its ticket is valid, or the server requires no ticket.
    Open,
    /// As `Open`, but the client has also sent a resume token. With a valid token, the client may return even to an
    /// overloaded room.
    PreferResume,
    /// The client may only resume a seat, because it has no valid ticket or its HTTP thread is overloaded. If its resume
    /// token is invalid, the client is refused with this close reason.
    ResumeOnly(CloseReason),
}

/// To a room: a client has sent its Hello.
#[derive(Message)]
#[rtype(result = "Result<Welcome<G>, CloseReason>")]
pub struct Join<G: GameProtocol> {
    /// The session.
    pub session: SessionId,
    /// The Hello.
    pub hello: Hello,
    /// Conditions of the join.
    pub policy: JoinPolicy,
    /// The client against whose limits the seat counts, or `None` if the client is exempt from limits.
    pub client: Option<ClientKey>,
    /// The address and the user of the client.
    pub identity: ClientIdentity,
    /// The permit for the seat, or `None` if the client may only resume a seat. The room drops the permit when the seat
    /// becomes free.
    pub permit: Option<SeatPermit>,
    /// The player's profile, or `None` if the player has none.
    pub profile: Option<ProfileId>,
    /// The relay of the session's worker.
    pub relay: Arc<RelayHandle<G>>,
}

/// To a room: a session has ended.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Leave(pub SessionId, pub Departure);

/// A client's message, which the client's session passes to the room.
pub enum SessionEvent<G: GameProtocol> {
    /// New controls.
    Input(Input<G>),
    /// An action of the player.
    Act {
        /// Number of the action.
        number: u32,
        /// The tick that it is stamped for.
        stamp: Tick,
        /// The action.
        action: SubmittedAction<G::Action>,
    },
    /// The newest tick that the client has applied.
    Acknowledge(Tick),
    /// The client's viewport has changed.
    Viewport(Viewport),
    /// The client requests a full snapshot.
    Resync,
    /// Whether the player is ready.
    Ready(bool),
    /// What the client wants of the replay that it watches. Only sent to replays.
    Playback(PlaybackControl),
}

/// To a room with pace on demand: a client has sent a message that may require a tick.
#[derive(Message)]
#[rtype(result = "()")]
pub struct WakeRoom;

/// To a room: the outboxes of these sessions were full, so their snapshots of this tick were dropped.
#[derive(Message)]
#[rtype(result = "()")]
pub struct OutboxOverflows(pub Tick, pub Vec<SessionId>);

/// To a room: the game's code panicked while a worker encoded a snapshot.
#[derive(Message)]
#[rtype(result = "()")]
pub struct EncodingPanicked;

/// To a relay: a tick to send to sessions of its worker.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Fanout<G: GameProtocol> {
    /// The tick, encoded once for all clients.
    pub frame: Arc<TickFrame<G>>,
    /// The sessions that receive a snapshot, and the parameters of each snapshot.
    pub deliveries: Vec<(SessionId, Delivery)>,
    /// The room to which outbox overflows are reported.
    pub room: Arc<RoomHandle<G>>,
    /// The time at which the message was sent.
    pub sent_at: Instant,
    /// The time at which the room's next tick is due.
    pub next_tick_at: Instant,
    /// Counts the message as in flight until the relay accepts it.
    pub in_flight: InFlight,
}

/// Counts the messages that an actor has not accepted yet. Each message contains a clone of this counter. The actor drops
/// the clone when it accepts the message.
#[derive(Clone, Debug, Default)]
pub struct InFlight(Arc<()>);

impl InFlight {
    /// The number of messages that the actor has not accepted yet.
    #[must_use]
    pub fn count(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

/// To a relay: parks the thread once everything that is ready has been handled.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ParkSoon;

/// To a relay: closes sessions.
#[derive(Message)]
#[rtype(result = "()")]
pub struct CloseSessions(pub Vec<(SessionId, CloseReason)>);

/// To a relay: closes all sessions, because the server shuts down. Each client is asked to reconnect after a random delay
/// of at most this duration.
#[derive(Message)]
#[rtype(result = "()")]
pub struct ShutdownSessions(pub Duration);

/// To a session: closes it.
#[derive(Clone, Copy, Message)]
#[rtype(result = "()")]
pub enum SessionCommand {
    /// Closes the session. The player's seat is kept unless the room has already freed it.
    Close(CloseReason),
    /// Closes the session because the server shuts down.
    Shutdown {
        /// Delay after which the client should reconnect, in milliseconds.
        reconnect_after_ms: u16,
    },
}

/// To the lobby: finds a room, or creates one. If `name` is `None`, the lobby looks for a room with a seat for a new
/// player. If the room must meet conditions, the lobby does not create one.
#[derive(Message)]
#[rtype(result = "Result<Arc<RoomHandle<G>>, CloseReason>")]
pub struct FindRoom<G: GameProtocol> {
    /// The room's name.
    pub name: Option<RoomName>,
    /// Conditions on the room if there is no `name`.
    pub filter: RoomFilter,
    /// Conditions of the join.
    pub policy: JoinPolicy,
    /// The client that wants to join. If `name` is given and the lobby creates the room of this name, the room counts
    /// against the client's limits.
    pub client: Client,
    /// Marker for the type of the game, on which the type of the response depends.
    pub game: std::marker::PhantomData<fn() -> G>,
}

/// To the lobby: a room has closed.
#[derive(Message)]
#[rtype(result = "()")]
pub struct RoomClosed(pub RoomName);
