//! The interface to the history of matches, for replays.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::{Checkpoint, Creator, JournalPart, MatchId, StoreError};

/// Maximum number of matches of one creator in a list of finished matches, as long as there are enough matches of others: a
/// client who plays in many rooms must not displace the matches of others.
pub const MATCHES_PER_CREATOR: u32 = 3;

/// Reads the history of matches. All methods block, but no write waits for them.
///
/// A history may be thinned out: a store may remove a checkpoint, and append the journal that follows it to the journal
/// before it. It may also delete the oldest checkpoints of a match. A reader must therefore expect that a segment that it has
/// read does not exist any more.
pub trait MatchHistory: Send + Sync + 'static {
    /// The match with this key, if its history contains a checkpoint.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&self, key: &MatchKey) -> Result<Option<MatchRecord>, StoreError>;

    /// Up to `count_max` finished matches with markers, the newest first. Matches in which nothing has happened are left out,
    /// so that they do not displace others. If a creator has more than [`MATCHES_PER_CREATOR`], the older ones come last,
    /// behind all others.
    ///
    /// # Errors
    /// [`StoreError`].
    fn finished(&self, count_max: u32) -> Result<Vec<MatchRecord>, StoreError>;

    /// A segment of a match. `None` if there is no such segment.
    ///
    /// # Errors
    /// [`StoreError`].
    fn segment(&self, id: MatchId, position: SegmentPosition) -> Result<Option<Segment>, StoreError>;

    /// Reads the markers of the newest checkpoints, the newest first, until `visit` returns [`ControlFlow::Break`]: at most
    /// `count_max` items. Each item contains the [`CheckpointIndex::markers`] of a checkpoint. Checkpoints without markers
    /// are left out. Do not use the history in `visit`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn visit_markers(&self, id: MatchId, count_max: u32, visit: &mut MarkerVisitor<'_>) -> Result<(), StoreError>;
}

/// Receives the markers of a checkpoint, and decides whether those of an older checkpoint are read.
pub type MarkerVisitor<'a> = dyn FnMut(&[u8]) -> ControlFlow<()> + 'a;

/// Identifies a match.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MatchKey {
    /// The match with this id.
    Id(MatchId),
    /// The newest match of the room with this name.
    Newest(String),
}

/// A match in a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchRecord {
    /// The match.
    pub id: MatchId,
    /// Name of its room.
    pub name: String,
    /// Whether the room is still open.
    pub is_running: bool,
    /// Tick of the oldest checkpoint.
    pub first_tick: u32,
    /// Tick of the newest checkpoint.
    pub last_tick: u32,
}

/// Selects a segment of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentPosition {
    /// The segment of the newest checkpoint whose tick is at most this one.
    Tick(u32),
    /// The segment of the newest checkpoint whose sequence number is at most this one.
    Sequence(u64),
    /// The segment of the oldest checkpoint whose sequence number is higher than this one.
    After(u64),
}

/// A checkpoint in a history, and the journal that follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Tick of the checkpoint.
    pub tick: u32,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// The journal up to the next checkpoint. `None` for the newest checkpoint of a running match, and if a part of the
    /// journal is missing because a write failed.
    pub journal: Option<JournalPart>,
}

/// What a history must know about a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointIndex {
    /// Tick of the checkpoint.
    pub tick: u32,
    /// What happened since the previous checkpoint, for people who look for a moment of the match. May be empty.
    pub markers: Vec<u8>,
}

/// A list of matches in which no creator displaces others: see [`MatchHistory::finished`].
pub(crate) struct FairList<T> {
    count_max: usize,
    /// Number of matches of each creator.
    counts: BTreeMap<Creator, u32>,
    first: Vec<T>,
    /// Matches beyond the share of their creator.
    last: Vec<T>,
}

impl<T> FairList<T> {
    pub(crate) const fn new(count_max: usize) -> Self {
        Self { count_max, counts: BTreeMap::new(), first: Vec::new(), last: Vec::new() }
    }

    /// Whether further matches would not be listed.
    #[cfg(feature = "sqlite")]
    pub(crate) const fn is_full(&self) -> bool {
        self.first.len() >= self.count_max
    }

    /// Adds a match that is older than those before.
    pub(crate) fn push(&mut self, creator: Option<Creator>, item: T) {
        let count = creator.map_or(0, |creator| {
            let count = self.counts.entry(creator).or_default();
            *count += 1;
            *count
        });
        let list = if count <= MATCHES_PER_CREATOR { &mut self.first } else { &mut self.last };
        if list.len() < self.count_max {
            list.push(item);
        }
    }

    pub(crate) fn finish(self) -> impl Iterator<Item = T> {
        self.first.into_iter().chain(self.last).take(self.count_max)
    }
}
