//! Decodes and verifies replay files. The fuzzer cannot find correct hashes. An input may therefore contain only the
//! records of a file, the journal of a room, or a checkpoint. This target then adds the correct hashes.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use tickcast_arena::{Options, World};
use tickcast_game::Simulation;
use tickcast_room::{NoObserver, Replay, ReplayFile, ReplayRecorder, Room, RoomOptions};
use xxhash_rust::xxh3::xxh3_64;

/// First byte of an input that is the journal of a room.
const JOURNAL: u8 = 0;
/// First byte of an input that is a checkpoint without its hash.
const CHECKPOINT: u8 = 1;
/// First byte of an input that contains the records of a replay file without their links (the SHA-256 hash at the end of
/// each record). Each of these records consists of its kind, the length of its contents, and the contents.
const RECORDS: u8 = 2;

/// The checkpoint of a new room.
static START: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let options = RoomOptions::default().with(|room| (room.tick_rate, room.seats, room.ai_players) = (20, 3, 2));
    let world = World::new(&Options { world_size: 640, rocks: 2, orbs: 2, round_s: 0 }, options.tick_rate, 1);
    Room::<World>::new("fuzz".parse().expect("the name is valid"), options, world, Box::new(NoObserver)).checkpoint()
});

fuzz_target!(|bytes: &[u8]| match bytes {
    [JOURNAL, journal @ ..] => check_journal(journal),
    [CHECKPOINT, checkpoint @ ..] => {
        let hash = xxh3_64(checkpoint).to_le_bytes();
        let _ = Replay::<World>::new(&[checkpoint, &hash].concat());
    }
    [RECORDS, records @ ..] => check_file(&with_links(records)),
    file => check_file(file),
});

/// Recording an arbitrary journal does not panic. If it succeeds, the result is a valid file.
fn check_journal(journal: &[u8]) {
    let mut recorder = ReplayRecorder::<World>::new([0; 16], &START).expect("the checkpoint is valid");
    if recorder.append(journal).is_ok() {
        let last = recorder.replay().hash();
        let bytes = recorder.finish().expect("the file is small");
        let verified = ReplayFile::decode(&bytes).and_then(|file| file.verify::<World>());
        assert_eq!(verified.expect("the file is valid").hash(), last);
    }
}

/// Decoding does not panic. The match is not simulated, because the world in the file's checkpoint is arbitrary, and the
/// rules may panic in such a world.
fn check_file(bytes: &[u8]) {
    if let Ok(file) = ReplayFile::decode(bytes) {
        assert!(file.checkpoint_bytes() + file.journal_bytes() + 8 * file.ticks() < bytes.len());
        let _ = (file.versions(), file.start::<World>().map(drop));
    }
}

/// A replay file with these records and correct links (hashes). The last record may be incomplete.
fn with_links(mut records: &[u8]) -> Vec<u8> {
    let mut file = [b"tcreplay".as_slice(), &1_u32.to_le_bytes(), &[0; 16]].concat();
    let mut link = Sha256::digest(&file);
    while let [_, a, b, c, d, contents @ ..] = records {
        let length = (u32::from_le_bytes([*a, *b, *c, *d]) as usize).min(contents.len());
        let (record, rest) = records.split_at(5 + length);
        link = Sha256::new().chain_update(link).chain_update(record).finalize();
        file.extend([record, &link].concat());
        records = rest;
    }
    file
}
