//! Plays a recorded match again for one spectator.
//!
//! A [`Playback`] simulates the match from a checkpoint and the journal that follows it, and encodes the ticks as the
//! original room did for a spectator. The caller provides checkpoints and journals, and decides when the next tick is due.

use std::sync::Arc;

use tickcast_game::Simulation;
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::{GameProtocol, PlaybackSpeed, RoomName, Tick, Viewport, Welcome};

use crate::RoomOptions;
use crate::replication::{Beats, Delivery, Replication, RoomSections, TickFrame, cell_size, grid_of};
use crate::room::{BEATS_KEPT_S, Client, RecoverError, Replay, SnapshotContext, Stepped, ViewLimit};

/// Maximum time between two ticks in a replay, in seconds. A room without clients pauses. The replay continues after this time.
const PAUSE_S_MAX: u32 = 2;

/// Plays a recorded match again for one spectator.
pub struct Playback<S: Simulation> {
    replay: Replay<S>,
    replication: Replication<S::Game>,
    client: Client<S::Game>,
    beats: Beats,
    speed: PlaybackSpeed,
}

/// A tick that was simulated again.
pub struct PlayedTick<G: GameProtocol> {
    /// The encoded tick.
    pub frame: Arc<TickFrame<G>>,
    /// Parameters of the client's snapshot. `None` while flow control holds snapshots back.
    pub delivery: Option<Delivery>,
    /// Number of beats (periods of the tick rate) between the previous tick and this tick. As many beats must pass before
    /// this tick is sent. At least 1; always 1 in a steady room.
    pub beats: u32,
}

impl<S: Simulation> Playback<S> {
    /// Starts in the state of a checkpoint.
    ///
    /// # Errors
    /// [`RecoverError`]. If the checkpoint was made under other rules, [`RecoverError::Unsupported`].
    pub fn new(checkpoint: &[u8]) -> Result<Self, RecoverError> {
        let replay = playable(checkpoint)?;
        let tick_rate = replay.options().tick_rate;
        let client = Client::spectator(Viewport::default(), replay.tick(), tick_rate, None);
        let beats = new_beats::<S>(tick_rate);
        Ok(Self { replication: new_replication(&replay), client, beats, replay, speed: PlaybackSpeed::default() })
    }

    /// The Welcome for the client.
    #[must_use]
    pub fn welcome(&self) -> Welcome<S::Game> {
        let rules = self.replay.world().rules().clone();
        let cell_size = cell_size(S::Game::extent(&rules));
        let tick_rate = self.options().tick_rate;
        Welcome { seat: None, room: self.replay.name().clone(), tick_rate, pace: S::Game::PACE, cell_size, rules }
    }

    /// The options of the room.
    #[must_use]
    pub const fn options(&self) -> &RoomOptions {
        self.replay.options()
    }

