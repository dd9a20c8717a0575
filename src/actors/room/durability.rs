//! The part of a room's actor that sends results (ticks and Welcomes) only when they are stored, and that reports beginning
//! and end of the room.

use std::sync::atomic::Ordering;

use actix::{ActorContext, Context, Handler, ResponseFuture};
use log::{error, warn};
use tickcast_game::Simulation;
use tickcast_protocol::Seat;
use tickcast_room::{Room, RoomOptions};
use tickcast_store::ProfileId;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::commits::{Commits, Output};
use super::incidents::{Cause, Incident};
use super::{Base, OnDiskError, Phase, RoomActor, SharedState, StoredRoom};
use crate::actors::messages::{Committed, StopRoom, StoreListing};
use crate::telemetry::{RoomEnd, RoomEvent};

/// Reports a new room to the sink of room events. A recovered room is not new.
pub(super) fn report_opening<S: Simulation>(shared: &SharedState, room: &Room<S>, stored: Option<&StoredRoom>) {
    let is_new = stored.is_none_or(|stored| stored.base == Base::Nothing);
    if let Some(events) = shared.events.as_ref().filter(|_| is_new) {
        let RoomOptions { seats, tick_rate, .. } = *room.options();
        let match_id = stored.map(|stored| stored.id);
        events.report(RoomEvent::Opened { room: room.name().clone(), match_id, seats, tick_rate });
    }
}

impl<S: Simulation> RoomActor<S> {
    /// Sends a result, such as a tick, as soon as it is stored, or at once if the room exists in memory only.
    pub(super) fn output(&mut self, output: Output<S::Game>) {
        match &mut self.commits {
            Some(commits) => {
                commits.push(output);
                self.commit();
            }
            None => self.release(output),
        }
    }

    /// Records the stay of a player who has joined. A player who resumes a seat continues a stay. In a room that exists in
    /// memory only, nothing is recorded.
    pub(super) fn begin_stay(&mut self, seat: Option<Seat>, profile: Option<ProfileId>) {
        if let (Some(Seat { player, resumed: false, .. }), Some(commits)) = (seat, &mut self.commits) {
            commits.begin_stay(&mut self.room, player, profile);
        }
    }

    /// Starts a write if there is something to write.
    pub(super) fn commit(&mut self) {
        if let Some(commits) = &mut self.commits {
            let ready = commits.poll(&mut self.room, Instant::now());
            ready.into_iter().for_each(|output| self.release(output));
        }
    }

    /// Sends a result, such as a tick.
    fn release(&mut self, output: Output<S::Game>) {
        match output {
            Output::Tick(step) => self.send(step),
            // Sending fails if the client's join request no longer waits for the Welcome. This happens only while the
            // server stops.
            Output::Welcome(session, welcome) => drop(session.send(Ok(welcome))),
            Output::Stopped(lobby) | Output::Listed(lobby) => drop(lobby.send(())),
        }
    }

    /// Saves the last seconds of the room, if it is stored.
    pub(super) fn save_incident(&mut self, cause: Cause) {
        let (Some(incidents), Some(commits)) = (&self.shared.incidents, &mut self.commits) else { return };
        if incidents.admit(cause) {
            commits.collect(&mut self.room);
            let (room, recording) = (self.name.clone(), commits.recording().clone());
            incidents.save::<S>(Incident { cause, room, match_id: commits.match_id(), recording });
        }
    }

    /// Ends the room in the store: closes it, or sets it aside if it has panicked. If the server only stops, the room remains
    /// open in the store.
    pub(super) fn finish_storage(&mut self, has_panicked: bool) {
        self.publish_unsaved(false);
        if std::thread::panicking() {
            self.save_incident(Cause::Panic);
        }
        let Some(commits) = &mut self.commits else { return };
        commits.collect(&mut self.room);
        if has_panicked {
            commits.finish(Some(format!("panic at tick {}", self.room.tick().0)));
        } else if matches!(self.phase, Phase::Closed(_)) {
            commits.finish(None);
        }
    }

