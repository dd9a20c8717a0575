//! Tests of profiles and leaderboards, for each implementation of a store.

use std::sync::mpsc;

use rusqlite::Connection;
use tempfile::TempDir;
use tickcast_store::{
    DatabaseReader, Durability, Epoch, Fault, Leaderboard, MatchId, MemoryStore, Operation, Period, Placement, Profile,
    ProfileId, SqliteStore, Stay, StayEvent, StayResult, Store, StoreError, Write, erase_profile,
};

const ROOM: MatchId = MatchId([1; 16]);
const ADA: ProfileId = ProfileId([7; 32]);
const EVE: ProfileId = ProfileId([8; 32]);
const DAY_S: u64 = 24 * 3_600;
/// Noon of a Wednesday in 2100. The time is in the future, because a store deletes the entries of past days.
const NOW_S: u64 = 47_501 * DAY_S + DAY_S / 2;

fn write(store: &dyn Store, epoch: Epoch, operation: Operation, stays: Vec<StayEvent>) -> Result<(), StoreError> {
    let (sender, result) = mpsc::channel();
    let done = Box::new(move |outcome| sender.send(outcome).expect("the test waits"));
    store.submit(Write { room: ROOM, epoch, operation, index: None, stays, listing: None, done });
    result.recv().expect("every write is answered")
}

fn append(sequence: u64) -> Operation {
    Operation::Append { sequence, journal: vec![1], checkpoint: None }
}

fn create(store: &dyn Store) {
    let operation = Operation::Create { name: "main".to_owned(), creator: None, checkpoint: b"start".to_vec() };
    write(store, Epoch::FIRST, operation, Vec::new()).expect("the room is new");
}

/// The stay that begins in a tick.
const fn stay(tick: u32) -> Stay {
    Stay { tick, seat: 3 }
}

fn began(tick: u32, profile: ProfileId) -> StayEvent {
    StayEvent::Began(stay(tick), Some(profile))
}

fn ended(tick: u32, score: u32) -> StayEvent {
    ended_at(tick, score, NOW_S)
}

fn ended_at(tick: u32, score: u32, ended_s: u64) -> StayEvent {
    let (name, kills, best_streak) = (format!("Player {tick}"), score / 100, score / 200);
    StayEvent::Ended(stay(tick), StayResult { name, ended_s, play_ms: 60_000, score, kills, deaths: 2, best_streak })
}

/// A stay from beginning to end.
fn played(tick: u32, profile: ProfileId, score: u32) -> [StayEvent; 2] {
    [began(tick, profile), ended(tick, score)]
}

/// Creates a room, and writes these stays with a part of the journal.
fn play(store: &dyn Store, stays: impl IntoIterator<Item = [StayEvent; 2]>) {
    create(store);
    write(store, Epoch::FIRST, append(1), stays.into_iter().flatten().collect()).expect("in sequence");
}

fn leaderboard(store: &dyn Store, period: Period, at_s: u64) -> Vec<(ProfileId, u32)> {
    let entries = store.leaderboard(Leaderboard { period, at_s }, 0..100).expect("readable");
    entries.into_iter().map(|entry| (entry.profile, entry.score)).collect()
}

/// Number of matches in a profile.
fn matches(store: &dyn Store, profile: ProfileId) -> u64 {
    store.profile(profile).expect("readable").map_or(0, |profile| profile.matches)
}

/// Runs a test with each implementation.
fn check(test: impl Fn(&dyn Store)) {
    test(&MemoryStore::default());
    let directory = TempDir::new().expect("a directory");
    test(&SqliteStore::open(directory.path(), Durability::Process).expect("a new directory"));
}

#[test]
fn a_profile_combines_the_results_of_a_player() {
    check(|store| {
        assert_eq!(store.profile(ADA), Ok(None));
        play(store, [played(1, ADA, 300), played(2, EVE, 900), played(5, ADA, 100)]);
        let name = "Player 5".to_owned();
        let expected = Profile { name, matches: 2, play_ms: 120_000, kills: 4, deaths: 4, best_score: 300, best_streak: 1 };
        assert_eq!(store.profile(ADA), Ok(Some(expected)));
    });
}

#[test]
fn a_stay_is_counted_once_even_if_its_end_is_written_again() {
    check(|store| {
        create(store);
        write(store, Epoch::FIRST, append(1), vec![began(1, ADA)]).expect("in sequence");
        assert_eq!(matches(store, ADA), 0, "the stay is in progress");
        write(store, Epoch::FIRST, append(2), vec![ended(1, 300), ended(1, 500)]).expect("in sequence");
        let epoch = store.take_over(ROOM).expect("the room exists").epoch;
        let restart = Operation::Restart { sequence: 3, checkpoint: vec![3] };
        write(store, epoch, restart, vec![ended(1, 500)]).expect("in sequence");
        let profile = store.profile(ADA).expect("readable").expect("a stay has ended");
        assert_eq!((profile.matches, profile.best_score), (1, 300));
    });
}

