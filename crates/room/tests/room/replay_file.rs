//! Tests of replay files: files of random games, damaged files, and files of games whose rules have changed or panic.

use std::time::Duration;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use tickcast_arena::{Arena, Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::Tick;
use tickcast_room::{NoObserver, RecoverError, ReplayFile, ReplayFileError, ReplayRecorder, Room};
use xxhash_rust::xxh3::xxh3_64;

use crate::random_game::{Op, RandomGame, TICK_RATE, any_op, new_room, options};
use crate::variant::{Changed, Original, OtherForm, OtherRules, Panicking};

const MATCH_ID: [u8; 16] = [7; 16];
/// Offset of the first record: magic, version and match id precede it.
const FIRST_RECORD: usize = 28;
/// Number of bytes before the contents of a record: the kind (1) and the length (4).
const RECORD_HEAD: usize = 5;
/// Number of bytes of the hash at the end of a record.
const LINK: usize = 32;

/// Plays a game from the start, and records it.
fn record_game(ops: &[Op]) -> (RandomGame, Vec<u8>) {
    let mut game = RandomGame::new(new_room());
    let mut recorder = ReplayRecorder::<World>::new(MATCH_ID, &game.room.checkpoint()).expect("the checkpoint is valid");
    for op in ops {
        game.perform(op);
        recorder.append(&game.room.take_journal()).expect("the journal is valid");
    }
    (game, recorder.finish().expect("the file is small"))
}

fn verify<S: Simulation<Game = Arena>>(file: &[u8]) -> Result<(), ReplayFileError> {
    ReplayFile::decode(file)?.verify::<S>().map(drop)
}

/// The kind and the contents of each record.
fn records(file: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let (mut rest, mut records) = (&file[FIRST_RECORD..], Vec::new());
    while let [kind, a, b, c, d, after @ ..] = rest {
        let (contents, after) = after.split_at(u32::from_le_bytes([*a, *b, *c, *d]) as usize);
        records.push((*kind, contents.to_vec()));
        rest = &after[LINK..];
    }
    records
}

/// Replaces the records of a file by `records`, and recomputes the chain of hashes.
fn with_records(file: &[u8], records: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut changed = file[..FIRST_RECORD].to_vec();
    let mut link = Sha256::digest(&changed);
    for (kind, contents) in records {
        let length = (contents.len() as u32).to_le_bytes();
        let record = [&[*kind], length.as_slice(), contents].concat();
        link = Sha256::digest([link.as_slice(), &record].concat());
        changed.extend([record.as_slice(), &link].concat());
    }
    changed
}

/// A random journal entry. It may be invalid, or name a player who does not exist.
fn any_entry() -> impl Strategy<Value = Vec<u8>> {
    const LATENESS: u8 = 32;
    const INPUTS: u8 = 0x40;
    const SEAT_EVENT: u8 = 0x80;
    let joined = any::<u8>().prop_map(|token| [&[SEAT_EVENT, 0, 0, 3], b"Ada".as_slice(), &[token; 32]].concat());
    // Events 2 to 5 contain a player. Events 6 and 7, which are generated below, contain nothing.
    let event = (0..250_u8, 2..6_u8, 0..9_u8).prop_map(|(ms, event, player)| vec![SEAT_EVENT, ms, event, player]);
    let input = (0..9_u8, any::<[u8; 2]>())
        .prop_map(|(player, controls)| [&[INPUTS | LATENESS, 1, player], controls.as_slice()].concat());
    prop_oneof![
        1 => joined,
        4 => event,
        1 => (6..8_u8).prop_map(|event| vec![SEAT_EVENT, 0, event]),
        6 => input,
        6 => (0..INPUTS - 1).prop_map(|lateness| vec![lateness]),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn an_arbitrary_journal_is_rejected_or_has_the_same_effect_in_each_simulation(
        ops in proptest::collection::vec(any_op(), 0..50),
        entries in proptest::collection::vec(any_entry(), 0..200),
    ) {
        let checkpoint = record_game(&ops).0.room.checkpoint();
        let mut recorder = ReplayRecorder::<World>::new(MATCH_ID, &checkpoint).expect("the checkpoint is valid");
        for entry in entries {
            if recorder.append(&entry).is_err() {
                return Ok(());
            }
        }
        let hash = recorder.replay().hash();
        let file = recorder.finish().expect("the file is small");
        let replay = ReplayFile::decode(&file).and_then(|file| file.verify::<World>());
        prop_assert_eq!(replay.map(|replay| replay.hash()), Ok(hash));
    }

    #[test]
    fn a_recorded_game_is_verified_and_ends_in_the_same_state(ops in proptest::collection::vec(any_op(), 0..400)) {
        let (game, bytes) = record_game(&ops);
        let file = ReplayFile::decode(&bytes).expect("the file is valid");
        let ticks = ops.iter().filter(|op| matches!(op, Op::Tick(_))).count();
        prop_assert_eq!((file.match_id(), file.ticks()), (MATCH_ID, ticks));
        let replay = file.verify::<World>().expect("the file is valid");
        prop_assert_eq!((replay.tick(), replay.hash()), (game.room.tick(), game.room.hash()));
        prop_assert_eq!((replay.name(), replay.options()), (game.room.name(), game.room.options()));
        prop_assert_eq!(with_records(&bytes, &records(&bytes)), bytes);
    }

    #[test]
    fn a_file_with_any_bit_changed_or_any_bytes_cut_off_or_added_is_rejected(
        ops in proptest::collection::vec(any_op(), 0..100),
        positions in proptest::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 50),
        added in proptest::collection::vec(any::<u8>(), 1..100),
    ) {
        let (_, bytes) = record_game(&ops);
        for (position, bit) in positions {
            let mut changed = bytes.clone();
            *position.get_mut(&mut changed) ^= 1 << bit;
            prop_assert!(verify::<World>(&changed).is_err(), "bit {} of byte {}", bit, position.index(bytes.len()));
            let length = position.index(bytes.len());
            prop_assert!(verify::<World>(&bytes[..length]).is_err(), "{} of {} bytes", length, bytes.len());
        }
        prop_assert!(verify::<World>(&[bytes, added].concat()).is_err());
    }

    #[test]
    fn a_changed_journal_with_correct_links_is_rejected_unless_it_has_the_same_effect(
        ops in proptest::collection::vec(any_op(), 20..100),
        position: prop::sample::Index,
        bit in 0..8_u8,
    ) {
        let (game, bytes) = record_game(&ops);
        let mut records = records(&bytes);
        if let Some((_, contents)) = records.iter_mut().find(|(kind, _)| *kind == 1) {
            *position.get_mut(contents) ^= 1 << bit;
        }
        let changed = with_records(&bytes, &records);
        let file = ReplayFile::decode(&changed);
        if let Ok(replay) = file.and_then(|file| file.verify::<World>()) {
            prop_assert_eq!((replay.tick(), replay.hash()), (game.room.tick(), game.room.hash()));
        }
    }

    #[test]
    fn decoding_never_panics(bytes: Vec<u8>, head in any::<bool>()) {
        let (_, valid) = record_game(&[]);
        let bytes = if head { [&valid[..FIRST_RECORD], &bytes].concat() } else { bytes };
        prop_assert!(ReplayFile::decode(&bytes).is_err());
    }
}

/// A file with ticks 1 to 4, without players.
fn four_ticks() -> Vec<u8> {
    record_game(&[Op::Tick(0), Op::Tick(0), Op::Tick(0), Op::Tick(0)]).1
}

/// The file of [`four_ticks`] with its part of the journal changed, and with correct links.
fn with_part(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let file = four_ticks();
    let mut records = records(&file);
    change(&mut records[1].1);
    with_records(&file, &records)
}

/// Offset of the contents of the part of the journal in [`four_ticks`].
fn part_offset() -> usize {
    FIRST_RECORD + RECORD_HEAD + records(&four_ticks())[0].1.len() + LINK + RECORD_HEAD
}

#[test]
fn a_wrong_hash_is_reported_with_its_tick() {
    let third_hash = 4 + 2 * 8;
    let file = with_part(|part| part[third_hash] ^= 1);
    assert_eq!(verify::<World>(&file), Err(ReplayFileError::Diverged { tick: Tick(3) }));
    assert_eq!(verify::<World>(&four_ticks()), Ok(()));
}

#[test]
fn a_wrong_final_hash_is_reported() {
    let file = four_ticks();
    let mut records = records(&file);
    records[2].1[0] ^= 1;
    let file = with_records(&file, &records);
    assert_eq!(verify::<World>(&file), Err(ReplayFileError::Diverged { tick: Tick(4) }));
}

#[test]
fn an_invalid_entry_is_reported_with_its_offset() {
    // The last entry becomes the first byte of a seat event. The time, which must follow this byte, is missing.
    let file = with_part(|part| *part.last_mut().expect("a part has entries") = 0x80);
    let offset = part_offset() + 4 + 4 * 8 + 3;
    assert_eq!(verify::<World>(&file), Err(ReplayFileError::Entry { offset, cause: RecoverError::Damaged }));
}

#[test]
fn missing_and_superfluous_hashes_are_reported() {
    let missing = with_part(|part| {
        part[0] = 3;
        part.drain(4 + 3 * 8..4 + 4 * 8);
    });
    let offset = part_offset() + 4 + 3 * 8 + 3;
    assert_eq!(verify::<World>(&missing), Err(ReplayFileError::Damaged { offset, what: "a tick without a hash" }));
    let superfluous = with_part(|part| part.truncate(part.len() - 1));
    let offset = part_offset() + 4 + 4 * 8;
    assert_eq!(verify::<World>(&superfluous), Err(ReplayFileError::Damaged { offset, what: "a hash without a tick" }));
}

#[test]
fn a_checkpoint_without_a_tick_rate_is_rejected() {
    const VERSIONS_AND_NAME: usize = 2 + 2 + 4 + 1 + "test".len();
    /// Number of bytes from the clock to the end of a checkpoint. The clock consists of the tick rate, the number of steps
    /// and two times. In this checkpoint, each of these four numbers takes one byte. The hash, which follows, takes eight
    /// bytes.
    const CLOCK_AND_HASH: usize = 4 + 8;
    let file = four_ticks();
    let mut records = records(&file);
    let checkpoint = &mut records[0].1;
    let (clock, end) = (checkpoint.len() - CLOCK_AND_HASH, checkpoint.len() - 8);
    for rate in [VERSIONS_AND_NAME, clock] {
        assert_eq!(u16::from(std::mem::take(&mut checkpoint[rate])), TICK_RATE);
    }
    let hash = xxh3_64(&checkpoint[..end]).to_le_bytes();
    checkpoint[end..].copy_from_slice(&hash);
    let error = ReplayFileError::Checkpoint { offset: FIRST_RECORD + RECORD_HEAD, cause: RecoverError::Damaged };
    assert_eq!(verify::<World>(&with_records(&file, &records)), Err(error));
}

#[test]
fn a_file_that_ends_early_is_reported_with_its_length() {
    let file = four_ticks();
    let without_end = &file[..file.len() - RECORD_HEAD - 8 - LINK];
    let error = Err(ReplayFileError::Damaged { offset: without_end.len(), what: "bytes are missing" });
    assert_eq!(verify::<World>(without_end), error);
}

#[test]
fn files_of_other_kinds_and_versions_are_refused() {
    let mut file = four_ticks();
    file[8] = 2;
    assert_eq!(verify::<World>(&file), Err(ReplayFileError::UnsupportedVersion(2)));
    assert_eq!(verify::<World>(b"{}"), Err(ReplayFileError::NotAReplay));
}

/// Records the first two ticks of a room with the game [`Original`]. An AI player joins in each of them.
fn two_ticks_of_original() -> Vec<u8> {
    let world = Original::new(&Options { world_size: 1000, rocks: 1, orbs: 1, round_s: 0 }, TICK_RATE, 5);
    let name = "test".parse().expect("the name is valid");
    let mut room = Room::new(name, options(), world, Box::new(NoObserver)).with_journal();
    let mut recorder = ReplayRecorder::<Original>::new(MATCH_ID, &room.checkpoint()).expect("the checkpoint is valid");
    room.step(Duration::from_millis(50));
    room.step(Duration::from_millis(100));
    recorder.append(&room.take_journal()).expect("the journal is valid");
    recorder.finish().expect("the file is small")
}

#[test]
fn rules_that_were_changed_without_a_new_version_are_detected() {
    let file = two_ticks_of_original();
    assert_eq!(verify::<Original>(&file), Ok(()));
    assert_eq!(verify::<Changed>(&file), Err(ReplayFileError::Diverged { tick: Tick(2) }));
}

#[test]
fn a_match_of_other_versions_is_refused() {
    let file = two_ticks_of_original();
    let error = verify::<OtherRules>(&file).expect_err("the rules have another version").to_string();
    assert!(error.contains("(rules 1, ") && error.contains("(rules 2, "), "{error}");
    assert!(matches!(verify::<OtherForm>(&file), Err(ReplayFileError::OtherVersions { .. })));
}

#[test]
fn rules_that_panic_are_reported_with_the_tick() {
    let (file, panicked) = (two_ticks_of_original(), Err(ReplayFileError::Panicked { tick: Tick(2) }));
    assert_eq!(verify::<Panicking>(&file), panicked);
    let records = records(&file);
    let (checkpoint, journal) = (&records[0].1, &records[1].1[4 + 2 * 8..]);
    let mut recorder = ReplayRecorder::<Panicking>::new(MATCH_ID, checkpoint).expect("the checkpoint is valid");
    assert_eq!(recorder.append(journal), panicked);
}

/// A file that ends with the tick in which the rules of [`Panicking`] panic.
fn file_with_panic() -> Vec<u8> {
    let original = records(&two_ticks_of_original());
    let mut recorder = ReplayRecorder::<Panicking>::new(MATCH_ID, &original[0].1).expect("the checkpoint is valid");
    recorder.append(&original[1].1[4 + 2 * 8..]).expect_err("the second tick panics");
    recorder.finish().expect("the file is small")
}

#[test]
fn a_recorded_panic_is_reproduced_until_the_rules_are_corrected() {
    let bytes = file_with_panic();
    let file = ReplayFile::decode(&bytes).expect("the file is valid");
    assert_eq!((file.ticks(), file.has_panic()), (1, true));
    assert_eq!(verify::<Panicking>(&bytes), Err(ReplayFileError::Panicked { tick: Tick(2) }));
    assert_eq!(verify::<Original>(&bytes), Ok(()));
}

#[test]
fn only_the_end_may_follow_a_panic() {
    let bytes = file_with_panic();
    for record in [1, 2] {
        let mut records = records(&bytes);
        records.insert(3, records[record].clone());
        let error = ReplayFile::decode(&with_records(&bytes, &records)).map(|file| file.ticks());
        assert!(matches!(error, Err(ReplayFileError::Damaged { what: "the end is expected", .. })), "{error:?}");
    }
}
