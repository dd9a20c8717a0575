//! The index of replays: finds and describes matches, and opens replays of them.

use std::collections::{BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ArbiterHandle, AsyncContext, Context, Handler, ResponseFuture};
use log::{error, warn};
use tickcast_game::Simulation;
use tickcast_protocol::{CloseReason, PlayerName, codec};
use tickcast_room::{Marker, MarkerKind};
use tickcast_store::{MatchHistory, MatchId, MatchKey, StoreError};
use tokio::sync::oneshot;
use tokio::time::Instant;

pub use super::matches::ReplayPolicy;
use super::matches::{PlayRange, WatchableMatch, delay_ticks, find, watchable};
use super::player::Player;
use super::{ReplayActor, ReplaySetup};
use crate::actors::messages::{
    DescribeMatch, FindMatch, FoundMatch, ListMatches, MarkerDescription, MatchDescription, MatchSummary, OpenReplay,
    RoomHandle, RoomId,
};
use crate::admission::limits::Resource;
use crate::telemetry::Metrics;

/// Maximum number of replays that are open at the same time. Each replay takes the memory of a world. In real time, it
/// takes as much CPU time as one small room. At 16 times real time, it takes as much as 16 small rooms.
pub const REPLAYS_MAX: usize = 100;
/// Maximum number of markers in the description of a match.
pub const MARKERS_MAX: usize = 1_000;
/// Maximum number of checkpoints whose markers are read for a description. Usually, a checkpoint with markers is added
/// every ten seconds.
const MARKED_CHECKPOINTS_MAX: u32 = 1_000;
/// Maximum number of finished matches in the list.
pub const LISTED_MATCHES_MAX: usize = 20;
/// Maximum number of finished matches that are read for the list. Some of the matches cannot be watched.
const READ_MATCHES_MAX: u32 = 60;
/// Maximum number of players that are listed for a match.
const LISTED_PLAYERS_MAX: usize = 8;
/// Maximum age of the list of matches.
const LIST_AGE_MAX: Duration = Duration::from_secs(5);
/// Maximum age of a cached description. A page requests the description of a running match every few seconds.
const DESCRIPTION_AGE_MAX: Duration = Duration::from_secs(1);
/// Maximum number of cached descriptions. Each takes up to 100 KB.
const DESCRIPTIONS_MAX: usize = 16;
/// The ids of replays begin here, so that they differ from those of rooms.
const FIRST_ID: u64 = 1 << 63;

/// Finds and describes matches, and opens replays.
pub struct Replays<S: Simulation> {
    history: Arc<dyn MatchHistory>,
    policy: ReplayPolicy,
    threads: Vec<ArbiterHandle>,
    metrics: Arc<Metrics>,
    /// Number of replays opened since the start.
    opened: u64,
    /// Each open replay has a clone.
    open: Arc<()>,
    list: Option<(Instant, Arc<Vec<MatchSummary>>)>,
    /// The newest descriptions, the oldest first: a description takes up to a thousand reads.
    descriptions: VecDeque<CachedDescription>,
    game: std::marker::PhantomData<fn() -> S>,
}

/// The description of a match at some time. `None` if there was no such match.
struct CachedDescription {
    key: MatchKey,
    created: Instant,
    description: Option<Arc<MatchDescription>>,
}

impl<S: Simulation> Replays<S> {
    /// Starts this actor on the first of these threads. Replays run on all of these threads.
    ///
    /// # Panics
    /// If there is no thread.
    #[must_use]
    pub fn start(
        history: Arc<dyn MatchHistory>,
        policy: ReplayPolicy,
        threads: Vec<ArbiterHandle>,
        metrics: Arc<Metrics>,
    ) -> actix::Addr<Self> {
        let first = threads.first().expect("replays need a thread").clone();
        let (open, game) = (Arc::default(), std::marker::PhantomData);
        Self::start_in_arbiter(&first, move |_| Self {
            history,
            policy,
            threads,
            metrics,
            opened: 0,
            open,
            list: None,
            descriptions: VecDeque::new(),
            game,
        })
    }

