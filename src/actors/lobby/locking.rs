//! Locks rooms, and unlocks them.

use std::sync::atomic::Ordering;

use actix::{Context, Handler, ResponseFuture};
use tickcast_game::Simulation;

use super::Lobby;
use crate::actors::messages::{SetLock, StoreListing, WrongManageKey};

impl<S: Simulation> Handler<SetLock> for Lobby<S> {
    type Result = ResponseFuture<Result<(), WrongManageKey>>;

    fn handle(&mut self, SetLock { name, key, is_locked }: SetLock, _: &mut Context<Self>) -> Self::Result {
        let key = Some(key.hash());
        let Some(entry) = self.rooms.get_mut(&name).filter(|entry| entry.listing.manage_key == key) else {
            return Box::pin(async { Err(WrongManageKey) });
        };
        if entry.listing.is_locked == is_locked {
            return Box::pin(async { Ok(()) });
        }
        entry.listing.is_locked = is_locked;
        entry.status.is_locked.store(is_locked, Ordering::Relaxed);
        let (room, listing) = (entry.room.clone(), StoreListing(entry.listing.encode()));
        Box::pin(async {
            if let Some(room) = room.opened().await {
                // Sending fails if the room has ended. Then there is nothing to store.
                let _ = room.store_listing.send(listing).await;
            }
            Ok(())
        })
    }
}
