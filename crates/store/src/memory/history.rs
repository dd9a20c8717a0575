//! A history in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::store::{
    Checkpoint, CheckpointIndex, Creator, FairList, JournalPart, MarkerVisitor, MatchHistory, MatchId, MatchKey,
    MatchRecord, Operation, Segment, SegmentPosition, StoreError, Write,
};

/// A history in memory. It keeps everything.
#[derive(Default)]
pub struct MemoryHistory(Mutex<Vec<(MatchId, Match)>>);

/// A match, and the journal since its newest checkpoint.
#[derive(Clone)]
struct Match {
    name: String,
    creator: Option<Creator>,
    is_running: bool,
    segments: Vec<Segment>,
    markers: BTreeMap<u32, Vec<u8>>,
    open_journal: Vec<u8>,
}

impl MemoryHistory {
    /// Adds a finished match.
    pub fn add(&self, id: MatchId, name: String, segments: Vec<Segment>, markers: Vec<u8>) {
        let last_tick = segments.last().map_or(0, |segment| segment.tick);
        let markers = [(last_tick, markers)].into();
        let open_journal = Vec::new();
        self.matches().push((id, Match { name, creator: None, is_running: false, segments, markers, open_journal }));
    }

    /// A copy with the same matches.
    pub(super) fn copy(&self) -> Self {
        Self(Mutex::new(self.matches().clone()))
    }

    /// Records a write that a store has carried out.
    pub(super) fn record(&self, write: &Write) {
        let mut matches = self.matches();
        if let Operation::Create { name, creator, .. } = &write.operation {
            let (name, segments, open_journal) = (name.clone(), Vec::new(), Vec::new());
            let (creator, markers) = (*creator, BTreeMap::new());
            let new = Match { name, creator, is_running: true, segments, markers, open_journal };
            matches.push((write.room, new));
        }
        let Some(index) = matches.iter().position(|(id, _)| *id == write.room) else { return };
        let recorded = &mut matches[index].1;
        match &write.operation {
            Operation::Create { checkpoint, .. } => recorded.push(write, 0, checkpoint),
            Operation::Restart { sequence, checkpoint } => recorded.push(write, *sequence, checkpoint),
            Operation::Append { sequence, journal, checkpoint } => {
                recorded.open_journal.extend_from_slice(journal);
                if let Some(checkpoint) = checkpoint {
                    recorded.push(write, *sequence, checkpoint);
                }
            }
            Operation::Close => recorded.is_running = false,
            Operation::SetAside { .. } => drop(matches.remove(index)),
        }
    }

    /// Removes the segment of a checkpoint, and appends the segment's journal to the journal of the previous segment. A
    /// store does the same when it thins out its history.
    ///
    /// # Panics
    /// If one of the two segments does not exist, or has no journal.
    pub fn thin_out(&self, id: MatchId, tick: u32) {
        let mut matches = self.matches();
        let (_, thinned) = matches.iter_mut().find(|(found, _)| *found == id).expect("the match exists");
        let at = thinned.segments.iter().position(|segment| segment.tick == tick).expect("the segment exists");
        let [before, removed] = &mut thinned.segments[at - 1..=at] else { unreachable!("two segments") };
        let journals = [&before.journal, &removed.journal].map(|part| part.as_ref().expect("there is a journal"));
        let bytes = journals.map(|part| part.bytes.as_slice()).concat();
        before.journal = Some(JournalPart::new(id, journals[1].sequence, bytes));
        thinned.segments.remove(at);
    }

    /// Removes the segments whose checkpoints are older than this tick. A store does the same to keep within its limits.
    pub fn prune(&self, id: MatchId, tick: u32) {
        for (_, pruned) in self.matches().iter_mut().filter(|(found, _)| *found == id) {
            pruned.segments.retain(|segment| segment.tick >= tick);
        }
    }

    /// Removes a match, as a store does when the retention of the match has ended.
    pub fn remove(&self, id: MatchId) {
        self.matches().retain(|(found, _)| *found != id);
    }

    fn matches(&self) -> MutexGuard<'_, Vec<(MatchId, Match)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Match {
    /// Adds the checkpoint of a write.
    fn push(&mut self, write: &Write, sequence: u64, bytes: &[u8]) {
        let Some(CheckpointIndex { tick, markers }) = write.index.clone() else { return };
        let journal = std::mem::take(&mut self.open_journal);
        if let Some(previous) = self.segments.last_mut().filter(|_| !journal.is_empty()) {
            previous.journal = Some(JournalPart::new(write.room, sequence, journal));
        }
        if !markers.is_empty() {
            self.markers.insert(tick, markers);
        }
        self.segments.push(Segment {
            tick,
            checkpoint: Checkpoint::new(write.room, sequence, bytes.to_vec()),
            journal: None,
        });
    }

    fn has_markers(&self) -> bool {
        self.markers.values().any(|markers| !markers.is_empty())
    }

    fn record(&self, id: MatchId) -> Option<MatchRecord> {
        let (first, last) = (self.segments.first()?, self.segments.last()?);
        let (name, is_running) = (self.name.clone(), self.is_running);
        Some(MatchRecord { id, name, is_running, first_tick: first.tick, last_tick: last.tick })
    }
}

impl MatchHistory for MemoryHistory {
    fn find(&self, key: &MatchKey) -> Result<Option<MatchRecord>, StoreError> {
        let matches = self.matches();
        let has_key = |(id, found): &&(MatchId, Match)| match key {
            MatchKey::Id(wanted) => id == wanted,
            MatchKey::Newest(name) => *name == found.name,
        };
        Ok(matches.iter().rev().find(has_key).and_then(|(id, found)| found.record(*id)))
    }

    fn finished(&self, count_max: u32) -> Result<Vec<MatchRecord>, StoreError> {
        let matches = self.matches();
        let mut list = FairList::new(count_max as usize);
        for (id, found) in matches.iter().rev().filter(|(_, found)| !found.is_running && found.has_markers()) {
            list.push(found.creator, found.record(*id));
        }
        Ok(list.finish().flatten().collect())
    }

    fn segment(&self, id: MatchId, position: SegmentPosition) -> Result<Option<Segment>, StoreError> {
        let matches = self.matches();
        let Some((_, found)) = matches.iter().find(|(found, _)| *found == id) else { return Ok(None) };
        let segments = &mut found.segments.iter();
        Ok(match position {
            SegmentPosition::Tick(tick) => segments.rfind(|segment| segment.tick <= tick),
            SegmentPosition::Sequence(sequence) => segments.rfind(|segment| segment.checkpoint.sequence <= sequence),
            SegmentPosition::After(sequence) => segments.find(|segment| segment.checkpoint.sequence > sequence),
        }
        .cloned())
    }

    fn visit_markers(&self, id: MatchId, count_max: u32, visit: &mut MarkerVisitor<'_>) -> Result<(), StoreError> {
        let matches = self.matches();
        let found = matches.iter().find(|(found, _)| *found == id);
        let newest = found.into_iter().flat_map(|(_, found)| found.markers.values().rev());
        let _ = newest.take(count_max as usize).try_for_each(|markers| visit(markers));
        Ok(())
    }
}
