//! The rooms that exist when a server starts.

use actix::Context;
use log::error;
use tickcast_game::Simulation;
use tickcast_protocol::RoomName;

use super::Lobby;
use super::opening::Origin;
use super::recovery::set_aside_namesake;
use crate::actors::room::RoomStatus;
use crate::admission::Client;

impl<S: Simulation> Lobby<S> {
    /// Opens all stored rooms, and then the persistent rooms that are not stored.
    pub(super) fn open_first_rooms(&mut self, ctx: &Context<Self>) {
        let stored = self.options.store.as_ref().map_or(Ok(Vec::new()), |store| store.rooms());
        let stored = stored.unwrap_or_else(|error| {
            error!("rooms cannot be recovered: {error}");
            Vec::new()
        });
        // The store lists the newest rooms last. The newest rooms are opened first: if two rooms have the same name, the
        // newer room is recovered. The older room is set aside: the store keeps it for examination.
        for room in stored.into_iter().rev() {
            let name = room.name.parse().ok().filter(|name| !self.rooms.contains_key(name));
            let Some(name): Option<RoomName> = name else {
                self.options.store.iter().for_each(|store| set_aside_namesake(store, &room));
                continue;
            };
            let permit = Client::default().take_room(0, 0).expect("the server itself has no limits");
            // The room's own options are known only once the room is open. Until then, the default options are listed.
            let status = RoomStatus::new(&self.options.room);
            if let Err(error) = self.open(name.clone(), Origin::Stored(room.id), status, permit, ctx) {
                error!("room {name} is not recovered: {error}");
            }
        }
        for name in self.options.persistent_rooms.clone() {
            let (options, world) = (self.options.room.clone(), self.options.world.clone());
            if !self.rooms.contains_key(&name)
                && let Err(error) = self.create(name.clone(), options, world, &Client::default(), ctx)
            {
                error!("room {name} cannot be opened: {error}");
            }
        }
    }
}
