//! The index of rooms: finds, makes and lists them.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix::{Actor, Addr, Arbiter, AsyncContext, Context, Handler};
use bytes::Bytes;
use log::{error, info};
use tickcast_protocol::{CloseReason, Game, RoomName};
use tokio::sync::watch;

use super::bulletin::Bulletin;
use super::messages::{Closed, Create, CreateError, Grounds, Hush, List, Listen, Listing, Place, RoomInfo};
use super::room::{RoomActor, RoomStatus, Shared};
use crate::health::Health;
use crate::health::load::Load;
use crate::journal::Forgetful;
use crate::metrics::Metrics;
use crate::room::{Room, RoomOptions};
use crate::simulation::Simulation;

/// The most rooms of a server.
pub const ROOMS_MAX: usize = 1_000;
/// How long after a list of rooms the next one may be told.
const POST_INTERVAL: Duration = Duration::from_millis(250);

/// What rooms are made with unless asked otherwise.
#[derive(Clone, Debug)]
pub struct LobbyOptions<O> {
    /// The room's own options.
    pub room: RoomOptions,
    /// Its world's options.
    pub world: O,
    /// On how many threads rooms run.
    pub room_threads: usize,
}

/// Knows all rooms.
pub struct Lobby<S: Simulation> {
    options: LobbyOptions<S::Options>,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    threads: Vec<RoomThread>,
    /// How many rooms were ever made; spreads them over the threads, and gives each another seed.
    made: usize,
    rooms: BTreeMap<RoomName, Entry<S>>,
    bulletin: Bulletin,
}

struct Entry<S: Simulation> {
    addr: Addr<RoomActor<S>>,
    seats: u16,
    tick_rate: u16,
    status: Arc<RoomStatus>,
    load: Arc<Load>,
}

/// A thread that rooms run on.
struct RoomThread {
    arbiter: Arbiter,
    load: Arc<Load>,
}

impl<S: Simulation> Lobby<S> {
    /// An empty lobby, with threads for its rooms.
    #[must_use]
    pub fn new(options: LobbyOptions<S::Options>, metrics: Arc<Metrics>, health: Arc<Health>) -> Self {
        let thread = |_| RoomThread { arbiter: Arbiter::new(), load: health.watch() };
        let threads = (0..options.room_threads.max(1)).map(thread).collect();
        Self { options, metrics, health, threads, made: 0, rooms: BTreeMap::new(), bulletin: Bulletin::default() }
    }

    /// The fullest room with a free seat on a thread that can take more: people come to meet people.
    fn with_free_seat(&self, now: Instant) -> Option<&Entry<S>> {
        let players = |entry: &&Entry<S>| entry.status.players.load(Ordering::Relaxed);
        let has_place = |entry: &&Entry<S>| players(entry) < usize::from(entry.seats) && !entry.load.is_over(now);
        self.rooms.values().filter(has_place).max_by_key(players)
    }

    /// The next thread in turn that can take more.
    fn next_thread(&self, now: Instant) -> Option<&RoomThread> {
        let in_turn = |index: usize| &self.threads[(self.made + index) % self.threads.len()];
        (0..self.threads.len()).map(in_turn).find(|thread| !thread.load.is_over(now))
    }

    fn post(&mut self) {
        self.bulletin.post(self.rooms.iter().map(|(name, entry)| entry.listing(name)).collect());
    }

    /// What the next room's chances are drawn from, unless that is asked for: no two rooms are alike.
    const fn next_seed(&self) -> u64 {
        self.options.room.seed.wrapping_add(self.made as u64)
    }

    /// The game's name and a number, such as `arena-1`: the first that is free.
    fn free_name(&self) -> RoomName {
        let game = <S::Game as Game>::NAME;
        let numbered = |number| {
            let name = format!("{game}-{number}").parse().or_else(|_| format!("room-{number}").parse());
            name.expect("a room's name")
        };
        (1..).map(numbered).find(|name| !self.rooms.contains_key(name)).expect("rooms are bounded")
    }

    fn make(
        &mut self,
        name: RoomName,
        options: RoomOptions,
        world: &S::Options,
        lobby: Addr<Self>,
    ) -> Result<&Entry<S>, CreateError> {
        if self.rooms.len() >= ROOMS_MAX {
            return Err(CreateError::TooMany);
        }
        if self.health.is_draining() {
            return Err(CreateError::Stopping);
        }
        let thread = self.next_thread(Instant::now()).ok_or(CreateError::Overloaded)?;
        let (arbiter, load) = (thread.arbiter.handle(), Arc::clone(&thread.load));
        self.made += 1;
        info!("room {name} opens: {} seats, {} ticks/s, seed {}", options.seats, options.tick_rate, options.seed);
        let (tick_rate, seats) = (options.tick_rate, options.seats);
        let status = Arc::<RoomStatus>::default();
        let shared = Shared { status: Arc::clone(&status), metrics: Arc::clone(&self.metrics), load: Arc::clone(&load) };
        let room = new_room::<S>(&name, options, world)?;
        let addr = RoomActor::start_in_arbiter(&arbiter, {
            let name = name.clone();
            move |_| RoomActor::new(name, room, tick_rate, shared, lobby)
        });
        Ok(self.rooms.entry(name).insert_entry(Entry { addr, seats, tick_rate, status, load }).into_mut())
    }
}

