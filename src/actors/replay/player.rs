//! Reads a match from the history, and plays it tick by tick.

use std::sync::Arc;

use tickcast_game::{GameProtocol, Simulation};
use tickcast_protocol::{Pace, Tick};
use tickcast_room::{Playback, PlayedTick, RecoverError, RoomOptions};
use tickcast_store::{MatchHistory, MatchId, MatchKey, Segment, SegmentPosition, StoreError};

use super::matches::{PlayRange, WatchableMatch, delay_ticks};

/// Maximum number of ticks that a seek simulates at once. With 100 ships, they take about 10 ms.
const TICKS_PER_STEP: u32 = 256;
/// A replay of a running match starts this long before the end of what can be played.
const START_BEFORE_END_S: i32 = 10;

/// Plays a match. It holds one segment of the history in memory.
pub(super) struct Player<S: Simulation> {
    history: Arc<dyn MatchHistory>,
    id: MatchId,
    options: RoomOptions,
    range: PlayRange,
    playback: Playback<S>,
    /// The segment that is being played, without its checkpoint.
    segment: Segment,
    /// Number of bytes of its journal that have been simulated.
    offset: usize,
    /// The tick of a seek that has not ended.
    target: Option<Tick>,
}

/// Result of a step.
pub(super) enum Progress<G: GameProtocol> {
    /// A tick to send.
    Tick(PlayedTick<G>),
    /// A seek goes on.
    Seeking,
    /// There is nothing more to play at present.
    End,
}

/// How the journal goes on after a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Continuation {
    /// With the next entries.
    Gapless,
    /// After a gap, or in the state of an earlier checkpoint: a full snapshot is needed.
    Loaded,
    /// Not at present.
    End,
}

/// Reason why a match cannot be played any longer.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlayError {
    /// The match has been deleted, or all of it that clients may see.
    #[error("it is not stored any more")]
    Gone,
    /// The history cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A checkpoint or a journal is damaged, or the journal does not fit the checkpoint.
    #[error(transparent)]
    Recover(#[from] RecoverError),
}

impl<S: Simulation> Player<S> {
    /// Opens a match. It starts at `start`. Without `start`, a finished match starts at its beginning, and a running match
    /// some time before its end.
    pub(super) fn open(
        history: Arc<dyn MatchHistory>,
        found: WatchableMatch,
        start: Option<Tick>,
    ) -> Result<Self, PlayError> {
        let WatchableMatch { record, options, range, .. } = found;
        let default_start = if record.is_running {
            let ticks_per_second = match S::Game::PACE {
                Pace::Steady => options.tick_rate.into(),
                // At least one; the replay starts later if players have acted.
                Pace::OnDemand => 1,
            };
            range.last.plus(-START_BEFORE_END_S * ticks_per_second)
        } else {
            range.first
        };
        let start = range.clamp(start.unwrap_or(default_start));
        let segment = history.segment(record.id, SegmentPosition::Tick(start.0))?.ok_or(PlayError::Gone)?;
        if !segment.checkpoint.is_intact(record.id) {
            return Err(StoreError::Damaged.into());
        }
        let playback = Playback::new(&segment.checkpoint.bytes)?;
        let mut player = Self { history, id: record.id, options, range, playback, segment, offset: 0, target: Some(start) };
        player.forget_checkpoint()?;
        Ok(player)
    }

    pub(super) const fn id(&self) -> MatchId {
        self.id
    }

    pub(super) const fn tick_rate(&self) -> u16 {
        self.options.tick_rate
    }

    pub(super) const fn tick(&self) -> Tick {
        self.playback.tick()
    }

    /// Whether a seek has not ended yet.
    pub(super) const fn is_seeking(&self) -> bool {
        self.target.is_some()
    }

    /// The simulation.
    pub(super) const fn playback(&mut self) -> &mut Playback<S> {
        &mut self.playback
    }

    /// Starts a seek to the nearest tick that can be played. It goes on in the next steps.
    pub(super) fn seek(&mut self, tick: Tick) -> Result<(), PlayError> {
        self.refresh()?;
        let target = self.range.clamp(tick);
        let position = SegmentPosition::Tick(target.0);
        let segment = self.history.segment(self.id, position)?.ok_or(PlayError::Gone)?;
        let is_ahead = !self.playback.tick().is_newer_than(target);
        if !is_ahead || segment.checkpoint.sequence != self.segment.checkpoint.sequence {
            self.load(segment)?;
        }
        self.target = Some(target);
        Ok(())
    }

    /// Plays the next tick, or continues a seek.
    pub(super) fn step(&mut self) -> Result<Progress<S::Game>, PlayError> {
        match self.target {
            Some(target) => self.continue_seek(target),
            None => self.play(),
        }
    }