/// The round of a stay has ended. The stay began in the tick `tick`; the next one begins in the tick `next`.
fn continued(tick: u32, score: u32, next: u32) -> StayEvent {
    let StayEvent::Ended(stay, result) = ended(tick, score) else { unreachable!("it is the end of a stay") };
    StayEvent::Continued(stay, result, next)
}

#[test]
fn each_round_of_a_player_is_counted_once() {
    check(|store| {
        create(store);
        let rounds = vec![began(1, ADA), continued(1, 300, 10), continued(1, 900, 10), continued(10, 200, 20)];
        write(store, Epoch::FIRST, append(1), rounds).expect("in sequence");
        assert_eq!(matches(store, ADA), 2, "the third round is in progress");
        write(store, Epoch::FIRST, append(2), vec![ended(10, 900), ended(20, 400), continued(20, 900, 30), ended(30, 900)])
            .expect("in sequence");
        let profile = store.profile(ADA).expect("readable").expect("rounds have ended");
        assert_eq!((profile.matches, profile.best_score, profile.play_ms), (3, 400, 180_000));
        assert_eq!(leaderboard(store, Period::All, NOW_S), [(ADA, 400)]);
    });
}

#[test]
fn the_end_of_an_earlier_stay_in_the_seat_is_not_counted_for_the_next_player() {
    check(|store| {
        create(store);
        let stays = vec![began(1, ADA), began(5, EVE), ended(1, 300), ended(5, 100), ended(7, 900)];
        write(store, Epoch::FIRST, append(1), stays).expect("in sequence");
        assert_eq!(matches(store, ADA), 0);
        assert_eq!(leaderboard(store, Period::All, NOW_S), [(EVE, 100)]);
    });
}

#[test]
fn a_stay_is_not_counted_if_a_player_without_a_profile_takes_the_seat_in_the_same_tick() {
    check(|store| {
        create(store);
        write(store, Epoch::FIRST, append(1), vec![began(1, ADA)]).expect("in sequence");
        let stays = vec![StayEvent::Began(stay(1), None), ended(1, 300)];
        write(store, Epoch::FIRST, append(2), stays).expect("in sequence");
        assert_eq!(matches(store, ADA), 0);
    });
}

#[test]
fn stays_in_a_rejected_write_are_not_counted() {
    check(|store| {
        create(store);
        let outdated = write(store, Epoch(9), append(1), played(1, ADA, 300).to_vec());
        let out_of_sequence = write(store, Epoch::FIRST, append(2), played(1, ADA, 300).to_vec());
        assert_eq!((outdated, out_of_sequence), (Err(StoreError::Fenced), Err(StoreError::OutOfSequence)));
        assert_eq!(matches(store, ADA), 0);
    });
}

#[test]
fn a_stay_may_end_with_the_last_write_of_a_room_and_not_later() {
    check(|store| {
        create(store);
        write(store, Epoch::FIRST, append(1), vec![began(1, ADA)]).expect("in sequence");
        write(store, Epoch::FIRST, Operation::Close, vec![ended(1, 300)]).expect("the room is open");
        assert_eq!(matches(store, ADA), 1);
        create_again_and_end(store);
        assert_eq!(matches(store, EVE), 0, "the room was set aside during the stay");
    });
}

/// Sets a room aside in which a stay is in progress, and ends the stay in a later room.
fn create_again_and_end(store: &dyn Store) {
    let other = MatchId([2; 16]);
    let create = || Operation::Create { name: "main".to_owned(), creator: None, checkpoint: Vec::new() };
    let submit = |operation, stays| {
        store.submit(Write {
            room: other,
            epoch: Epoch::FIRST,
            operation,
            index: None,
            stays,
            listing: None,
            done: Box::new(drop),
        });
        store.flush();
    };
    submit(create(), vec![began(1, EVE)]);
    submit(Operation::SetAside { reason: "panic".to_owned() }, Vec::new());
    submit(append(1), vec![ended(1, 300)]);
}

#[test]
fn a_leaderboard_ranks_the_best_score_of_each_player_and_earlier_scores_first() {
    check(|store| {
        let player = |number| ProfileId([number; 32]);
        let at = |tick, number, score, ended_s| [began(tick, player(number)), ended_at(tick, score, ended_s)];
        let best = [at(1, 1, 300, NOW_S), at(2, 2, 900, NOW_S), at(3, 3, 300, NOW_S - 9)];
        play(store, best.into_iter().chain([at(4, 1, 200, NOW_S - 10), at(5, 4, 0, NOW_S)]));
        let expected = [(2, 900), (3, 300), (1, 300)].map(|(number, score)| (player(number), score));
        for period in Period::EVERY {
            assert_eq!(leaderboard(store, period, NOW_S), expected, "{period:?}");
        }
        let all = Leaderboard { period: Period::All, at_s: NOW_S };
        let page = store.leaderboard(all, 1..2).expect("readable");
        assert_eq!(page.iter().map(|entry| entry.profile).collect::<Vec<_>>(), [expected[1].0]);
        for (rank, (profile, score)) in (1..).zip(expected) {
            assert_eq!(store.placement(all, profile), Ok(Some(Placement { rank: Some(rank), score })));
        }
        assert_eq!(store.placement(all, player(4)), Ok(None), "a player without points has no place");
    });
}

