//! The index of rooms: finds, creates and lists them.

mod first_rooms;
mod locking;
mod matchmaking;
mod opening;
mod operation;
pub mod recovery;
mod room_list;
pub mod room_list_feed;
pub mod room_seed;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{Actor, ArbiterHandle, AsyncContext, Context, Handler, ResponseFuture};
use bytes::Bytes;
use futures_util::future::join_all;
use log::{debug, info, warn};
use tickcast_game::Simulation;
use tickcast_protocol::{CloseReason, RoomName, Tick};
use tickcast_room::{CommandObserver, RoomOptions};
use tickcast_store::{Creator, Store};
use tokio::sync::watch;
use tokio::time::Instant;

use super::log_name::LogName;
use super::messages::{
    AfterRestart, CloseSubscriptions, CreateRoom, CreateRoomError, CreatedRoom, FindRoom, ListRooms, Listing, ManageKey,
    RoomClosed, RoomHandle, RoomId, RoomInfo, RoomList, RoomSummary, StopRoom, StopRooms, Subscribe, SubscribeError,
};
use super::room::incidents::Incidents;
use super::room::{Groups, OnDiskError, RoomStatus, SharedState};
use crate::admission::{Client, RoomPermit};
use crate::telemetry::{Health, Load, Metrics, RoomEventSink};
use opening::{Lifetime, NewRoom, OpeningRoom, Origin, RoomPlan};
use room_list::RoomListCache;
use room_list_feed::RoomListFeed;
use room_seed::room_seed;

/// Maximum number of rooms.
pub const ROOMS_MAX: usize = 1_000;
/// Interval at which subscribers receive the list of rooms, if it has changed. Also the maximum age of the list that
/// `GET /api/rooms` returns.
const PUBLISH_INTERVAL: Duration = Duration::from_millis(250);

/// Interval between warnings in the log while rooms cannot be stored.
const UNSAVED_LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Creates the observer of a room's commands.
pub type ObserverFactory<G> = Arc<dyn Fn(&RoomName) -> Box<dyn CommandObserver<G>> + Send + Sync>;

/// Options of the lobby.
pub struct LobbyOptions<S: Simulation> {
    /// Default options of rooms.
    pub room: RoomOptions,
    /// The number from which the seed of each room is [derived](room_seed).
    pub seed: u64,
    /// Default options of worlds.
    pub world: S::Options,
    /// Creates the observers of the rooms' commands.
    pub observer: ObserverFactory<S::Game>,
    /// Initial tick of new rooms: 0, except in tests of tick numbers that wrap around.
    pub first_tick: Tick,
    /// Where rooms are stored; `None` if they exist in memory only.
    pub store: Option<Arc<dyn Store>>,
    /// What happens if rooms cannot be stored.
    pub on_disk_error: OnDiskError,
    /// Saves the last seconds of stored rooms after a desync or a panic; `None` if nothing is saved.
    pub incidents: Option<Arc<Incidents>>,
    /// Receives the events of rooms.
    pub events: Option<Arc<dyn RoomEventSink>>,
    /// Rooms that exist from the start, and never close.
    pub persistent_rooms: Vec<RoomName>,
    /// Maximum number of rooms: [`ROOMS_MAX`], or 0 if the server offers only replays.
    pub rooms_max: usize,
    /// The threads that rooms run on; at least one.
    pub threads: Vec<ArbiterHandle>,
}

/// The index of rooms.
pub struct Lobby<S: Simulation> {
    options: LobbyOptions<S>,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    threads: Vec<RoomThread>,
    /// The ticks of all rooms are aligned to this time.
    epoch: Instant,
    /// Number of rooms opened since the start. The id, the seed and the thread of the next room depend on this number.
    created: usize,
    rooms: BTreeMap<RoomName, RoomEntry<S>>,
    feed: RoomListFeed,
    list: RoomListCache,
}

struct RoomEntry<S: Simulation> {
    room: OpeningRoom<S::Game>,
    listing: Listing,
    status: Arc<RoomStatus>,
    load: Arc<Load>,
    /// Counts the room against the limits of its creator.
    _permit: RoomPermit,
}

/// A room that is about to be opened.
struct NewEntry<S: Simulation> {
    origin: Origin<S>,
    listing: Listing,
    status: RoomStatus,
    permit: RoomPermit,
}

/// What a new room consists of.
struct RoomSpecification<S: Simulation> {
    options: RoomOptions,
    world: S::Options,
    listing: Listing,
}

/// A thread that rooms run on.
struct RoomThread {
    arbiter: ArbiterHandle,
    load: Arc<Load>,
}

impl<S: Simulation> Lobby<S> {
    /// An empty lobby.
    #[must_use]
    pub fn new(options: LobbyOptions<S>, metrics: Arc<Metrics>, health: Arc<Health>) -> Self {
        assert!(!options.threads.is_empty(), "rooms need a thread");
        let thread = |arbiter: &ArbiterHandle| RoomThread { arbiter: arbiter.clone(), load: health.register_thread() };
        let threads = options.threads.iter().map(thread).collect();
        Self {
            options,
            metrics,
            health,
            threads,
            epoch: Instant::now(),
            created: 0,
            rooms: BTreeMap::new(),
            feed: RoomListFeed::default(),
            list: RoomListCache::new(PUBLISH_INTERVAL),
        }
    }

