//! The last seconds of a room, from which a replay file can be made.

use std::collections::VecDeque;

/// Number of checkpoints that are kept, each with the journal that follows it. With two, a recording covers at least the
/// time between two checkpoints.
const CHECKPOINTS_MAX: usize = 2;
/// Limit on the journal after one checkpoint, in bytes: that of 1,000 players who each send 30 inputs per second for 60 s.
/// While a write has not ended, no checkpoint is made, so the journal grows. The limit is reached only if a write takes a
/// very long time.
const JOURNAL_BYTES_MAX: usize = 8 << 20;

/// The last seconds of a room: checkpoints, and the journal that follows each of them, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Recording(VecDeque<(Vec<u8>, Vec<u8>)>);

impl Recording {
    /// Continues with a checkpoint of the room.
    pub(super) fn start(&mut self, checkpoint: &[u8]) {
        if self.0.len() == CHECKPOINTS_MAX {
            self.0.pop_front();
        }
        self.0.push_back((checkpoint.to_vec(), Vec::new()));
    }

    /// Adds entries of the journal. If the journal becomes too long, discards everything.
    pub(super) fn extend(&mut self, entries: &[u8]) {
        let Some((_, journal)) = self.0.back_mut() else { return };
        journal.extend_from_slice(entries);
        if journal.len() > JOURNAL_BYTES_MAX {
            self.0.clear();
        }
    }

    /// The oldest checkpoint, and the parts of the journal that follow it. `None` if nothing is recorded.
    pub fn parts(&self) -> Option<(&[u8], impl Iterator<Item = &[u8]>)> {
        let (checkpoint, _) = self.0.front()?;
        Some((checkpoint, self.0.iter().map(|(_, journal)| journal.as_slice())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(recording: &Recording) -> Option<(Vec<u8>, Vec<u8>)> {
        recording.parts().map(|(checkpoint, journal)| (checkpoint.to_vec(), journal.flatten().copied().collect()))
    }

    #[test]
    fn a_recording_begins_at_the_checkpoint_before_the_newest() {
        let mut recording = Recording::default();
        recording.extend(&[1]);
        assert_eq!(parts(&recording), None);
        for number in [10, 20, 30] {
            recording.start(&[number]);
            recording.extend(&[number + 1]);
            recording.extend(&[number + 2]);
        }
        assert_eq!(parts(&recording), Some((vec![20], vec![21, 22, 31, 32])));
    }

    #[test]
    fn a_journal_that_is_too_long_is_discarded() {
        let mut recording = Recording::default();
        recording.start(&[1]);
        recording.extend(&vec![0; JOURNAL_BYTES_MAX]);
        assert!(recording.parts().is_some());
        recording.extend(&[0]);
        assert!(recording.parts().is_none());
    }
}
