//! The matches that clients may watch, and the range of ticks that they may see.

use tickcast_game::Simulation;
use tickcast_protocol::{RoomName, Tick};
use tickcast_room::{CheckpointSummary, RoomOptions};
use tickcast_store::{MatchHistory, MatchKey, MatchRecord, SegmentPosition, StoreError};

/// Which rooms' matches clients may watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayPolicy {
    /// Those of rooms that admit spectators.
    SpectatedRooms,
    /// Those of all rooms, because the operator has selected the matches.
    AllRooms,
}

/// A match that clients may watch.
pub(super) struct WatchableMatch {
    pub(super) record: MatchRecord,
    /// Name of the room.
    pub(super) room: RoomName,
    /// Options of the room.
    pub(super) options: RoomOptions,
    /// The ticks that can be played.
    pub(super) range: PlayRange,
}

/// The ticks of a match that clients may see. The first tick is not newer than the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlayRange {
    pub(super) first: Tick,
    pub(super) last: Tick,
}

impl PlayRange {
    /// `None` if the first tick is newer than the last one.
    pub(super) fn new(first: Tick, last: Tick) -> Option<Self> {
        (!first.is_newer_than(last)).then_some(Self { first, last })
    }

    /// The tick of the range that is nearest to `tick`.
    pub(super) fn clamp(&self, tick: Tick) -> Tick {
        self.first.plus(tick.since(self.first).clamp(0, self.last.since(self.first)))
    }
}

/// Finds a match that clients may watch: the policy permits it, this program can simulate it, and it is older than the
/// delay of spectators.
pub(super) fn find<S: Simulation>(
    history: &dyn MatchHistory,
    policy: ReplayPolicy,
    key: &MatchKey,
) -> Result<Option<WatchableMatch>, StoreError> {
    match history.find(key)? {
        Some(record) => watchable::<S>(history, policy, record),
        None => Ok(None),
    }
}

/// The match of this record, if clients may watch it.
pub(super) fn watchable<S: Simulation>(
    history: &dyn MatchHistory,
    policy: ReplayPolicy,
    record: MatchRecord,
) -> Result<Option<WatchableMatch>, StoreError> {
    let summary_at = |tick| -> Result<Option<CheckpointSummary>, StoreError> {
        let segment = history.segment(record.id, SegmentPosition::Tick(tick))?;
        Ok(segment.and_then(|segment| CheckpointSummary::decode::<S>(&segment.checkpoint.bytes).ok()))
    };
    let Some(CheckpointSummary { name: room, options }) = summary_at(record.last_tick)? else { return Ok(None) };
    let mut first = record.first_tick;
    if summary_at(first)?.is_none() {
        // The first checkpoint was made under other rules. Searches for the oldest checkpoint that was made under the
        // current rules.
        let mut unplayable = first;
        first = record.last_tick;
        while first.wrapping_sub(unplayable) > 1 {
            let middle = unplayable.wrapping_add(first.wrapping_sub(unplayable) / 2);
            *if summary_at(middle)?.is_some() { &mut first } else { &mut unplayable } = middle;
        }
    }
    let (first, newest) = (Tick(first), Tick(record.last_tick));
    let last = newest.plus(-(delay_ticks(&record, &options) as i32));
    let is_permitted = policy == ReplayPolicy::AllRooms || options.spectators > 0;
    let range = PlayRange::new(first, last).filter(|_| is_permitted);
    Ok(range.map(|range| WatchableMatch { record, room, options, range }))
}

/// The delay of spectators. After the end of a match there is none: the room was empty for some time before it ended.
pub(super) fn delay_ticks(record: &MatchRecord, options: &RoomOptions) -> u32 {
    if record.is_running { u32::from(options.spectator_delay_s) * u32::from(options.tick_rate) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tick_is_moved_into_the_range() {
        let (first, last) = (Tick(u32::MAX - 4), Tick(10));
        let range = PlayRange::new(first, last).expect("the range contains ticks");
        for (tick, expected) in [
            (first, first),
            (Tick(0), Tick(0)),
            (last, last),
            (last.next(), last),
            (first.plus(-1), first),
            (first.plus(i32::MAX), last),
            (last.plus(i32::MIN), first),
        ] {
            assert_eq!(range.clamp(tick), expected, "{tick:?}");
        }
        let single = PlayRange::new(last, last).expect("the range contains a tick");
        // No tick is farther away than the last of these.
        for tick in [first, last.plus(i32::MAX), last.plus(i32::MIN)] {
            assert_eq!(single.clamp(tick), last, "{tick:?}");
        }
        assert_eq!(PlayRange::new(last.next(), last), None);
    }
}