    fn find(&self, key: &MatchKey) -> Option<WatchableMatch> {
        logged(find::<S>(&*self.history, self.policy, key)).flatten()
    }

    fn describe(&self, found: &WatchableMatch) -> MatchDescription {
        let WatchableMatch { record, room, options, range } = found;
        MatchDescription {
            id: record.id.to_string(),
            room: room.clone(),
            running: record.is_running,
            tick_rate: options.tick_rate,
            first_tick: range.first.0,
            last_tick: range.last.0,
            delay_ticks: delay_ticks(record, options),
            markers: self.markers(record.id, *range).into_iter().map(description).collect(),
        }
    }

    /// The newest markers of a match in the order of their ticks.
    fn markers(&self, id: MatchId, range: PlayRange) -> Vec<Marker> {
        let mut markers = Vec::new();
        let mut add = |part: &[u8]| {
            let part: Vec<Marker> = codec::decode(part).unwrap_or_default();
            let in_range = part.into_iter().rev().filter(|marker| range.clamp(marker.tick) == marker.tick);
            markers.extend(in_range.take(MARKERS_MAX - markers.len()));
            if markers.len() < MARKERS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        logged(self.history.visit_markers(id, MARKED_CHECKPOINTS_MAX, &mut add));
        markers.reverse();
        markers
    }

    fn list(&self) -> Vec<MatchSummary> {
        let records = logged(self.history.finished(READ_MATCHES_MAX)).unwrap_or_default();
        let found = records.into_iter().map(|record| watchable::<S>(&*self.history, self.policy, record));
        let found = found.filter_map(|found| logged(found).flatten()).filter(|found| !found.room.is_unlisted());
        found.filter_map(|found| self.summarize(&found)).take(LISTED_MATCHES_MAX).collect()
    }

    /// The summary of a match in which people played.
    fn summarize(&self, found: &WatchableMatch) -> Option<MatchSummary> {
        let WatchableMatch { record, room, options, range } = found;
        let names: BTreeSet<String> =
            self.markers(record.id, *range).into_iter().filter_map(|marker| person(marker.kind)).map(Into::into).collect();
        let players: Vec<PlayerName> =
            names.into_iter().take(LISTED_PLAYERS_MAX).filter_map(|name| name.try_into().ok()).collect();
        (!players.is_empty()).then(|| MatchSummary {
            id: record.id.to_string(),
            room: room.clone(),
            tick_rate: options.tick_rate,
            first_tick: range.first.0,
            last_tick: range.last.0,
            players,
        })
    }
}

/// The player of a marker, if the marker shows that the player is a human.
fn person(kind: MarkerKind) -> Option<PlayerName> {
    match kind {
        MarkerKind::Joined(player) | MarkerKind::Left(player) | MarkerKind::Record(player) => Some(player),
        MarkerKind::Kill { .. } => None,
    }
}

fn description(Marker { tick, kind }: Marker) -> MarkerDescription {
    let (kind, player, other) = match kind {
        MarkerKind::Joined(player) => ("join", player, None),
        MarkerKind::Left(player) => ("leave", player, None),
        MarkerKind::Kill { player, victim } => ("kill", player, Some(victim)),
        MarkerKind::Record(player) => ("record", player, None),
    };
    MarkerDescription { tick: tick.0, kind, player, other }
}

/// Logs an error of the history.
fn logged<T>(result: Result<T, StoreError>) -> Option<T> {
    result.inspect_err(|error| warn!("the history of matches cannot be read: {error}")).ok()
}

impl<S: Simulation> Actor for Replays<S> {
    type Context = Context<Self>;
}

impl<S: Simulation> Handler<FindMatch> for Replays<S> {
    type Result = Option<FoundMatch>;

