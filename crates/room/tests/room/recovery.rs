//! Tests of the recovery of rooms from a checkpoint and the journal that follows it, some of them with random games.

use std::time::Duration;

use proptest::prelude::*;
use tickcast_arena::{Arena, Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::Tick;
use tickcast_room::{NoObserver, RESUME_GRACE, RecoverError, Replay, Room, Schedule};

use crate::random_game::{Op, RandomGame, TICK_RATE, any_op, new_room, options};
use crate::variant::{Incomplete, Original, OtherForm, OtherRules};

fn recover(checkpoint: &[u8], journal: &[Vec<u8>]) -> Result<Room<World>, RecoverError> {
    Room::recover(checkpoint, journal.iter().map(Vec::as_slice), Box::new(NoObserver))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_recovered_room_equals_the_original_in_every_tick(
        before in proptest::collection::vec(any_op(), 0..200),
        tail in proptest::collection::vec(any_op(), 0..300),
        after in proptest::collection::vec(any_op(), 0..150),
    ) {
        let mut game = RandomGame::new(new_room());
        before.iter().for_each(|op| game.perform(op));
        let _ = game.room.take_journal();
        let checkpoint = game.room.checkpoint();
        let mut replay = Replay::<World>::new(&checkpoint).expect("the checkpoint is valid");
        prop_assert_eq!(replay.hash(), game.room.hash());
        let mut journal = Vec::new();
        for op in &tail {
            game.perform(op);
            let entries = game.room.take_journal();
            replay.apply(&entries).expect("the journal is valid");
            prop_assert_eq!((replay.tick(), replay.hash()), (game.room.tick(), game.room.hash()), "after {:?}", op);
            journal.push(entries);
        }
        // A recovered room has lost all connections, so it is not compared with the original, but with a twin: a room
        // recovered from a checkpoint of the original's last state.
        let mut twin = game.recovered(recover(&game.room.checkpoint(), &[]).expect("the checkpoint is valid"));
        let mut game = game.recovered(recover(&checkpoint, &journal).expect("the journal is valid"));
        prop_assert_eq!(game.room.hash(), twin.room.hash());
        for op in &after {
            game.perform(op);
            twin.perform(op);
            prop_assert_eq!(game.room.hash(), twin.room.hash(), "after {:?}", op);
        }
        prop_assert_eq!(game.room.take_journal(), twin.room.take_journal());
    }

    #[test]
    fn a_damaged_checkpoint_or_journal_is_never_accepted_as_another_room_and_never_panics(
        ops in proptest::collection::vec(any_op(), 20..60),
        position: prop::sample::Index,
        bit in 0..8_u8,
    ) {
        let mut game = RandomGame::new(new_room());
        let checkpoint = game.room.checkpoint();
        ops.iter().for_each(|op| game.perform(op));
        let damaged = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            *position.get_mut(&mut bytes) ^= 1 << bit;
            bytes
        };
        prop_assert_eq!(recover(&damaged(&checkpoint), &[]).err(), Some(RecoverError::Damaged));
        // A journal contains no hash: the store adds a hash to each part, and verifies it. A room may therefore accept a
        // damaged journal, but must not panic.
        let _ = recover(&checkpoint, &[damaged(&game.room.take_journal())]);
    }
}

/// A game of two ticks. A player joins before the first tick, and acknowledges it.
fn game_with_player() -> RandomGame {
    let mut game = RandomGame::new(new_room());
    for op in [Op::Join(0), Op::Tick(0), Op::Acknowledge(0), Op::Tick(0)] {
        game.perform(&op);
    }
    game
}

#[test]
fn players_resume_their_seats_after_a_recovery() {
    let game = game_with_player();
    let mut game = game.recovered(recover(&game.room.checkpoint(), &[]).expect("the checkpoint is valid"));
    assert_eq!((game.room.humans(), game.room.lost_seats(), game.room.now()), (1, 1, Duration::from_millis(100)));
    game.perform(&Op::Join(0));
    assert_eq!((game.room.humans(), game.room.lost_seats()), (1, 0));
}

#[test]
fn a_seat_whose_first_acknowledgement_was_not_recorded_is_kept() {
    let mut game = RandomGame::new(new_room());
    game.perform(&Op::Join(0));
    let game = game.recovered(recover(&game.room.checkpoint(), &[]).expect("the checkpoint is valid"));
    assert_eq!(game.room.lost_seats(), 1);
}

#[test]
fn seats_that_nobody_resumes_after_a_recovery_are_free_after_the_grace_period() {
    let game = game_with_player();
    let mut room = recover(&game.room.checkpoint(), &[]).expect("the checkpoint is valid");
    let now = room.now();
    assert_eq!(room.poll_schedule(now), Schedule::Tick, "players may return");
    assert_eq!(room.poll_schedule(now + RESUME_GRACE - Duration::from_millis(1)), Schedule::Pause(now + RESUME_GRACE));
    assert_eq!((room.humans(), room.poll_schedule(now + RESUME_GRACE)), (1, Schedule::Close));
    assert_eq!(room.humans(), 0);
}

#[test]
fn a_persistent_room_pauses_and_never_closes() {
    let mut room = new_room().persistent();
    for hours in 0..100 {
        let now = Duration::from_secs(3_600 * hours);
        assert!(matches!(room.poll_schedule(now), Schedule::Pause(until) if until > now));
    }
}

/// The checkpoint of a room after one tick, and the journal of the next tick.
fn saved<S: Simulation<Game = Arena, Options = Options>>() -> (Vec<u8>, Vec<u8>) {
    let world = S::new(&Options { world_size: 1000, rocks: 1, orbs: 1, round_s: 0 }, TICK_RATE, 5);
    let mut room = Room::new("test".parse().expect("valid"), options(), world, Box::new(NoObserver)).with_journal();
    room.step(Duration::from_millis(50));
    let checkpoint = room.checkpoint();
    let _ = room.take_journal();
    room.step(Duration::from_millis(100));
    (checkpoint, room.take_journal())
}

/// Recovers a room as the game `S`, and returns the tick from which it continues.
fn recovered_tick<S: Simulation<Game = Arena>>((checkpoint, journal): &(Vec<u8>, Vec<u8>)) -> Result<Tick, RecoverError> {
    Room::<S>::recover(checkpoint, [journal.as_slice()], Box::new(NoObserver)).map(|room| room.tick())
}

#[test]
fn with_changed_rules_a_room_continues_from_its_checkpoint_without_the_journal() {
    let saved = saved::<Original>();
    assert_eq!(recovered_tick::<Original>(&saved), Ok(Tick(2)));
    assert_eq!(recovered_tick::<OtherRules>(&saved), Ok(Tick(1)));
    assert_eq!(recovered_tick::<OtherForm>(&saved), Err(RecoverError::Unsupported));
}

#[test]
fn a_game_whose_serialized_form_is_incomplete_is_detected() {
    assert_eq!(recovered_tick::<Incomplete>(&saved::<Incomplete>()), Err(RecoverError::Diverged));
}
