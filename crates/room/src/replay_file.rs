//! Replay files: a part of a match, with the hash of the room's state after each tick.
//!
//! | bytes | contents |
//! | --- | --- |
//! | 8 | `tcreplay` |
//! | 4 | version of the format, 1 |
//! | 16 | id of the match |
//! | … | records: a checkpoint, any number of parts of the journal that follows it, possibly a panic, and the end |
//!
//! Nothing follows the end. Each record consists of:
//!
//! | bytes | contents |
//! | --- | --- |
//! | 1 | kind: 0 checkpoint, 1 part, 2 end, 3 panic |
//! | 4 | length of the contents |
//! | … | contents |
//! | 32 | link: SHA-256 of the previous link, the kind, the length and the contents |
//!
//! The first record's previous link is SHA-256 of the 28 bytes before it. The last link thus identifies the whole match.
//! Contents of the records:
//!
//! | kind | contents |
//! | --- | --- |
//! | checkpoint | the checkpoint of the room at the start, with name, options and versions |
//! | part | number of ticks (4 bytes); the [hash](Replay::hash) after each tick (8 bytes each); entries of the journal |
//! | panic | entries of the journal: those after the last tick, up to the tick in which the game's rules panicked |
//! | end | the hash after the last entry of the parts (8 bytes) |
//!
//! Numbers are little-endian. An entry is never split between two parts.

mod error;
mod record;
mod recorder;

use std::panic::{self, AssertUnwindSafe};

use tickcast_game::Simulation;

use crate::{RecoverError, Replay, RoomVersions};
use record::{Bytes, Kind, Link, Record, Records};

pub use error::ReplayFileError;
pub use recorder::ReplayRecorder;

const MAGIC: [u8; 8] = *b"tcreplay";
const VERSION: u32 = 1;

/// A decoded replay file. Its chain of hashes is intact. The source file `replay_file.rs` specifies the format.
#[derive(Debug)]
pub struct ReplayFile<'a> {
    match_id: [u8; 16],
    checkpoint: Record<'a>,
    parts: Vec<Part<'a>>,
    /// The record of the tick in which the game's rules panicked.
    panic: Option<Record<'a>>,
    final_hash: u64,
    link: Link,
}

/// A part of the journal.
#[derive(Debug)]
struct Part<'a> {
    /// The [hash](Replay::hash) of the room's state after each tick.
    hashes: &'a [[u8; 8]],
    entries: &'a [u8],
    /// Offset of the entries in the file.
    offset: usize,
}

impl<'a> ReplayFile<'a> {
    /// Maximum size of a replay file: sufficient for 2 h of a match with 100 players and 20 inputs per second each.
    pub const BYTES_MAX: usize = 64 << 20;

    /// Decodes a file and checks its chain of hashes. Allocates at most three times the size of the file.
    ///
    /// # Errors
    /// [`ReplayFileError`].
    pub fn decode(file: &'a [u8]) -> Result<Self, ReplayFileError> {
        if file.len() > Self::BYTES_MAX {
            return Err(ReplayFileError::TooBig);
        }
        let mut bytes = Bytes::new(file);
        if bytes.take_array() != Ok(MAGIC) {
            return Err(ReplayFileError::NotAReplay);
        }
        let version = u32::from_le_bytes(bytes.take_array()?);
        if version != VERSION {
            return Err(ReplayFileError::UnsupportedVersion(version));
        }
        let match_id = bytes.take_array()?;
        let mut records = Records::new(&file[..bytes.offset()], bytes);
        let checkpoint = records.next()?.expect(Kind::Checkpoint)?;
        let (mut parts, mut panic) = (Vec::new(), None);
        loop {
            let record = records.next()?;
            match record.kind {
                Kind::Checkpoint => return Err(record.damaged("a second checkpoint")),
                Kind::Part | Kind::Panic if panic.is_some() => return Err(record.damaged("the end is expected")),
                Kind::Part => parts.push(Part::decode(&record)?),
                Kind::Panic => panic = Some(record),
                Kind::End => {
                    let final_hash = u64::from_le_bytes(Bytes::of(&record).take_only()?);
                    let link = records.finish()?;
                    return Ok(Self { match_id, checkpoint, parts, panic, final_hash, link });
                }
            }
        }
    }

    /// The id of the match.
    #[must_use]
    pub const fn match_id(&self) -> [u8; 16] {
        self.match_id
    }

    /// The last link of the chain of hashes. It identifies the whole file.
    #[must_use]
    pub const fn link(&self) -> [u8; 32] {
        self.link
    }

    /// Whether the game's rules panicked in the tick after the last one.
    #[must_use]
    pub const fn has_panic(&self) -> bool {
        self.panic.is_some()
    }

    /// Number of ticks, without one in which the game's rules panicked.
    #[must_use]
    pub fn ticks(&self) -> usize {
        self.parts.iter().map(|part| part.hashes.len()).sum()
    }

    /// Size of the checkpoint in bytes.
    #[must_use]
    pub const fn checkpoint_bytes(&self) -> usize {
        self.checkpoint.contents.len()
    }

    /// Size of the journal in bytes.
    #[must_use]
    pub fn journal_bytes(&self) -> usize {
        self.parts.iter().map(|part| part.entries.len()).sum()
    }

