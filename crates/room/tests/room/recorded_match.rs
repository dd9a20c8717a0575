//! A match that was recorded earlier must have the same course today: the hash after each tick must be the same.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use tickcast_arena::World;
use tickcast_room::{ReplayFile, ReplayFileError, ReplayRecorder};

use crate::random_game::{RandomGame, any_op, new_room};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/arena.replay");
/// Number of operations in the match. About half of them are ticks.
const OPERATIONS: usize = 3_000;
const HOW_TO_RECORD: &str = "TICKCAST_BLESS=1 cargo test -p tickcast-room --test room recorded_match";

/// Records a match of several players and AI players. As in an exported file, the recording starts during the match.
fn record() -> Vec<u8> {
    let any_game = proptest::collection::vec(any_op(), OPERATIONS);
    let ops = any_game.new_tree(&mut TestRunner::deterministic()).expect("a game can be generated").current();
    let (before, recorded) = ops.split_at(OPERATIONS / 10);
    let mut game = RandomGame::new(new_room());
    before.iter().for_each(|op| game.perform(op));
    let _ = game.room.take_journal();
    let mut recorder = ReplayRecorder::<World>::new([7; 16], &game.room.checkpoint()).expect("the checkpoint is valid");
    recorded.iter().for_each(|op| game.perform(op));
    recorder.append(&game.room.take_journal()).expect("the journal is valid");
    recorder.finish().expect("the file is small")
}

/// Fails if the course of a match has changed although all versions are the same.
#[track_caller]
fn check(verified: &Result<(), ReplayFileError>) {
    if let Err(
        error @ (ReplayFileError::Diverged { .. } | ReplayFileError::Entry { .. } | ReplayFileError::Panicked { .. }),
    ) = verified
    {
        panic!(
            "The recorded match has another course than before: {error}. Recorded matches and journals of running servers \
             can no longer be replayed. If this is intended, increase the version of what has changed: \
             `Simulation::RULES_VERSION` of the game, or `VERSION` in crates/room/src/journal.rs for the rules of rooms. \
             Then record a new match: {HOW_TO_RECORD}"
        );
    }
}

#[test]
fn the_recorded_match_has_the_same_hash_in_every_tick() {
    let bytes = std::fs::read(FILE).unwrap_or_default();
    let verified = ReplayFile::decode(&bytes).and_then(|file| file.verify::<World>().map(drop));
    // Checks the existing file even if a new match will be recorded: a new recording would hide that the rules have changed
    // without a new version.
    check(&verified);
    if std::env::var_os("TICKCAST_BLESS").is_some() {
        return std::fs::write(FILE, record()).expect("the file is writable");
    }
    verified.unwrap_or_else(|error| panic!("{error}. After a change of versions, record a new match: {HOW_TO_RECORD}"));
    assert!(ReplayFile::decode(&bytes).is_ok_and(|file| file.ticks() > 1_000) && bytes.len() <= 60 << 10);
}