    /// The next thread that is not overloaded, in round-robin order.
    fn next_thread(&self, now: Instant) -> Option<&RoomThread> {
        let in_order = |index: usize| &self.threads[(self.created + index) % self.threads.len()];
        (0..self.threads.len()).map(in_order).find(|thread| !thread.load.is_overloaded(now))
    }

    fn publish(&mut self) {
        self.feed.publish(listed(&self.rooms).map(|(name, entry)| entry.summary(name)).collect());
    }

    /// Creates a room with the options of a request. Returns the room, and what its creator
    /// learns.
    fn create_requested(
        &mut self,
        request: CreateRoom<S::Options>,
        ctx: &Context<Self>,
    ) -> Result<(OpeningRoom<S::Game>, CreatedRoom), CreateRoomError> {
        let CreateRoom { name, options, world, metadata, creator } = request;
        if self.rooms.contains_key(&name) {
            return Err(CreateRoomError::Exists);
        }
        let manage_key = ManageKey::random();
        let listing = Listing { metadata, manage_key: Some(manage_key.hash()), is_locked: false };
        let specification = RoomSpecification { options, world, listing };
        let entry = self.create(name.clone(), specification, &creator, creator.group(), ctx)?;
        Ok((entry.room.clone(), CreatedRoom { room: entry.info(&name), manage_key }))
    }

    /// A room with the default options.
    fn default_room(&self) -> RoomSpecification<S> {
        let (options, world) = (self.options.room.clone(), self.options.world.clone());
        RoomSpecification { options, world, listing: Listing::default() }
    }

    fn create(
        &mut self,
        name: RoomName,
        specification: RoomSpecification<S>,
        account: &Client,
        creator: Option<u64>,
        ctx: &Context<Self>,
    ) -> Result<&RoomEntry<S>, CreateRoomError> {
        if self.rooms.len() >= self.options.rooms_max {
            return Err(CreateRoomError::TooMany);
        }
        if self.health.is_shutting_down() {
            return Err(CreateRoomError::ShuttingDown);
        }
        let RoomSpecification { options, world, listing } = specification;
        let permit = account.take_room(options.tick_rate, options.ai_players).map_err(CreateRoomError::Refused)?;
        let seed = room_seed(self.options.seed, &name, self.created as u64);
        info!("room {} opens: {} seats, {} ticks/s", LogName::from(&name), options.seats, options.tick_rate);
        // Anyone who knows the seed can predict the room. The seed is therefore logged at a level that is off by default.
        debug!("room {}: seed {seed}", LogName::from(&name));
        let status = RoomStatus::new(&options);
        let first_tick = self.options.first_tick;
        let new = NewRoom { options, world, listing: listing.clone(), seed, first_tick, creator: creator.map(Creator) };
        self.open(name, NewEntry { origin: Origin::New(new), listing, status, permit }, ctx)
    }

    /// Opens a room on the next thread.
    fn open(&mut self, name: RoomName, entry: NewEntry<S>, ctx: &Context<Self>) -> Result<&RoomEntry<S>, CreateRoomError> {
        let NewEntry { origin, listing, status, permit } = entry;
        status.is_locked.store(listing.is_locked, Ordering::Relaxed);
        let thread = self.next_thread(Instant::now()).ok_or(CreateRoomError::Overloaded)?;
        let (arbiter, load, status) = (thread.arbiter.clone(), Arc::clone(&thread.load), Arc::new(status));
        self.created += 1;
        let is_persistent = self.options.persistent_rooms.contains(&name);
        let plan = RoomPlan {
            id: RoomId(self.created as u64),
            name: name.clone(),
            origin,
            lifetime: if is_persistent { Lifetime::Persistent } else { Lifetime::UntilEmpty },
            store: self.options.store.clone(),
            on_disk_error: self.options.on_disk_error,
            observer: Arc::clone(&self.options.observer),
            shared: SharedState {
                epoch: self.epoch,
                status: Arc::clone(&status),
                metrics: Arc::clone(&self.metrics),
                load: Arc::clone(&load),
                health: Arc::clone(&self.health),
                incidents: self.options.incidents.clone(),
                events: self.options.events.clone(),
            },
            lobby: ctx.address().recipient(),
        };
        let entry = RoomEntry { room: plan.open_on(&arbiter), listing, status, load, _permit: permit };
        self.list.clear();
        Ok(self.rooms.entry(name).insert_entry(entry).into_mut())
    }
}

/// The rooms that lists contain and that clients join without naming a room.
fn listed<S: Simulation>(rooms: &BTreeMap<RoomName, RoomEntry<S>>) -> impl Iterator<Item = (&RoomName, &RoomEntry<S>)> {
    rooms.iter().filter(|(name, _)| !name.is_unlisted())
}

