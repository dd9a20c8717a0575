//! Messages of clients to a room: they join, send messages and leave.

use std::sync::atomic::Ordering;

use actix::{AsyncContext, Context, Handler, ResponseFuture};
use log::debug;
use tickcast_game::Simulation;
use tickcast_protocol::{CloseReason, ResumeToken, Seat};
use tickcast_room::NewClient;
use tokio::time::Instant;

use super::commits::Output;
use super::fanout::WorkerRoute;
use super::incidents::Cause;
use super::join_queue::JoinResult;
use super::{Phase, RoomActor, RoomSession};
use crate::actors::messages::{Join, JoinPolicy, Leave, SessionEvent, WakeRoom};
use crate::admission::ClientIdentity;

impl<S: Simulation> RoomActor<S> {
    /// Passes the messages of clients to the room.
    pub(super) fn handle_events(&mut self) {
        let (mut inputs, mut resync_requests) = (0, 0);
        self.handle.events.take(&mut self.events);
        if self.phase == Phase::Stopped {
            return self.events.clear();
        }
        for (session, event) in self.events.drain(..) {
            match event {
                SessionEvent::Input(input) => {
                    inputs += 1;
                    self.room.handle_input(session, &input);
                }
                SessionEvent::Act { number, stamp, action } => self.room.handle_act(session, number, stamp, action),
                SessionEvent::Acknowledge(tick) => self.room.handle_acknowledgement(session, tick),
                SessionEvent::Ready(is_ready) => self.room.handle_ready(session, is_ready),
                SessionEvent::Viewport(viewport) => self.room.handle_viewport(session, viewport),
                SessionEvent::Resync => {
                    resync_requests += 1;
                    self.room.handle_resync(session);
                }
                // Sessions forward this only to replays.
                SessionEvent::Playback(_) => {}
            }
        }
        if resync_requests > 0 {
            self.save_incident(Cause::Desync);
        }
        self.shared.metrics.inputs.inc_by(inputs);
        self.shared.metrics.resync_requests.inc_by(resync_requests);
    }

    /// In a room with pace on demand: if clients wait for a tick, makes the next tick run as soon as the tick rate permits.
    pub(super) fn follow_request(&mut self, ctx: &mut Context<Self>) {
        let Some(timer) = self.next_tick.filter(|_| self.room.is_tick_requested()) else { return };
        self.handle.suppress_wakes();
        if self.clock.request(Instant::now()) {
            ctx.cancel_future(timer);
            self.schedule_tick(ctx);
        }
    }
}

impl<S: Simulation> Handler<Leave> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, Leave(session, departure): Leave, ctx: &mut Context<Self>) {
        // The departure must not overtake the session's last messages. For example, the room keeps the seat only if it has
        // received an acknowledgement before the departure.
        self.handle_events();
        self.sessions.remove(&session);
        if self.phase == Phase::Stopped {
            return;
        }
        self.room.handle_leave(session, departure, self.now());
        if self.next_tick.is_none() {
            self.commit();
        }
        self.publish_status();
        self.follow_request(ctx);
        debug!("room {}: session {} left ({departure:?})", self.log_name(), session.0);
    }
}

impl<S: Simulation> Handler<WakeRoom> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, _: WakeRoom, ctx: &mut Context<Self>) {
        self.handle.accept_wakes();
        self.handle_events();
        self.follow_request(ctx);
    }
}

impl<S: Simulation> RoomActor<S> {
    /// Lets waiting clients join, up to the limit on joins per tick.
    pub(super) fn poll_joins(&mut self, ctx: &mut Context<Self>) {
        while let Some((join, answer)) = self.joins.poll() {
            let result = self.join(join, ctx);
            self.joins.handle_result(&result);
            match result {
                // The Welcome contains a token, so the client must not receive it before the token is stored.
                Ok(welcome) => self.output(Output::Welcome(answer, welcome)),
                refused => _ = answer.send(refused),
            }
        }
    }

    fn join(&mut self, join: Join<S::Game>, ctx: &mut Context<Self>) -> JoinResult<S::Game> {
        if self.phase == Phase::Stopped {
            return Err(CloseReason::ServerShutdown);
        }
        // Messages that have arrived before the join are handled first: an acknowledgement among them may invalidate the
        // resume token that the client presents.
        self.handle_events();
        let refusal = match join.policy {
            JoinPolicy::ResumeOnly(refusal) => Some(refusal),
            _ if self.shared.status.is_locked.load(Ordering::Relaxed) => Some(CloseReason::RoomLocked),
            JoinPolicy::PreferResume if self.shared.load.is_overloaded(Instant::now()) => Some(CloseReason::Overloaded),
            JoinPolicy::PreferResume | JoinPolicy::Open => None,
        };
        if let Some(refusal) = refusal.filter(|_| !self.room.has_seat(&join.hello)) {
            return Err(refusal);
        }
        let client = NewClient {
            session: join.session,
            hello: &join.hello,
            token: ResumeToken(rand::random()),
            key: join.client,
            permit: join.permit,
        };
        let welcome = self.room.handle_join(client, self.now())?;
        self.begin_stay(welcome.seat, join.profile);
        self.end_pause(ctx);
        let worker = join.relay.worker;
        let identity = self.identify(welcome.seat, join.identity);
        self.sessions.insert(join.session, RoomSession { worker, identity });
        self.workers.entry(worker).or_insert_with(|| WorkerRoute::new(join.relay, self.tick_rate));
        self.publish_status();
        debug!("room {}: session {} joined", self.log_name(), join.session.0);
        Ok(welcome)
    }
}

impl<S: Simulation> RoomActor<S> {
    /// Remembers the user of a player who has joined. A client that resumes a seat without a ticket belongs to the user who
    /// has taken the seat.
    fn identify(&mut self, seat: Option<Seat>, identity: ClientIdentity) -> ClientIdentity {
        let ClientIdentity { address, subject } = identity;
        let Some(Seat { player, resumed, .. }) = seat else { return ClientIdentity { address, subject } };
        let known = self.users.remove(&player).filter(|_| resumed);
        let subject = subject.or(known);
        self.users.extend(subject.clone().map(|subject| (player, subject)));
        ClientIdentity { address, subject }
    }
}

impl<S: Simulation> Handler<Join<S::Game>> for RoomActor<S> {
    type Result = ResponseFuture<JoinResult<S::Game>>;

    fn handle(&mut self, join: Join<S::Game>, ctx: &mut Context<Self>) -> Self::Result {
        let joined = self.joins.push(join);
        if self.phase != Phase::Open || self.next_tick.is_none() {
            // The limit on joins per tick does not apply: the room does not tick, so joins delay no tick.
            self.joins.handle_tick();
        }
        self.poll_joins(ctx);
        self.follow_request(ctx);
        Box::pin(joined)
    }
}
