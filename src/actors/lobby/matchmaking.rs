//! Selects the room that a client joins.

use std::sync::atomic::Ordering;

use actix::Context;
use tickcast_game::{GameProtocol, Simulation};
use tickcast_protocol::{CloseReason, RoomName};
use tokio::time::Instant;

use super::opening::OpeningRoom;
use super::{Lobby, RoomEntry, listed};
use crate::actors::messages::{CreateRoomError, FindRoom, JoinPolicy, RoomFilter};
use crate::admission::Client;

impl<S: Simulation> Lobby<S> {
    /// Returns an unused name for a new room. The name consists of the game's name and a number, for example `arena-1`.
    fn free_name(&self) -> RoomName {
        let game = <S::Game as GameProtocol>::NAME;
        let numbered = |number| {
            let name = format!("{game}-{number}").parse().or_else(|_| format!("room-{number}").parse());
            name.expect("`room-` and a number is a valid name")
        };
        (1..).map(numbered).find(|name| !self.rooms.contains_key(name)).expect("the number of rooms is bounded")
    }

    /// Returns the room with the requested name. If the request contains no name, returns a room with a seat for a new
    /// player. Creates a room if none is found, unless the request contains conditions on the room.
    pub(super) fn find_or_create(
        &mut self,
        request: FindRoom<S::Game>,
        ctx: &Context<Self>,
    ) -> Result<OpeningRoom<S::Game>, CloseReason> {
        if self.health.is_shutting_down() {
            return Err(CloseReason::ServerShutdown);
        }
        let now = Instant::now();
        let found = match &request.name {
            Some(name) => self.rooms.get(name),
            None => self.room_with_seat(&request.filter, now),
        };
        if let Some(entry) = found {
            let resumes = matches!(request.policy, JoinPolicy::ResumeOnly(_));
            if entry.listing.is_locked && !resumes {
                return Err(CloseReason::RoomLocked);
            }
            let is_refused = request.policy == JoinPolicy::Open && entry.load.is_overloaded(now);
            return if is_refused { Err(CloseReason::Overloaded) } else { Ok(entry.room.clone()) };
        }
        if let JoinPolicy::ResumeOnly(refusal) = request.policy {
            return Err(refusal);
        }
        if request.name.is_none() && !request.filter.is_empty() {
            // No room is created for a filter: only clients that may create rooms with options determine metadata.
            return Err(CloseReason::RoomFull);
        }
        // A room that is created for a request without a name does not count against the client's limit on rooms. The
        // client takes a seat in the room, so the client's limit on seats also limits the number of such rooms.
        let (creator, counted) = (request.client.group(), request.name.is_some());
        let account = if counted { request.client } else { Client::default() };
        let name = request.name.unwrap_or_else(|| self.free_name());
        match self.create(name, self.default_room(), &account, creator, ctx) {
            Ok(entry) => Ok(entry.room.clone()),
            Err(CreateRoomError::Refused(refusal)) => Err(refusal.close_reason().unwrap_or(CloseReason::Overloaded)),
            Err(_) => Err(CloseReason::Overloaded),
        }
    }

    /// Returns a listed room that meets these conditions, is not locked, and has a seat for a new player, and whose thread is
    /// not overloaded. Without conditions, returns no room that a client has created and that waits until its players are ready:
    /// the client may have chosen a number of players that never come. Among several rooms with a free seat, returns the
    /// fullest one: players thus fill one room after another, instead of being spread over many nearly empty rooms. If no room
    /// has a free seat, returns a room that gives a new player the seat of a disconnected player.
    fn room_with_seat(&self, filter: &RoomFilter, now: Instant) -> Option<&RoomEntry<S>> {
        let players = |entry: &&RoomEntry<S>| entry.status.players.load(Ordering::Relaxed);
        let is_open = |entry: &&RoomEntry<S>| {
            let is_found = !filter.is_empty() || !entry.waits_for_creator();
            is_found && !entry.listing.is_locked && filter.admits(&entry.listing.metadata) && !entry.load.is_overloaded(now)
        };
        let rooms = || listed(&self.rooms).map(|(_, entry)| entry).filter(is_open);
        let fullest = rooms().filter(|entry| players(entry) < usize::from(entry.seats())).max_by_key(players);
        fullest.or_else(|| rooms().find(|entry| !entry.status.is_full.load(Ordering::Relaxed)))
    }
}