    /// The versions of the program that recorded the match.
    ///
    /// # Errors
    /// [`ReplayFileError::Checkpoint`].
    pub fn versions(&self) -> Result<RoomVersions, ReplayFileError> {
        self.checkpoint_result(RoomVersions::of_checkpoint(self.checkpoint.contents))
    }

    /// A [`Replay`] of the match, in the state that the checkpoint at the start of the file contains.
    ///
    /// # Errors
    /// [`ReplayFileError::Checkpoint`] if the checkpoint cannot be decoded.
    pub fn start<S: Simulation>(&self) -> Result<Replay<S>, ReplayFileError> {
        self.checkpoint_result(Replay::new(self.checkpoint.contents))
    }

    /// Simulates the match, and compares the hash of the room's state after each tick with the hash in the file. Returns
    /// the [`Replay`] in the state after the last entry.
    ///
    /// # Errors
    /// [`ReplayFileError`]. If the file ends with a panic, and the rules of this program also panic,
    /// [`ReplayFileError::Panicked`].
    pub fn verify<S: Simulation>(&self) -> Result<Replay<S>, ReplayFileError> {
        let mut replay = self.simulate(|_, _| {})?;
        if let Some(panic) = &self.panic {
            let mut rest = panic.contents;
            while !rest.is_empty() {
                let offset = panic.offset + panic.contents.len() - rest.len();
                apply_next(&mut replay, &mut rest, offset)?;
            }
        }
        Ok(replay)
    }

    /// Like [`Self::verify`], but does not simulate a tick in which the game's rules panicked. Calls `handle` once at the
    /// start without entries, and after each part of the journal with the entries of that part.
    ///
    /// # Errors
    /// [`ReplayFileError`].
    pub fn simulate<S: Simulation>(
        &self,
        mut handle: impl FnMut(&mut Replay<S>, &[u8]),
    ) -> Result<Replay<S>, ReplayFileError> {
        check_versions::<S>(self.versions()?)?;
        let mut replay = self.start::<S>()?;
        handle(&mut replay, &[]);
        for part in &self.parts {
            part.simulate(&mut replay)?;
            handle(&mut replay, part.entries);
        }
        if replay.hash() == self.final_hash { Ok(replay) } else { Err(ReplayFileError::Diverged { tick: replay.tick() }) }
    }

    fn checkpoint_result<T>(&self, result: Result<T, RecoverError>) -> Result<T, ReplayFileError> {
        result.map_err(|cause| ReplayFileError::Checkpoint { offset: self.checkpoint.offset, cause })
    }
}

/// Checks that the versions of the program that recorded a match equal those of this program. If they differ, this program
/// may simulate the match differently.
fn check_versions<S: Simulation>(recorded: RoomVersions) -> Result<(), ReplayFileError> {
    let current = RoomVersions::current::<S>();
    if recorded == current { Ok(()) } else { Err(ReplayFileError::OtherVersions { recorded, current }) }
}

/// Applies the first entry of `entries`, and removes it from `entries`. `offset` is the offset of this entry in the file.
///
/// The file may come from an attacker, and may contain a world that the game's rules never produce. The rules may panic in
/// such a world, so a panic is reported as an error.
fn apply_next<S: Simulation>(replay: &mut Replay<S>, entries: &mut &[u8], offset: usize) -> Result<(), ReplayFileError> {
    match panic::catch_unwind(AssertUnwindSafe(|| replay.apply_next(entries))) {
        Ok(result) => result.map_err(|cause| ReplayFileError::Entry { offset, cause }),
        Err(_) => Err(ReplayFileError::Panicked { tick: replay.tick() }),
    }
}

impl<'a> Part<'a> {
    fn decode(record: &Record<'a>) -> Result<Self, ReplayFileError> {
        let mut bytes = Bytes::of(record);
        let ticks = u32::from_le_bytes(bytes.take_array()?);
        let hashes = bytes.take(u64::from(ticks) * 8)?;
        let (hashes, []) = hashes.as_chunks() else { unreachable!("the length is a multiple of 8") };
        Ok(Self { hashes, offset: bytes.offset(), entries: bytes.rest() })
    }

    /// Simulates this part of the journal, and compares the hash of the room's state after each tick with the hash in the
    /// file.
    fn simulate<S: Simulation>(&self, replay: &mut Replay<S>) -> Result<(), ReplayFileError> {
        let mut hashes = self.hashes.iter().map(|hash| u64::from_le_bytes(*hash));
        let mut rest = self.entries;
        while !rest.is_empty() {
            let offset = self.offset + self.entries.len() - rest.len();
            let last = replay.tick();
            apply_next(replay, &mut rest, offset)?;
            let tick = replay.tick();
            if tick == last {
                continue;
            }
            match hashes.next() {
                None => return Err(ReplayFileError::Damaged { offset, what: "a tick without a hash" }),
                Some(hash) if hash != replay.hash() => return Err(ReplayFileError::Diverged { tick }),
                Some(_) => {}
            }
        }
        match hashes.next() {
            None => Ok(()),
            Some(_) => Err(ReplayFileError::Damaged { offset: self.offset, what: "a hash without a tick" }),
        }
    }
}
