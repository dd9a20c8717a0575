//! Writes replay files.

use tickcast_game::Simulation;

use super::record::{Kind, Link, first_link, push_record};
use super::{MAGIC, ReplayFile, ReplayFileError, VERSION, apply_next, check_versions};
use crate::{Replay, RoomVersions};

/// Maximum number of ticks in a part. Each part has a link of 32 bytes. In a part of 256 ticks, the link thus takes one bit
/// per tick.
const PART_TICKS_MAX: usize = 256;
/// A part ends when its entries reach this size, even if it has fewer than [`PART_TICKS_MAX`] ticks. If a link is wrong,
/// the error contains only the offset of the part, so small parts make this offset precise.
const PART_BYTES: usize = 64 << 10;

/// Writes a replay file. Simulates the match while doing so, to compute the hash of the room's state after each tick.
pub struct ReplayRecorder<S: Simulation> {
    replay: Replay<S>,
    bytes: Vec<u8>,
    link: Link,
    /// The hash of the room's state after each tick of the unfinished part.
    hashes: Vec<u64>,
    /// The entries of the unfinished part.
    entries: Vec<u8>,
    /// Number of bytes of `entries` up to the last tick.
    ticks_end: usize,
    /// The hash of the room's state after the last tick, or at the start.
    tick_hash: u64,
    has_panicked: bool,
}

impl<S: Simulation> ReplayRecorder<S> {
    /// Begins a file with a checkpoint.
    ///
    /// # Errors
    /// [`ReplayFileError`].
    pub fn new(match_id: [u8; 16], checkpoint: &[u8]) -> Result<Self, ReplayFileError> {
        let mut bytes = [MAGIC.as_slice(), &VERSION.to_le_bytes(), &match_id].concat();
        let mut link = first_link(&bytes);
        let offset = bytes.len();
        let failed = |cause| ReplayFileError::Checkpoint { offset, cause };
        check_versions::<S>(RoomVersions::of_checkpoint(checkpoint).map_err(failed)?)?;
        let replay = Replay::new(checkpoint).map_err(failed)?;
        push_record(Kind::Checkpoint, checkpoint, &mut link, &mut bytes);
        let (hashes, entries, tick_hash) = (Vec::new(), Vec::new(), replay.hash());
        Ok(Self { replay, bytes, link, hashes, entries, ticks_end: 0, tick_hash, has_panicked: false })
    }

    /// Adds the next part of the journal, as [`Room::take_journal`](crate::Room::take_journal) returned it.
    ///
    /// # Errors
    /// [`ReplayFileError`]. Its offset is relative to the start of `journal`. After [`ReplayFileError::Panicked`], call only
    /// [`ReplayRecorder::finish`]: the file then ends with the tick in which the rules panicked. Do not use the recorder
    /// after any other error.
    pub fn append(&mut self, journal: &[u8]) -> Result<(), ReplayFileError> {
        let mut rest = journal;
        while !rest.is_empty() {
            let (entry, last) = (rest, self.replay.tick());
            let offset = journal.len() - entry.len();
            let result = apply_next(&mut self.replay, &mut rest, offset);
            self.entries.extend_from_slice(&entry[..entry.len() - rest.len()]);
            self.has_panicked = matches!(result, Err(ReplayFileError::Panicked { .. }));
            result?;
            if self.replay.tick() != last {
                self.handle_tick()?;
            }
        }
        Ok(())
    }

    fn handle_tick(&mut self) -> Result<(), ReplayFileError> {
        self.tick_hash = self.replay.hash();
        self.hashes.push(self.tick_hash);
        self.ticks_end = self.entries.len();
        if self.hashes.len() == PART_TICKS_MAX || self.entries.len() >= PART_BYTES {
            self.finish_part();
            self.check_size()?;
        }
        Ok(())
    }

    /// The [`Replay`] of the match, in the state after the last entry.
    #[must_use]
    pub const fn replay(&self) -> &Replay<S> {
        &self.replay
    }

    /// Ends the file and returns its bytes.
    ///
    /// # Errors
    /// [`ReplayFileError::TooBig`].
    pub fn finish(mut self) -> Result<Vec<u8>, ReplayFileError> {
        let final_hash = if self.has_panicked {
            let panic = self.entries.split_off(self.ticks_end);
            self.finish_part();
            push_record(Kind::Panic, &panic, &mut self.link, &mut self.bytes);
            self.tick_hash
        } else {
            self.finish_part();
            self.replay.hash()
        };
        push_record(Kind::End, &final_hash.to_le_bytes(), &mut self.link, &mut self.bytes);
        self.check_size()?;
        Ok(self.bytes)
    }

    const fn check_size(&self) -> Result<(), ReplayFileError> {
        if self.bytes.len() > ReplayFile::BYTES_MAX { Err(ReplayFileError::TooBig) } else { Ok(()) }
    }

    fn finish_part(&mut self) {
        if self.entries.is_empty() {
            return;
        }
        let ticks = u32::try_from(self.hashes.len()).expect("a part has few ticks");
        let mut contents = ticks.to_le_bytes().to_vec();
        contents.extend(self.hashes.drain(..).flat_map(u64::to_le_bytes));
        contents.append(&mut self.entries);
        self.ticks_end = 0;
        push_record(Kind::Part, &contents, &mut self.link, &mut self.bytes);
    }
}
