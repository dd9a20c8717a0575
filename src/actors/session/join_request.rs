//! A client's request to join: finds a room and takes a seat in it.

use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::Arc;

use actix::{Message, Recipient};
use tickcast_game::GameProtocol;
use tickcast_protocol::{CloseReason, Hello, RoomName, Welcome};
use tickcast_room::{ClientKey, Departure, SeatPermit, SessionId};
use tickcast_store::ProfileId;

use crate::actors::messages::{Entrance, FindRoom, Join, JoinPolicy, Leave, OpenReplay, RoomHandle};
use crate::actors::worker::Worker;
use crate::admission::limits::Event;
use crate::admission::tickets::Reservation;
use crate::admission::{Client, ClientIdentity, Refusal, profile_of_secret, profile_of_user};

/// Maximum number of attempts to find and join a room. An attempt fails if other clients take the last seats after the
/// lobby has found the room. When many clients join at once, this can happen with several rooms in succession.
const FIND_ATTEMPTS: u32 = 16;

pub(super) type JoinResult<G> = Result<Seated<G>, CloseReason>;

/// To a session: the result of its join.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Joined<G: GameProtocol>(pub(super) JoinResult<G>);

/// The room that a session has joined, and its Welcome.
type Admitted<G> = (Arc<RoomHandle<G>>, Welcome<G>);

/// Finds a room and takes a seat in it.
pub(super) struct JoinRequest<G: GameProtocol> {
    pub(super) entrance: Entrance<G>,
    pub(super) room_name: Option<RoomName>,
    pub(super) session: SessionId,
    pub(super) hello: Hello,
    pub(super) policy: JoinPolicy,
    /// The reservation of the client's ticket, which is released if the join fails.
    pub(super) ticket: Option<Reservation>,
    /// Whether the client has sent a resume token and the name of its room.
    pub(super) may_resume: bool,
    pub(super) client: Client,
    pub(super) identity: ClientIdentity,
    pub(super) worker: Rc<Worker<G>>,
}

/// A session that has joined a room, but has not sent the Welcome yet.
pub(super) struct Seated<G: GameProtocol> {
    pub(super) room: Arc<RoomHandle<G>>,
    pub(super) welcome: Welcome<G>,
    pub(super) ticket: Option<Reservation>,
}

impl<G: GameProtocol> Seated<G> {
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

impl<G: GameProtocol> JoinRequest<G> {
    /// Runs the request, and sends the result to the session. The request runs outside the session's actor, because the seat
    /// must be released even if the actor ends before the join completes.
    pub(super) fn spawn(self, session: Recipient<Joined<G>>) {
        let id = self.session;
        actix::spawn(async move {
            let joined = self.run().await;
            let taken = joined.as_ref().ok().map(|seated| (Arc::clone(&seated.room), seated.departure()));
            if session.send(Joined(joined)).await.is_err()
                && let Some((room, departure)) = taken
            {
                room.leave.do_send(Leave(id, departure));
            }
        });
    }

    async fn run(self) -> JoinResult<G> {
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

    /// The profile of the user that the ticket names, or else that of the client's secret. `None` if there is neither.
    fn profile(&self) -> Option<ProfileId> {
        let user = self.ticket.as_ref().and_then(|ticket| ticket.claims().subject.as_ref());
        match user {
            Some(user) => Some(profile_of_user(user.as_str())),
            None => self.hello.profile.as_ref().map(profile_of_secret),
        }
    }

    fn seated(self, (room, welcome): Admitted<G>) -> Seated<G> {
        Seated { room, welcome, ticket: self.ticket }
    }

    async fn join(&self, policy: JoinPolicy) -> Result<Admitted<G>, CloseReason> {
        let mut refusal = CloseReason::RoomClosed;
        for _ in 0..FIND_ATTEMPTS {
            let permit = if let JoinPolicy::ResumeOnly(_) = policy {
                None
            } else {
                Some(self.client.take_seat().map_err(close_reason)?)
            };
            let room = self.find(policy).await?;
            let join = Join {
                session: self.session,
                hello: self.hello.clone(),
                policy,
                client: self.client.key().map(ClientKey),
                identity: self.identity.clone(),
                permit: permit.map(|permit| SeatPermit(Box::new(permit))),
                profile: self.profile(),
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

    /// Finds the room, or opens the replay.
    async fn find(&self, policy: JoinPolicy) -> Result<Arc<RoomHandle<G>>, CloseReason> {
        let (client, game) = (self.client.clone(), PhantomData);
        let found = match &self.entrance {
            Entrance::Lobby(lobby, filter) => {
                let (name, filter) = (self.room_name.clone(), filter.clone());
                lobby.send(FindRoom { name, filter, policy, client, game }).await
            }
            Entrance::Replay(None) => return Err(CloseReason::RoomClosed),
            Entrance::Replay(Some(replay)) => {
                let (id, start) = (replay.id, replay.start);
                replay.replays.send(OpenReplay { id, start, client, game }).await
            }
        };
        found.map_err(|_| CloseReason::ServerShutdown)?
    }
}

/// The close reason of a refusal that ends a session.
pub(super) fn close_reason(refusal: Refusal) -> CloseReason {
    refusal.close_reason().unwrap_or(CloseReason::RateLimited)
}
