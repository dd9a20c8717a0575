//! The part of a room's actor that sends results (ticks and Welcomes) only when they are stored.

use std::sync::atomic::Ordering;

use actix::{ActorContext, Context, Handler, ResponseFuture};
use log::{error, warn};
use tickcast_game::Simulation;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::commits::Output;
use super::{OnDiskError, Phase, RoomActor};
use crate::actors::messages::{Committed, StopRoom};

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
            Output::Stopped(lobby) => drop(lobby.send(())),
        }
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

    fn handle(&mut self, Committed { result, submitted }: Committed, ctx: &mut Context<Self>) {
        self.shared.metrics.commit_duration.record(submitted.elapsed());
        let Some(commits) = &mut self.commits else { return };
        let outputs = match commits.handle_committed(&result) {
            Ok(outputs) => outputs,
            Err(error) => {
                error!("room {} ends: {error}", self.name);
                self.phase = Phase::Failed;
                return ctx.stop();
            }
        };
        let is_suspended = commits.is_suspended();
        self.publish_unsaved(is_suspended);
        if let Err(error) = result {
            self.shared.metrics.store_failures.inc();
            warn!("room {} cannot be stored: {error}", self.name);
            if self.on_disk_error == OnDiskError::Stop {
                self.phase = Phase::Stopped;
                return self.shared.health.report_store_failure();
            }
        }
        outputs.into_iter().for_each(|output| self.release(output));
        self.commit();
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
