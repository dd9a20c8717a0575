//! A client's request to join: finds a room and takes a seat in it.

use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use actix::Recipient;
use tickcast_game::Game;
use tickcast_protocol::{CloseReason, Hello, RoomName, Welcome};
use tickcast_room::{ClientKey, Departure, SeatPermit, SessionId};

use crate::actors::messages::{FindRoom, Join, JoinPolicy, RoomHandle};
use crate::actors::worker::Worker;
use crate::admission::limits::Event;
use crate::admission::tickets::Reservation;
use crate::admission::{Client, Refusal};

/// Maximum number of attempts to find and join a room. An attempt fails if other clients take the last seats after the
/// lobby has found the room. When many clients join at once, this can happen with several rooms in succession.
const FIND_ATTEMPTS: u32 = 16;

pub(super) type JoinResult<G> = Result<Seated<G>, CloseReason>;

/// The room that a session has joined, and its Welcome.
type Joined<G> = (Arc<RoomHandle<G>>, Welcome<G>);

/// Finds a room and takes a seat in it.
pub(super) struct JoinRequest<G: Game> {
    pub(super) lobby: Recipient<FindRoom<G>>,
    pub(super) room_name: Option<RoomName>,
    pub(super) session: SessionId,
    pub(super) hello: Hello,
    pub(super) policy: JoinPolicy,
    /// The reservation of the client's ticket, which is released if the join fails.
    pub(super) ticket: Option<Reservation>,
    /// Whether the client has sent a resume token and the name of its room.
    pub(super) may_resume: bool,
    pub(super) client: Client,
    pub(super) worker: Rc<Worker<G>>,
}

/// A session that has joined a room, but has not sent the Welcome yet.
pub(super) struct Seated<G: Game> {
    pub(super) room: Arc<RoomHandle<G>>,
    pub(super) welcome: Welcome<G>,
    pub(super) ticket: Option<Reservation>,
}

impl<G: Game> Seated<G> {
    pub(super) fn has_resumed(&self) -> bool {
        self.welcome.seat.is_some_and(|seat| seat.resumed)
    }

    /// How the session leaves the room if it cannot send the Welcome. A resumed seat is kept. A new seat is freed: the
    /// client never received the resume token of this seat, so nobody could resume the seat. The client can join again with
    /// its ticket, which stays valid.
    pub(super) fn departure(&self) -> Departure {
        if self.has_resumed() { Departure::Lost } else { Departure::Left }
    }
}

impl<G: Game> JoinRequest<G> {
    pub(super) async fn run(self) -> JoinResult<G> {
        if let JoinPolicy::ResumeOnly(_) = self.policy {
            return self.join(self.policy).await.map(|joined| self.seated(joined));
        }
        if self.may_resume {
            // Tries to resume first, because a resumed seat does not count as a join. The close reason `TooManyJoins` is
            // used only to recognize that the client has no seat to resume.
            match self.join(JoinPolicy::ResumeOnly(CloseReason::TooManyJoins)).await {
                Err(CloseReason::TooManyJoins) => self.client.try_acquire(Event::Join, 1).map_err(close_reason)?,
                resumed => return resumed.map(|joined| self.seated(joined)),
            }
        }
        self.join(self.policy).await.map(|joined| self.seated(joined))
    }

    fn seated(self, (room, welcome): Joined<G>) -> Seated<G> {
        Seated { room, welcome, ticket: self.ticket }
    }

    async fn join(&self, policy: JoinPolicy) -> Result<Joined<G>, CloseReason> {
        let mut refusal = CloseReason::RoomClosed;
        for _ in 0..FIND_ATTEMPTS {
            let (name, client) = (self.room_name.clone(), self.client.clone());
            let permit = if let JoinPolicy::ResumeOnly(_) = policy {
                None
            } else {
                Some(self.client.take_seat().map_err(close_reason)?)
            };
            let find = FindRoom { name, policy, client, game: PhantomData };
            let room = self.lobby.send(find).await.map_err(|_| CloseReason::ServerShutdown)??;
            let join = Join {
                session: self.session,
                hello: self.hello.clone(),
                policy,
                client: self.client.key().map(ClientKey),
                permit: permit.map(|permit| SeatPermit(Box::new(permit))),
                relay: Arc::clone(self.worker.relay()),
            };
            match room.join.send(join).await {
                Ok(Ok(welcome)) => return Ok((room, welcome)),
                // The room has just closed. The loop tries again.
                Ok(Err(CloseReason::RoomClosed)) | Err(_) => {}
                // The room is full or overloaded. The loop tries another room, unless the client requested this one.
                Ok(Err(reason)) if self.room_name.is_none() => refusal = reason,
                Ok(Err(reason)) => return Err(reason),
            }
        }
        Err(refusal)
    }
}

/// The close reason of a refusal that ends a session.
pub(super) fn close_reason(refusal: Refusal) -> CloseReason {
    refusal.close_reason().unwrap_or(CloseReason::RateLimited)
}