    fn continue_seek(&mut self, target: Tick) -> Result<Progress<S::Game>, PlayError> {
        let mut unread = unread(&self.segment, self.offset);
        let before = unread.len();
        let ticks = self.playback.skip(&mut unread, target, TICKS_PER_STEP)?;
        let is_exhausted = unread.is_empty();
        self.offset += before - unread.len();
        if target.is_newer_than(self.tick()) {
            let can_continue = ticks == TICKS_PER_STEP || !is_exhausted || self.continue_journal()? != Continuation::End;
            if can_continue {
                return Ok(Progress::Seeking);
            }
        }
        self.target = None;
        Ok(Progress::Tick(self.playback.show()))
    }

    fn play(&mut self) -> Result<Progress<S::Game>, PlayError> {
        if !self.range.last.is_newer_than(self.tick()) {
            self.refresh()?;
            if !self.range.last.is_newer_than(self.tick()) {
                return Ok(Progress::End);
            }
        }
        loop {
            let mut unread = unread(&self.segment, self.offset);
            let before = unread.len();
            let played = self.playback.step(&mut unread)?;
            self.offset += before - unread.len();
            if let Some(played) = played {
                return Ok(Progress::Tick(played));
            }
            match self.continue_journal()? {
                Continuation::Gapless => {}
                Continuation::Loaded => {
                    self.target.get_or_insert(self.playback.tick());
                    return Ok(Progress::Seeking);
                }
                Continuation::End => return Ok(Progress::End),
            }
        }
    }

    /// Reads which ticks can be played now.
    fn refresh(&mut self) -> Result<(), PlayError> {
        let record = self.history.find(&MatchKey::Id(self.id))?.ok_or(PlayError::Gone)?;
        let newest = Tick(record.last_tick).plus(-(delay_ticks(&record, &self.options) as i32));
        let PlayRange { first, last } = self.range;
        // If the history is pruned, all that remains may be newer than the delay permits.
        let range = PlayRange::new(newer(first, Tick(record.first_tick)), newer(last, newest));
        self.range = range.ok_or(PlayError::Gone)?;
        Ok(())
    }

    /// Reads the journal that follows the segment. The whole segment has been simulated.
    fn continue_journal(&mut self) -> Result<Continuation, PlayError> {
        let reached = self.segment.journal.as_ref().map_or(self.segment.checkpoint.sequence, |journal| journal.sequence);
        let Some(found) = self.history.segment(self.id, SegmentPosition::Sequence(reached))? else {
            return self.continue_after_gap(reached);
        };
        let (sequence, tick) = (found.checkpoint.sequence, self.playback.tick());
        if sequence == self.segment.checkpoint.sequence {
            // The journal of a segment grows when the match goes on, and when the history is thinned out.
            if unread(&found, self.offset).is_empty() {
                return self.continue_after_gap(reached);
            }
            self.segment = found;
            self.forget_checkpoint()?;
        } else if sequence == reached && Tick(found.tick) == tick {
            (self.segment, self.offset) = (found, 0);
            self.forget_checkpoint()?;
        } else if sequence == reached {
            return self.load_after_gap(found);
        } else {
            // The history was thinned out: the journal that follows belongs to an earlier checkpoint now.
            self.load(found)?;
            self.target.get_or_insert(tick);
            return Ok(Continuation::Loaded);
        }
        Ok(Continuation::Gapless)
    }

    /// Continues at the next checkpoint, because the journal before it is missing.
    fn continue_after_gap(&mut self, sequence: u64) -> Result<Continuation, PlayError> {
        match self.history.segment(self.id, SegmentPosition::After(sequence))? {
            Some(next) => self.load_after_gap(next),
            None => Ok(Continuation::End),
        }
    }

    fn load_after_gap(&mut self, next: Segment) -> Result<Continuation, PlayError> {
        if Tick(next.tick).is_newer_than(self.range.last) {
            return Ok(Continuation::End);
        }
        self.load(next)?;
        Ok(Continuation::Loaded)
    }

    /// Continues in the state of a checkpoint.
    fn load(&mut self, segment: Segment) -> Result<(), PlayError> {
        if !segment.checkpoint.is_intact(self.id) {
            return Err(StoreError::Damaged.into());
        }
        self.playback.load(&segment.checkpoint.bytes)?;
        (self.segment, self.offset) = (segment, 0);
        self.forget_checkpoint()
    }

    /// Verifies the journal of the segment, and releases the memory of its checkpoint.
    fn forget_checkpoint(&mut self) -> Result<(), PlayError> {
        self.segment.checkpoint.bytes = Vec::new();
        match &self.segment.journal {
            Some(journal) if !journal.is_intact(self.id) => Err(StoreError::Damaged.into()),
            _ => Ok(()),
        }
    }
}

fn newer(a: Tick, b: Tick) -> Tick {
    if b.is_newer_than(a) { b } else { a }
}

/// The part of a segment's journal that has not been simulated yet.
fn unread(segment: &Segment, offset: usize) -> &[u8] {
    segment.journal.as_ref().and_then(|journal| journal.bytes.get(offset..)).unwrap_or_default()
}