    fn handle(&mut self, FindMatch(key): FindMatch, _: &mut Context<Self>) -> Self::Result {
        self.find(&key).map(|found| FoundMatch { id: found.record.id, room: found.room })
    }
}

impl<S: Simulation> Handler<DescribeMatch> for Replays<S> {
    type Result = Option<Arc<MatchDescription>>;

    fn handle(&mut self, DescribeMatch(key): DescribeMatch, _: &mut Context<Self>) -> Self::Result {
        let now = Instant::now();
        self.descriptions.retain(|cached| now.saturating_duration_since(cached.created) < DESCRIPTION_AGE_MAX);
        if let Some(cached) = self.descriptions.iter().find(|cached| cached.key == key) {
            return cached.description.clone();
        }
        let description = self.find(&key).map(|found| Arc::new(self.describe(&found)));
        if self.descriptions.len() >= DESCRIPTIONS_MAX {
            self.descriptions.pop_front();
        }
        self.descriptions.push_back(CachedDescription { key, created: now, description: description.clone() });
        description
    }
}

impl<S: Simulation> Handler<ListMatches> for Replays<S> {
    type Result = Arc<Vec<MatchSummary>>;

    fn handle(&mut self, _: ListMatches, _: &mut Context<Self>) -> Self::Result {
        let now = Instant::now();
        if let Some((created, list)) = &self.list
            && now.saturating_duration_since(*created) < LIST_AGE_MAX
        {
            return Arc::clone(list);
        }
        let list = Arc::new(self.list());
        self.list = Some((now, Arc::clone(&list)));
        list
    }
}

impl<S: Simulation> Handler<OpenReplay<S::Game>> for Replays<S> {
    type Result = ResponseFuture<Result<Arc<RoomHandle<S::Game>>, CloseReason>>;

    fn handle(&mut self, request: OpenReplay<S::Game>, _: &mut Context<Self>) -> Self::Result {
        let OpenReplay { id, start, client, .. } = request;
        if Arc::strong_count(&self.open) > REPLAYS_MAX {
            return Box::pin(async { Err(CloseReason::RoomFull) });
        }
        let permit = match client.hold(Resource::Replay, 1) {
            Ok(permit) => permit,
            Err(refusal) => return Box::pin(async move { Err(refusal.close_reason().unwrap_or(CloseReason::RoomFull)) }),
        };
        let (history, policy, metrics) = (Arc::clone(&self.history), self.policy, Arc::clone(&self.metrics));
        let permits = (permit, Arc::clone(&self.open));
        let thread = &self.threads[self.opened as usize % self.threads.len()];
        let room_id = RoomId(FIRST_ID + self.opened);
        self.opened += 1;
        let (answer, opened) = oneshot::channel();
        thread.spawn_fn(move || {
            let open = || -> Result<Player<S>, CloseReason> {
                let found = logged(find::<S>(&*history, policy, &MatchKey::Id(id))).ok_or(CloseReason::RoomFailed)?;
                Player::open(history, found.ok_or(CloseReason::RoomClosed)?, start).map_err(|error| {
                    warn!("match {id} cannot be played: {error}");
                    CloseReason::RoomFailed
                })
            };
            let player = panic::catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|_| {
                error!("match {id} cannot be played because its rules panicked");
                Err(CloseReason::RoomFailed)
            });
            let start = |player| start_actor(ReplaySetup { player, client, _permits: permits, metrics }, room_id);
            // The receiver is dropped if the session has ended. The replay then ends by itself.
            let _ = answer.send(player.map(start));
        });
        Box::pin(async { opened.await.unwrap_or(Err(CloseReason::ServerShutdown)) })
    }
}

/// Starts the actor of a replay on this thread.
fn start_actor<S: Simulation>(setup: ReplaySetup<S>, id: RoomId) -> Arc<RoomHandle<S::Game>> {
    let mut handle = None;
    ReplayActor::create(|ctx| {
        let created = RoomHandle::new(id, &ctx.address());
        handle = Some(Arc::clone(&created));
        ReplayActor::new(setup, created)
    });
    handle.expect("the actor was created")
}
