//! The rooms that exist when a server starts.

use actix::Context;
use log::{error, warn};
use tickcast_game::Simulation;
use tickcast_protocol::RoomName;

use super::opening::Origin;
use super::recovery::set_aside_namesake;
use super::{Lobby, NewEntry};
use crate::actors::log_name::LogName;
use crate::actors::messages::Listing;
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
            // Whether the room was locked is unknown. If it was, its players rely on it.
            let listing = Listing::decode(&room.listing).unwrap_or_else(|error| {
                warn!("room {} has lost its metadata, and is locked: {error}", LogName::from(&name));
                Listing { is_locked: true, ..Listing::default() }
            });
            let entry = NewEntry { origin: Origin::Stored(room), listing, status, permit };
            if let Err(error) = self.open(name.clone(), entry, ctx) {
                error!("room {} is not recovered: {error}", LogName::from(&name));
            }
        }
        for name in self.options.persistent_rooms.clone() {
            if !self.rooms.contains_key(&name)
                && let Err(error) = self.create(name.clone(), self.default_room(), &Client::default(), None, ctx)
            {
                error!("room {name} cannot be opened: {error}");
            }
        }
    }
}