impl<S: Simulation> RoomEntry<S> {
    fn seats(&self) -> u16 {
        self.status.seats.load(Ordering::Relaxed)
    }

    /// Whether a client has created the room, and the room waits until its players are ready.
    fn waits_for_creator(&self) -> bool {
        self.listing.manage_key.is_some() && self.status.groups().ready.is_some()
    }

    fn info(&self, name: &RoomName) -> RoomInfo {
        RoomInfo { summary: self.summary(name), tick: self.status.tick.load(Ordering::Relaxed) }
    }

    fn summary(&self, name: &RoomName) -> RoomSummary {
        let Groups { teams, ready } = self.status.groups();
        RoomSummary {
            name: name.clone(),
            players: self.status.players.load(Ordering::Relaxed),
            seats: self.seats(),
            spectators: self.status.spectators.load(Ordering::Relaxed),
            tick_rate: self.status.tick_rate.load(Ordering::Relaxed),
            unsaved: self.status.is_unsaved.load(Ordering::Relaxed),
            replay: self.status.has_replay.load(Ordering::Relaxed),
            locked: self.listing.is_locked,
            teams,
            ready,
            metadata: self.listing.metadata.clone(),
        }
    }
}

impl<S: Simulation> Actor for Lobby<S> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.open_first_rooms(ctx);
        ctx.run_interval(UNSAVED_LOG_INTERVAL, |lobby, _| {
            let unsaved = lobby.health.unsaved_rooms();
            if unsaved > 0 {
                warn!("{unsaved} rooms continue in memory because the store fails; they would not survive a restart");
            }
        });
        ctx.run_interval(PUBLISH_INTERVAL, |lobby, _| {
            if lobby.feed.has_subscribers() {
                lobby.publish();
            }
        });
    }
}

impl<S: Simulation> Handler<FindRoom<S::Game>> for Lobby<S> {
    type Result = ResponseFuture<Result<Arc<RoomHandle<S::Game>>, CloseReason>>;

    fn handle(&mut self, request: FindRoom<S::Game>, ctx: &mut Context<Self>) -> Self::Result {
        let room = self.find_or_create(request, ctx);
        Box::pin(async { room?.opened().await.ok_or(CloseReason::RoomFailed) })
    }
}

impl<S: Simulation> Handler<CreateRoom<S::Options>> for Lobby<S> {
    type Result = ResponseFuture<Result<CreatedRoom, CreateRoomError>>;

    fn handle(&mut self, request: CreateRoom<S::Options>, ctx: &mut Context<Self>) -> Self::Result {
        let created = self.create_requested(request, ctx);
        Box::pin(async {
            let (room, created) = created?;
            room.opened().await.ok_or(CreateRoomError::Failed)?;
            Ok(created)
        })
    }
}

impl<S: Simulation> Handler<ListRooms> for Lobby<S> {
    type Result = Arc<RoomList>;

    fn handle(&mut self, _: ListRooms, _: &mut Context<Self>) -> Self::Result {
        let rooms = &self.rooms;
        self.list.poll(Instant::now(), || listed(rooms).map(|(name, entry)| entry.info(name)).collect())
    }
}

impl<S: Simulation> Handler<Subscribe> for Lobby<S> {
    type Result = Result<watch::Receiver<Bytes>, SubscribeError>;

    fn handle(&mut self, _: Subscribe, _: &mut Context<Self>) -> Self::Result {
        if self.health.is_shutting_down() {
            return Err(SubscribeError::ShuttingDown);
        }
        if !self.feed.has_subscribers() {
            self.publish();
        }
        self.feed.subscribe().ok_or(SubscribeError::TooMany)
    }
}

impl<S: Simulation> Handler<StopRooms> for Lobby<S> {
    type Result = ResponseFuture<AfterRestart>;

    fn handle(&mut self, _: StopRooms, _: &mut Context<Self>) -> Self::Result {
        if self.options.store.is_none() {
            return Box::pin(async { AfterRestart::RoomsEnd });
        }
        let rooms: Vec<_> = self.rooms.values().map(|entry| entry.room.clone()).collect();
        Box::pin(async {
            let stop = |room: OpeningRoom<S::Game>| async {
                if let Some(room) = room.opened().await {
                    // Sending fails if the room has ended. Then there is nothing to stop.
                    let _ = room.stop.send(StopRoom).await;
                }
            };
            join_all(rooms.into_iter().map(stop)).await;
            AfterRestart::RoomsContinue
        })
    }
}

impl<S: Simulation> Handler<CloseSubscriptions> for Lobby<S> {
    type Result = ();

    fn handle(&mut self, _: CloseSubscriptions, _: &mut Context<Self>) {
        self.feed.close();
    }
}

impl<S: Simulation> Handler<RoomClosed> for Lobby<S> {
    type Result = ();

    fn handle(&mut self, RoomClosed(name): RoomClosed, _: &mut Context<Self>) {
        self.rooms.remove(&name);
        self.list.clear();
    }
}