/// A room with a new world. Should the game's rules panic at that, the lobby goes on.
fn new_room<S: Simulation>(name: &RoomName, options: RoomOptions, world: &S::Options) -> Result<Room<S>, CreateError> {
    let seed = options.seed;
    let make = || {
        let world = S::new(world, options.tick_rate, seed);
        Room::new(name.clone(), options, world, Box::new(Forgetful))
    };
    panic::catch_unwind(AssertUnwindSafe(make)).map_err(|_| {
        error!("room {name} could not be made: a panic; its seed is {seed}");
        CreateError::Failed
    })
}

impl<S: Simulation> Entry<S> {
    fn info(&self, name: &RoomName) -> RoomInfo {
        RoomInfo { listing: self.listing(name), tick: self.status.tick.load(Ordering::Relaxed) }
    }

    fn listing(&self, name: &RoomName) -> Listing {
        Listing {
            name: name.clone(),
            players: self.status.players.load(Ordering::Relaxed),
            seats: self.seats,
            spectators: self.status.spectators.load(Ordering::Relaxed),
            tick_rate: self.tick_rate,
        }
    }
}

impl<S: Simulation> Actor for Lobby<S> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_interval(POST_INTERVAL, |lobby, _| {
            if lobby.bulletin.is_heard() {
                lobby.post();
            }
        });
    }
}

impl<S: Simulation> Handler<Place<S>> for Lobby<S> {
    type Result = Result<Addr<RoomActor<S>>, CloseReason>;

    fn handle(&mut self, place: Place<S>, ctx: &mut Context<Self>) -> Self::Result {
        if self.health.is_draining() {
            return Err(CloseReason::ServerStopping);
        }
        let now = Instant::now();
        let found = match &place.name {
            Some(name) => self.rooms.get(name),
            None => self.with_free_seat(now),
        };
        if let Some(entry) = found {
            return if entry.load.is_over(now) && place.grounds == Grounds::Open {
                Err(CloseReason::Busy)
            } else {
                Ok(entry.addr.clone())
            };
        }
        if let Grounds::TokenAlone(refusal) = place.grounds {
            return Err(refusal);
        }
        let name = place.name.unwrap_or_else(|| self.free_name());
        let LobbyOptions { mut room, world, .. } = self.options.clone();
        room.seed = self.next_seed();
        match self.make(name, room, &world, ctx.address()) {
            Ok(entry) => Ok(entry.addr.clone()),
            Err(CreateError::Failed) => Err(CloseReason::RoomFailed),
            Err(_) => Err(CloseReason::Busy),
        }
    }
}

impl<S: Simulation> Handler<Create<S>> for Lobby<S> {
    type Result = Result<RoomInfo, CreateError>;

    fn handle(&mut self, create: Create<S>, ctx: &mut Context<Self>) -> Self::Result {
        if self.rooms.contains_key(&create.name) {
            return Err(CreateError::Exists);
        }
        let seed = create.seed.unwrap_or_else(|| self.next_seed());
        let options = RoomOptions { seed, ..create.options };
        let entry = self.make(create.name.clone(), options, &create.world, ctx.address())?;
        Ok(entry.info(&create.name))
    }
}

impl<S: Simulation> Handler<List> for Lobby<S> {
    type Result = Vec<RoomInfo>;

    fn handle(&mut self, _: List, _: &mut Context<Self>) -> Self::Result {
        self.rooms.iter().map(|(name, entry)| entry.info(name)).collect()
    }
}

impl<S: Simulation> Handler<Listen> for Lobby<S> {
    type Result = Option<watch::Receiver<Bytes>>;

    fn handle(&mut self, _: Listen, _: &mut Context<Self>) -> Self::Result {
        if !self.bulletin.is_heard() {
            self.post();
        }
        self.bulletin.listen()
    }
}

impl<S: Simulation> Handler<Hush> for Lobby<S> {
    type Result = ();

    fn handle(&mut self, _: Hush, _: &mut Context<Self>) {
        self.bulletin.end();
    }
}

impl<S: Simulation> Handler<Closed> for Lobby<S> {
    type Result = ();

    fn handle(&mut self, Closed(name): Closed, _: &mut Context<Self>) {
        self.rooms.remove(&name);
    }
}
