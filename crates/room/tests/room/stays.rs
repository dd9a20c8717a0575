//! Tests of the results of players who have left.

use std::time::Duration;

use proptest::prelude::*;
use tickcast_arena::{Arena, Options, World};
use tickcast_game::{GameProtocol, Simulation};
use tickcast_protocol::game::Score;
use tickcast_protocol::{Hello, PlayerId, ResumeToken, Role, Tick, Viewport};
use tickcast_room::{Departure, NewClient, NoObserver, RESUME_GRACE, Room, RoomOptions, SessionId, StayResult};

use crate::random_game::{Op, RandomGame, TICK_RATE, any_op, new_room};

const SECOND: Duration = Duration::from_secs(1);

/// A room with a journal, and its clock.
struct Run {
    room: Room<World>,
    now: Duration,
}

impl Run {
    fn new() -> Self {
        Self { room: new_room(), now: Duration::ZERO }
    }

    /// A room with rounds of 15 s, full of orbs.
    fn with_rounds() -> Self {
        let world = World::new(&Options { world_size: 512, rocks: 0, orbs: 1000, round_s: 15 }, TICK_RATE, 5);
        let options = RoomOptions::default().with(|room| (room.tick_rate, room.ai_players) = (TICK_RATE, 0));
        let room = Room::new("rounds".parse().expect("the name is valid"), options, world, Box::new(NoObserver));
        Self { room: room.with_journal(), now: Duration::ZERO }
    }

    fn join(&mut self, session: u64) -> PlayerId {
        let role = Role::Player(format!("Ada {session}").try_into().expect("the name is valid"));
        let hello = Hello::new::<Arena>(role, Viewport::default());
        let token = ResumeToken([session as u8; 16]);
        let client = NewClient { session: SessionId(session), hello: &hello, token, key: None, permit: None };
        self.room.handle_join(client, self.now).expect("a seat is free").player().expect("a player has a seat")
    }

    fn leave(&mut self, session: u64, departure: Departure) {
        self.room.handle_leave(SessionId(session), departure, self.now);
    }

    /// Runs the room for this time. The clients acknowledge each tick.
    fn run(&mut self, time: Duration, sessions: &[u64]) {
        let end = self.now + time;
        while self.now < end {
            self.now += SECOND / TICK_RATE.into();
            self.room.step(self.now);
            for session in sessions {
                self.room.handle_acknowledgement(SessionId(*session), self.room.tick());
            }
            let _ = self.room.poll_schedule(self.now);
        }
    }

    /// The room after a crash in which nothing was lost.
    fn recovered(mut self) -> Self {
        let checkpoint = self.room.checkpoint();
        self.room = Room::recover(&checkpoint, [], Box::new(NoObserver)).expect("the checkpoint is valid");
        self
    }
}

#[test]
fn a_player_who_leaves_has_a_result_with_name_and_play_time() {
    let mut run = Run::new();
    run.run(SECOND, &[]);
    let player = run.join(1);
    run.run(SECOND * 3, &[1]);
    assert_eq!(run.room.take_results(), [], "the stay is in progress");
    run.leave(1, Departure::Left);
    run.run(SECOND * 5, &[]);
    let results = run.room.take_results();
    let [StayResult { player: left, first_tick, name, play_time, .. }] = results.as_slice() else { panic!("{results:?}") };
    assert_eq!((*left, *first_tick, name.as_str(), *play_time), (player, Tick(21), "Ada 1", SECOND * 3));
    assert_eq!(run.room.take_results(), []);
}

#[test]
fn a_stay_continues_after_a_lost_connection_and_the_grace_period_is_no_play_time() {
    let mut run = Run::new();
    run.join(1);
    run.run(SECOND * 3, &[1]);
    run.leave(1, Departure::Lost);
    run.run(RESUME_GRACE - SECOND, &[]);
    assert_eq!(run.room.take_results(), []);
    run.run(SECOND * 5, &[]);
    let results = run.room.take_results();
    assert_eq!(results.iter().map(|result| result.play_time).collect::<Vec<_>>(), [SECOND * 3]);
}

#[test]
fn a_player_who_leaves_before_the_first_tick_has_no_result() {
    let mut run = Run::new();
    run.join(1);
    run.leave(1, Departure::Left);
    run.run(SECOND, &[]);
    assert_eq!(run.room.take_results(), []);
}