    /// The current tick.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.replay.tick()
    }

    /// Continues in the state of another checkpoint of the match. Call [`Self::show`] before [`Self::step`].
    ///
    /// # Errors
    /// The errors of [`Self::new`]. The playback is unchanged then.
    pub fn load(&mut self, checkpoint: &[u8]) -> Result<(), RecoverError> {
        self.replay = playable(checkpoint)?;
        Ok(())
    }

    /// Simulates up to `ticks_max` ticks, up to tick `until` and up to the end of `journal`, without encoding them. Removes
    /// the entries from `journal`. Returns the number of ticks. Call [`Self::show`] before [`Self::step`].
    ///
    /// # Errors
    /// [`RecoverError`]. Do not use the playback after an error.
    pub fn skip(&mut self, journal: &mut &[u8], until: Tick, ticks_max: u32) -> Result<u32, RecoverError> {
        let mut ticks = 0;
        while ticks < ticks_max && until.is_newer_than(self.tick()) && !journal.is_empty() {
            ticks += u32::from(self.replay.next(journal)?.is_some());
        }
        Ok(ticks)
    }

    /// A full snapshot of the current tick.
    pub fn show(&mut self) -> PlayedTick<S::Game> {
        self.client.restart(self.tick());
        self.beats = new_beats::<S>(self.options().tick_rate);
        self.replication = new_replication(&self.replay);
        let players = self.replay.roster().encode_list();
        self.encode(RoomSections { players, ..RoomSections::default() })
    }

    /// Simulates and encodes the next tick. Removes its entries from `journal`. Returns `None` at the end of `journal`.
    ///
    /// # Errors
    /// [`RecoverError`]. Do not use the playback after an error.
    pub fn step(&mut self, journal: &mut &[u8]) -> Result<Option<PlayedTick<S::Game>>, RecoverError> {
        while !journal.is_empty() {
            if let Some(Stepped { delta, .. }) = self.replay.next(journal)? {
                let players = self.replay.roster().encode_part(self.tick());
                return Ok(Some(self.encode(RoomSections { delta, players, ..RoomSections::default() })));
            }
        }
        Ok(None)
    }

    fn encode(&mut self, sections: RoomSections) -> PlayedTick<S::Game> {
        let (now, replay) = (self.replay.time(), &self.replay);
        self.beats.push(now);
        let limit = ViewLimit { grid: *self.replication.grid(), size: replay.options().view_size };
        let list_ticks = replay.roster().list_ticks();
        let context = SnapshotContext { now, beats: &self.beats, limit: &limit, list_ticks };
        let delivery = self.client.poll_delivery(&context, None, None);
        let players =
            if delivery.is_some_and(|delivery| delivery.lists_players) { sections.players } else { Chunk::default() };
        let sections = RoomSections { players, ..sections };
        let beats = now.elapsed().clamp(1, PAUSE_S_MAX * u32::from(replay.options().tick_rate));
        let frame = Arc::new(self.replication.encode(now, replay.entities(), sections));
        PlayedTick { frame, delivery, beats }
    }

    /// Changes the speed. Flow control measures time in beats of the match, so its limits grow with the speed.
    pub fn set_speed(&mut self, speed: PlaybackSpeed) {
        self.speed = speed;
        let quarters = speed.max(PlaybackSpeed::REAL_TIME).quarters();
        let tick_rate = u32::from(self.options().tick_rate) * u32::from(quarters);
        let real_time = u32::from(PlaybackSpeed::REAL_TIME.quarters());
        self.client.set_tick_rate((tick_rate / real_time).try_into().unwrap_or(u16::MAX));
    }

    /// The speed.
    #[must_use]
    pub const fn speed(&self) -> PlaybackSpeed {
        self.speed
    }

    /// Handles an acknowledgement: the client has applied all snapshots up to `tick`.
    pub fn handle_acknowledgement(&mut self, tick: Tick) {
        self.client.handle_acknowledgement(tick);
    }

    /// Handles an outbox overflow: the connection has dropped the snapshot of `tick`, and drops every later delta until a
    /// full snapshot is queued.
    pub fn handle_overflow(&mut self, tick: Tick) {
        // The dropped snapshot is of a later tick, so it was sent before a seek to an earlier tick. The seek makes the next
        // snapshot a full one in any case.
        if !tick.is_newer_than(self.tick()) {
            self.client.handle_overflow(tick, &self.beats);
        }
    }

    /// Whether the last snapshot sent to the client has been unacknowledged for more than ten seconds.
    #[must_use]
    pub fn is_unresponsive(&self) -> bool {
        self.client.is_unresponsive(self.tick(), &self.beats)
    }
}

/// The name and the options of a room, as its checkpoints contain them.
#[derive(Clone, Debug)]
pub struct CheckpointSummary {
    /// Name of the room.
    pub name: RoomName,
    /// Options of the room.
    pub options: RoomOptions,
}

impl CheckpointSummary {
    /// Decodes the beginning of a checkpoint from which this program can play a match.
    ///
    /// # Errors
    /// [`RecoverError`]. If the checkpoint was made under other rules, [`RecoverError::Unsupported`].
    pub fn decode<S: Simulation>(checkpoint: &[u8]) -> Result<Self, RecoverError> {
        let (name, options) = crate::room::decode_summary::<S>(checkpoint)?;
        Ok(Self { name, options })
    }
}

fn playable<S: Simulation>(checkpoint: &[u8]) -> Result<Replay<S>, RecoverError> {
    let replay = Replay::new(checkpoint)?;
    if replay.can_apply() { Ok(replay) } else { Err(RecoverError::Unsupported) }
}

/// Flow control multiplies its limits by the speed.
fn new_beats<S: Simulation>(tick_rate: u16) -> Beats {
    let speed_max = i32::from(PlaybackSpeed::QUARTERS_MAX / PlaybackSpeed::REAL_TIME.quarters());
    Beats::new(S::Game::PACE, BEATS_KEPT_S * speed_max * i32::from(tick_rate))
}

fn new_replication<S: Simulation>(replay: &Replay<S>) -> Replication<S::Game> {
    let rules = replay.world().rules();
    Replication::new(rules.clone(), grid_of::<S::Game>(rules))
}
