//! Opens rooms. The world is constructed or recovered on the room's thread, so that a large or faulty world does not block
//! the lobby.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use actix::{Actor, ArbiterHandle, AsyncContext, Recipient};
use log::error;
use tickcast_game::{GameProtocol, Simulation};
use tickcast_protocol::{RoomName, Tick};
use tickcast_room::{CommandObserver, Room, RoomOptions};
use tickcast_store::{Creator, Epoch, MatchId, RoomEntry, Store};
use tokio::sync::watch;

use super::ObserverFactory;
use super::recovery::recover;
use crate::actors::log_name::LogName;
use crate::actors::messages::{Listing, RoomClosed, RoomHandle, RoomId};
use crate::actors::room::{Base, OnDiskError, RoomActor, RoomSetup, SharedState, StoredRoom};

/// Everything that is needed to open a room.
pub(super) struct RoomPlan<S: Simulation> {
    pub(super) id: RoomId,
    pub(super) name: RoomName,
    pub(super) origin: Origin<S>,
    pub(super) lifetime: Lifetime,
    pub(super) store: Option<Arc<dyn Store>>,
    pub(super) on_disk_error: OnDiskError,
    pub(super) observer: ObserverFactory<S::Game>,
    pub(super) shared: SharedState,
    /// The lobby, which is informed when the room ends or cannot be opened.
    pub(super) lobby: Recipient<RoomClosed>,
}

/// Where a room comes from.
pub(super) enum Origin<S: Simulation> {
    /// The room is new.
    New(NewRoom<S>),
    /// The room is in the store.
    Stored(RoomEntry),
}

/// A room that is new.
pub(super) struct NewRoom<S: Simulation> {
    pub(super) options: RoomOptions,
    pub(super) world: S::Options,
    pub(super) listing: Listing,
    pub(super) seed: u64,
    pub(super) first_tick: Tick,
    /// The client who has caused the creation of the room, if that is known.
    pub(super) creator: Option<Creator>,
}

/// How long a room exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lifetime {
    /// The room closes when it has been empty for some time.
    UntilEmpty,
    /// The room never closes.
    Persistent,
}

/// A room that is open, or about to open.
#[derive(Clone)]
pub(super) struct OpeningRoom<G: GameProtocol>(watch::Receiver<Option<Arc<RoomHandle<G>>>>);

impl<G: GameProtocol> OpeningRoom<G> {
    /// Waits until the room is open. Returns `None` if the game's rules panicked, or if the room could not be recovered.
    pub(super) async fn opened(mut self) -> Option<Arc<RoomHandle<G>>> {
        // The sender is dropped without a value if the room cannot be opened.
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }
}

impl<S: Simulation> RoomPlan<S> {
    /// Opens the room on this thread.
    pub(super) fn open_on(self, thread: &ArbiterHandle) -> OpeningRoom<S::Game> {
        let (opened, room) = watch::channel(None);
        thread.spawn_fn(move || {
            if let Some(handle) = self.open() {
                opened.send_replace(Some(handle));
            }
        });
        OpeningRoom(room)
    }

    /// Opens the room on the current thread. Returns `None` if that fails.
    fn open(self) -> Option<Arc<RoomHandle<S::Game>>> {
        let Self { id, name, origin, lifetime, store, on_disk_error, observer, shared, lobby } = self;
        let observer = || observer(&name);
        let opened = match origin {
            Origin::New(new) => new.construct(&name, store, observer),
            Origin::Stored(entry) => {
                let store = store.expect("a stored room has a store");
                recover(&store, &entry, observer).map(|(room, stored)| (room, Some(stored)))
            }
        };
        let Some((room, stored)) = opened else {
            lobby.do_send(RoomClosed(name));
            return None;
        };
        let room = match lifetime {
            Lifetime::UntilEmpty => room,
            Lifetime::Persistent => room.persistent(),
        };
        let setup = RoomSetup { id, room, stored, on_disk_error };
        let mut handle = None;
        RoomActor::create(|ctx| {
            let actor = RoomActor::new(setup, shared, lobby, &ctx.address());
            handle = Some(Arc::clone(actor.handle()));
            actor
        });
        handle
    }
}

impl<S: Simulation> NewRoom<S> {
    /// Constructs the room. Returns `None` if the game's rules panic.
    fn construct(
        self,
        name: &RoomName,
        store: Option<Arc<dyn Store>>,
        observer: impl Fn() -> Box<dyn CommandObserver<S::Game>>,
    ) -> Option<(Room<S>, Option<StoredRoom>)> {
        let construct = || {
            let world = S::new(&self.world, self.options.tick_rate, self.seed);
            Room::new(name.clone(), self.options, world, observer()).starting_at(self.first_tick)
        };
        let Ok(room) = panic::catch_unwind(AssertUnwindSafe(construct)) else {
            error!("room {} could not be created because its rules panicked", LogName::from(name));
            return None;
        };
        let Some(store) = store else { return Some((room, None)) };
        let (id, creator, listing) = (MatchId(rand::random()), self.creator, Some(self.listing.encode()));
        let stored = StoredRoom { store, id, epoch: Epoch::FIRST, base: Base::Nothing, creator, listing };
        Some((room.with_journal(), Some(stored)))
    }
}