#[test]
fn a_result_counts_in_the_day_and_week_in_which_the_stay_ended() {
    check(|store| {
        let at = |tick, ended_s| [began(tick, ProfileId([tick as u8; 32])), ended_at(tick, 100, ended_s)];
        play(store, [at(1, NOW_S), at(2, NOW_S - DAY_S), at(3, NOW_S - 7 * DAY_S)]);
        let count = |period, at_s| leaderboard(store, period, at_s).len();
        assert_eq!(Period::EVERY.map(|period| count(period, NOW_S)), [3, 1, 2]);
        assert_eq!([Period::Day, Period::Week].map(|period| count(period, NOW_S + 7 * DAY_S)), [0, 0]);
    });
}

#[test]
fn an_erased_profile_is_on_no_leaderboard_and_its_stay_in_progress_is_not_counted() {
    check(|store| {
        play(store, [played(1, ADA, 300), played(2, EVE, 100)]);
        write(store, Epoch::FIRST, append(2), vec![began(3, ADA)]).expect("in sequence");
        assert_eq!([store.erase_profile(ADA), store.erase_profile(ADA)], [Ok(true), Ok(false)]);
        write(store, Epoch::FIRST, append(3), vec![ended(3, 300)]).expect("in sequence");
        assert_eq!(store.profile(ADA), Ok(None));
        for period in Period::EVERY {
            assert_eq!(leaderboard(store, period, NOW_S), [(EVE, 100)]);
        }
    });
}

#[test]
fn stays_whose_write_was_lost_in_a_crash_are_not_counted() {
    for persisted in 0..=2 {
        let store = MemoryStore::default();
        create(&store);
        store.inject(Fault::Stall);
        let write = |sequence, stays| {
            let (epoch, operation) = (Epoch::FIRST, append(sequence));
            Write { room: ROOM, epoch, operation, index: None, stays, listing: None, done: Box::new(drop) }
        };
        store.submit(write(1, vec![began(1, ADA)]));
        store.submit(write(2, vec![ended(1, 300)]));
        assert_eq!(matches(&store.after_crash(persisted), ADA), persisted as u64 / 2);
    }
}

#[test]
fn profiles_survive_a_restart_and_an_operator_can_erase_one_while_a_server_runs() {
    let directory = TempDir::new().expect("a directory");
    let open = || SqliteStore::open(directory.path(), Durability::Process).expect("the directory is free");
    play(&open(), [played(1, ADA, 300), played(2, EVE, 100)]);
    let store = open();
    let reader = DatabaseReader::open(directory.path()).expect("the database exists");
    let all = Leaderboard { period: Period::All, at_s: NOW_S };
    let names: Vec<_> = reader.leaderboard(all, 0..9).expect("readable").into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["Player 1", "Player 2"]);
    let erase = || erase_profile(directory.path(), ADA).expect("the database is writable");
    assert_eq!([erase(), erase()], [true, false]);
    assert_eq!(leaderboard(&store, Period::All, NOW_S), [(EVE, 100)]);
    assert_eq!(store.profile(ADA), Ok(None));
}

#[test]
fn a_database_without_profiles_is_converted() {
    let directory = TempDir::new().expect("a directory");
    create(&SqliteStore::open(directory.path(), Durability::Process).expect("a new directory"));
    let connection = Connection::open(directory.path().join("tickcast.db")).expect("the database exists");
    let tables = "DROP TABLE leaderboards; DROP TABLE profiles; DROP TABLE stays; ALTER TABLE rooms DROP COLUMN creator;
                  ALTER TABLE rooms DROP COLUMN listing; PRAGMA user_version = 3";
    connection.execute_batch(tables).expect("valid");
    assert_eq!(erase_profile(directory.path(), ADA).ok(), Some(false), "nothing is converted while a server may run");
    drop(connection);
    let store = SqliteStore::open(directory.path(), Durability::Process).expect("the version is supported");
    let epoch = store.take_over(ROOM).expect("the room is kept").epoch;
    write(&store, epoch, append(1), played(1, ADA, 300).to_vec()).expect("in sequence");
    assert_eq!(leaderboard(&store, Period::Week, NOW_S), [(ADA, 300)]);
}