    /// Reports to the lobby whether clients can watch a replay of more than one tick.
    pub(super) fn publish_replay(&self) {
        let options = self.room.options();
        let delay_ticks = i32::from(options.spectator_delay_s) * i32::from(options.tick_rate);
        let recorded_ticks = self.commits.as_ref().map_or(0, Commits::recorded_ticks);
        let has_replay = options.spectators > 0 && recorded_ticks > delay_ticks;
        self.shared.status.has_replay.store(has_replay, Ordering::Relaxed);
    }

    /// Reports the end of the room to the sink of room events. If a room stops because the server stops, this is no end of
    /// the room, and is not reported.
    pub(super) fn report_end(&mut self, has_panicked: bool) {
        let reason = match self.phase {
            _ if has_panicked => RoomEnd::Failed,
            Phase::Closed(end) => end,
            _ => return,
        };
        let Some(events) = &self.shared.events else { return };
        let commits = self.commits.as_mut();
        let (match_id, results) =
            commits.map_or((None, Vec::new()), |commits| (Some(commits.match_id()), commits.take_match_results()));
        events.report(RoomEvent::Closed { room: self.name.clone(), match_id, reason, results });
    }

    /// Reports to lobby, health and metrics whether the room continues in memory because its store fails.
    pub(super) fn publish_unsaved(&self, is_unsaved: bool) {
        if self.shared.status.is_unsaved.swap(is_unsaved, Ordering::Relaxed) != is_unsaved {
            self.shared.health.count_unsaved_room(is_unsaved);
            self.shared.metrics.rooms_unsaved.inc_by(if is_unsaved { 1 } else { -1 });
        }
    }
}

impl<S: Simulation> Handler<Committed> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, Committed { result, ready }: Committed, ctx: &mut Context<Self>) {
        self.shared.metrics.commit_duration.record(ready.elapsed());
        let Some(commits) = &mut self.commits else { return };
        let outputs = match commits.handle_committed(&result) {
            Ok(outputs) => outputs,
            Err(error) => {
                error!("room {} ends: {error}", self.log_name());
                self.phase = Phase::Failed;
                return ctx.stop();
            }
        };
        let is_suspended = commits.is_suspended();
        self.publish_unsaved(is_suspended);
        self.publish_replay();
        if let Err(error) = result {
            self.shared.metrics.store_failures.inc();
            warn!("room {} cannot be stored: {error}", self.log_name());
            if self.on_disk_error == OnDiskError::Stop {
                self.phase = Phase::Stopped;
                return self.shared.health.report_store_failure();
            }
        }
        outputs.into_iter().for_each(|output| self.release(output));
        self.commit();
    }
}

impl<S: Simulation> Handler<StoreListing> for RoomActor<S> {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, StoreListing(listing): StoreListing, _: &mut Context<Self>) -> Self::Result {
        let Some(commits) = &mut self.commits else { return Box::pin(async {}) };
        commits.set_listing(listing);
        let (sender, stored) = oneshot::channel();
        self.output(Output::Listed(sender));
        // Receiving fails if the room has ended. Then there is nothing to wait for.
        Box::pin(async { drop(stored.await) })
    }
}

impl<S: Simulation> Handler<StopRoom> for RoomActor<S> {
    type Result = ResponseFuture<()>;

    /// Stores the room's last state, from which the restarted server continues.
    fn handle(&mut self, _: StopRoom, ctx: &mut Context<Self>) -> Self::Result {
        let Some(commits) = &mut self.commits else { return Box::pin(async {}) };
        if self.phase == Phase::Stopped && commits.is_suspended() {
            return Box::pin(async {});
        }
        self.phase = Phase::Stopped;
        commits.request_checkpoint();
        self.joins.handle_tick();
        self.poll_joins(ctx);
        let (sender, stored) = oneshot::channel();
        self.output(Output::Stopped(sender));
        // Receiving fails if the room has ended. Then there is nothing to wait for.
        Box::pin(async { drop(stored.await) })
    }
}
