//! Opens rooms: constructs the world on the room's thread, so that a large or faulty world does not hold up the lobby.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use actix::{Actor, ArbiterHandle, AsyncContext, Recipient};
use log::error;
use tickcast_game::{Game, Simulation};
use tickcast_protocol::{RoomName, Tick};
use tickcast_room::{Room, RoomOptions};
use tokio::sync::watch;

use super::JournalFactory;
use crate::actors::messages::{RoomClosed, RoomHandle, RoomId};
use crate::actors::room::{RoomActor, RoomSetup, SharedState};

/// Everything that is needed to construct a room.
pub(super) struct RoomPlan<S: Simulation> {
    pub(super) id: RoomId,
    pub(super) name: RoomName,
    pub(super) options: RoomOptions,
    pub(super) world: S::Options,
    pub(super) seed: u64,
    pub(super) journal: JournalFactory<S::Game>,
    pub(super) first_tick: Tick,
    pub(super) shared: SharedState,
    /// The lobby, which is informed when the room ends or cannot be constructed.
    pub(super) lobby: Recipient<RoomClosed>,
}

/// A room that is open, or about to open.
#[derive(Clone)]
pub(super) struct OpeningRoom<G: Game>(watch::Receiver<Option<Arc<RoomHandle<G>>>>);

impl<G: Game> OpeningRoom<G> {
    /// Waits until the room is open. Returns `None` if the game's rules panicked.
    pub(super) async fn opened(mut self) -> Option<Arc<RoomHandle<G>>> {
        // The sender is dropped without a value if the construction fails.
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

    /// Opens the room on the current thread. Returns `None` if the game's rules panic.
    fn open(self) -> Option<Arc<RoomHandle<S::Game>>> {
        let Self { id, name, options, world, seed, journal, first_tick, shared, lobby } = self;
        let tick_rate = options.tick_rate;
        let construct = || {
            let world = S::new(&world, tick_rate, seed);
            Room::new(name.clone(), options, world, journal(&name)).starting_at(first_tick)
        };
        let Ok(room) = panic::catch_unwind(AssertUnwindSafe(construct)) else {
            error!("room {name} could not be created because its rules panicked");
            lobby.do_send(RoomClosed(name));
            return None;
        };
        let setup = RoomSetup { id, name, room, tick_rate };
        let mut handle = None;
        RoomActor::create(|ctx| {
            let actor = RoomActor::new(setup, shared, lobby, &ctx.address());
            handle = Some(Arc::clone(actor.handle()));
            actor
        });
        handle
    }
}