#[test]
fn a_stay_continues_in_the_recovered_room() {
    let mut run = Run::new();
    run.join(1);
    run.run(SECOND * 3, &[1]);
    let mut run = run.recovered();
    assert_eq!(run.room.take_results(), []);
    run.run(RESUME_GRACE + SECOND, &[]);
    let results = run.room.take_results();
    let stays: Vec<_> = results.iter().map(|result| (result.first_tick, result.play_time)).collect();
    assert_eq!(stays, [(Tick(1), SECOND * 3)]);
}

#[test]
fn a_round_ends_the_stays_of_all_players_and_the_next_stays_begin() {
    let mut run = Run::with_rounds();
    let ada = run.join(1);
    run.run(SECOND * 5, &[1]);
    let eve = run.join(2);
    run.run(SECOND * 5, &[1, 2]);
    run.leave(2, Departure::Lost);
    run.run(SECOND * 4, &[1]);
    assert_eq!(run.room.take_results(), []);
    let scores: Vec<_> = scores_in(run.room.world()).map(|(_, score)| score.points).collect();
    assert!(scores.iter().all(|points| *points > 0), "the ships have collected orbs: {scores:?}");
    run.run(SECOND, &[1]);
    let results = run.room.take_results();
    let stays: Vec<_> = results.iter().map(|it| (it.player, it.first_tick, it.play_time, it.next)).collect();
    let next = Some(Tick(301));
    assert_eq!(stays, [(ada, Tick(1), SECOND * 15, next), (eve, Tick(101), SECOND * 5, next)]);
    assert!(results.iter().zip(&scores).all(|(result, points)| result.score.points >= *points), "{results:?}");
    assert!(scores_in(run.room.world()).all(|(_, score)| score == Score::default()));

    run.run(SECOND * 2, &[1]);
    run.leave(1, Departure::Left);
    run.run(SECOND * 5, &[]);
    let results = run.room.take_results();
    let [StayResult { first_tick, play_time, next: None, .. }] = results.as_slice() else { panic!("{results:?}") };
    assert_eq!((*first_tick, *play_time), (Tick(301), SECOND * 2));
}

#[test]
fn a_recovered_room_repeats_the_end_of_a_round() {
    let mut run = Run::with_rounds();
    run.join(1);
    run.run(SECOND * 14, &[1]);
    let checkpoint = run.room.checkpoint();
    let _ = run.room.take_journal();
    run.run(SECOND * 3, &[1]);
    let journal = run.room.take_journal();
    let recovered: Room<World> =
        Room::recover(&checkpoint, [journal.as_slice()], Box::new(NoObserver)).expect("the journal is valid");
    assert_eq!(recovered.world().hash(), run.room.world().hash());
    let mut recovered = Run { room: recovered, now: run.now };
    assert_eq!(recovered.room.take_results(), [], "the write of the journal contained the results");
    recovered.run(RESUME_GRACE, &[]);
    let firsts: Vec<_> = recovered.room.take_results().iter().map(|result| result.first_tick).collect();
    assert_eq!(firsts[0], Tick(301));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn each_stay_has_one_result_with_the_last_score_also_after_a_recovery(
        before in proptest::collection::vec(any_op(), 0..300),
        after in proptest::collection::vec(any_op(), 0..300),
    ) {
        let mut game = RandomGame::new(new_room());
        let (mut results, mut scores) = (Vec::new(), Vec::new());
        let mut perform = |game: &mut RandomGame, ops: &[Op]| {
            for op in ops {
                scores.extend(scores_in(game.room.world()));
                game.perform(op);
                results.extend(game.room.take_results());
            }
        };
        perform(&mut game, &before);
        let checkpoint = game.room.checkpoint();
        let tail = &after[..after.len() / 2];
        let _ = game.room.take_journal();
        perform(&mut game, tail);
        let journal = game.room.take_journal();
        let room = Room::recover(&checkpoint, [journal.as_slice()], Box::new(NoObserver)).expect("the journal is valid");
        let mut game = game.recovered(room);
        perform(&mut game, &after[tail.len()..]);
        let mut stays: Vec<_> = results.iter().map(|result| (result.first_tick.0, result.player)).collect();
        stays.sort_unstable();
        prop_assert!(stays.is_sorted_by(|one, other| one < other), "each stay occurs once: {:?}", stays);
        for result in &results {
            prop_assert!(result.best_streak <= result.score.kills && scores.contains(&(result.player, result.score)));
        }
    }
}

/// The scores of the players in a world.
fn scores_in(world: &World) -> impl Iterator<Item = (PlayerId, Score)> {
    world.standings().into_iter().filter_map(|(player, standing)| Some((player, Arena::score(&standing)?)))
}
