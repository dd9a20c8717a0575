//! Tests of playbacks of recorded matches: a spectator's replica always has the state of the original room.

use proptest::prelude::*;
use tickcast_arena::{Arena, World};
use tickcast_game::Simulation;
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{PlaybackSpeed, Replica, ServerMessage, Snapshot, Tick};
use tickcast_room::{
    CheckpointSummary, Marker, MarkerKind, Playback, PlayedTick, RecoverError, Replay, Room, SETTLING_TIME,
};

use crate::random_game::{Op, RandomGame, TICK_RATE, any_op, new_room, options};
use crate::variant::{Original, OtherRules};

/// A recorded match: a checkpoint and the journal that follows it.
struct Recording {
    checkpoint: Vec<u8>,
    journal: Vec<u8>,
}

impl Recording {
    fn of(ops: &[Op]) -> Self {
        let mut game = RandomGame::new(new_room());
        let checkpoint = game.room.checkpoint();
        ops.iter().for_each(|op| game.perform(op));
        Self { checkpoint, journal: game.room.take_journal() }
    }

    fn playback(&self) -> Playback<World> {
        Playback::new(&self.checkpoint).expect("the checkpoint is valid")
    }

    /// The world after each tick, beginning with that of the checkpoint.
    fn worlds(&self) -> Vec<World> {
        let mut replay = Replay::<World>::new(&self.checkpoint).expect("the checkpoint is valid");
        let (mut worlds, mut journal) = (vec![copy(replay.world())], self.journal.as_slice());
        while !journal.is_empty() {
            replay.apply_next(&mut journal).expect("the journal is valid");
            if replay.tick().0 as usize == worlds.len() {
                worlds.push(copy(replay.world()));
            }
        }
        worlds
    }
}

fn copy(world: &World) -> World {
    codec::decode(&codec::encode(world)).expect("a world is its encoding")
}

fn snapshot(played: &PlayedTick<Arena>) -> Snapshot<Arena> {
    let mut bytes = Vec::new();
    let delivery = played.delivery.expect("flow control does not hold the snapshot back");
    played.frame.compose(&delivery, &mut Chunk::default(), &mut bytes).expect("the game does not panic");
    match codec::decode_server(&bytes).expect("the snapshot is valid") {
        ServerMessage::Snapshot(snapshot) => snapshot,
        other => panic!("{other:?} is no snapshot"),
    }
}

/// A spectator's replica.
struct Watcher {
    replica: Replica<Arena>,
    worlds: Vec<World>,
}

impl Watcher {
    fn new(recording: &Recording, playback: &Playback<World>) -> Self {
        Self { replica: Replica::new(&playback.welcome()).expect("the Welcome is valid"), worlds: recording.worlds() }
    }

    /// Applies a snapshot, and compares the replica with the original.
    fn watch(&mut self, playback: &mut Playback<World>, played: &PlayedTick<Arena>) {
        self.replica.apply(&snapshot(played)).expect("the snapshot applies");
        assert_eq!(self.replica.tick(), Some(playback.tick()));
        assert_eq!(self.replica.entities(), self.worlds[playback.tick().0 as usize].entities());
        playback.handle_acknowledgement(playback.tick());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_spectator_of_a_playback_sees_the_original_in_every_tick_also_after_seeks(
        ops in proptest::collection::vec(any_op(), 50..400),
        seeks in proptest::collection::vec((any::<prop::sample::Index>(), 0..50_u32), 1..6),
    ) {
        let recording = Recording::of(&ops);
        let mut playback = recording.playback();
        let mut watcher = Watcher::new(&recording, &playback);
        for (target, watched) in seeks {
            let target = Tick(target.index(watcher.worlds.len()) as u32);
            let mut journal = recording.journal.as_slice();
            playback.load(&recording.checkpoint).expect("the checkpoint is valid");
            while playback.skip(&mut journal, target, 7).expect("the journal is valid") > 0 {}
            prop_assert_eq!(playback.tick(), target);
            let shown = playback.show();
            prop_assert!(snapshot(&shown).header.full.is_some());
            watcher.watch(&mut playback, &shown);
            for _ in 0..watched {
                let Some(played) = playback.step(&mut journal).expect("the journal is valid") else { break };
                prop_assert!(snapshot(&played).header.full.is_none());
                watcher.watch(&mut playback, &played);
            }
        }
    }
}

/// A match of this many ticks in which a player joins and stays.
fn match_of(ticks: usize) -> Recording {
    Recording::of(&[&[Op::Join(0), Op::Tick(0), Op::Acknowledge(0)][..], &vec![Op::Tick(0); ticks]].concat())
}

#[test]
fn a_shown_tick_lists_all_players() {
    let recording = match_of(100);
    let (mut playback, mut journal) = (recording.playback(), recording.journal.as_slice());
    let mut watcher = Watcher::new(&recording, &playback);
    playback.skip(&mut journal, Tick(90), 1_000).expect("the journal is valid");
    let shown = playback.show();
    watcher.watch(&mut playback, &shown);
    assert_eq!(watcher.replica.players().len(), 3, "a human player and two AI players");
}

#[test]
fn snapshots_are_held_back_from_a_client_that_acknowledges_nothing_later_at_a_higher_speed() {
    for (quarters, held_after) in [(1, 3 * TICK_RATE), (4, 3 * TICK_RATE), (8, 6 * TICK_RATE)] {
        let recording = match_of(200);
        let (mut playback, mut journal) = (recording.playback(), recording.journal.as_slice());
        playback.set_speed(PlaybackSpeed::try_from(quarters).expect("the speed is valid"));
        playback.show();
        let is_sent = |played: PlayedTick<Arena>| played.delivery.is_some();
        let sent = std::iter::from_fn(|| playback.step(&mut journal).expect("the journal is valid"));
        assert_eq!(sent.map(is_sent).take_while(|sent| *sent).count(), usize::from(held_after) - 1, "{quarters}");
    }
}

#[test]
fn an_overflow_at_a_tick_before_a_seek_has_no_effect_after_it() {
    let recording = match_of(100);
    let (mut playback, mut journal) = (recording.playback(), recording.journal.as_slice());
    playback.skip(&mut journal, Tick(90), 1_000).expect("the journal is valid");
    playback.show();
    playback.load(&recording.checkpoint).expect("the checkpoint is valid");
    playback.show();
    playback.handle_overflow(Tick(90));
    let played = playback.step(&mut recording.journal.as_slice()).expect("the journal is valid");
    assert!(played.and_then(|played| played.delivery).is_some());
}

#[test]
fn a_match_of_other_rules_is_not_played() {
    let world = Original::new(&Default::default(), TICK_RATE, 1);
    let name = "test".parse().expect("the name is valid");
    let checkpoint = Room::new(name, options(), world, Box::new(tickcast_room::NoObserver)).checkpoint();
    assert_eq!(Playback::<OtherRules>::new(&checkpoint).err(), Some(RecoverError::Unsupported));
    assert_eq!(CheckpointSummary::decode::<OtherRules>(&checkpoint).err(), Some(RecoverError::Unsupported));
    let summary = CheckpointSummary::decode::<Original>(&checkpoint).expect("the checkpoint is valid");
    assert_eq!((summary.name.as_str(), summary.options), ("test", options()));
}

#[test]
fn joins_and_departures_of_people_are_marked_also_after_a_recovery() {
    let settled = SETTLING_TIME.as_millis() as usize * usize::from(TICK_RATE) / 1_000 + 1;
    let mut game = RandomGame::new(new_room());
    let checkpoint = game.room.checkpoint();
    let leave = Op::Leave(0, tickcast_room::Departure::Left);
    let ops = [&[Op::Join(0)][..], &vec![Op::Tick(0); settled], &[leave, Op::Tick(0), Op::Join(1), Op::Tick(0)]].concat();
    ops.iter().for_each(|op| game.perform(op));
    let name = || "Ada 0".to_owned().try_into().expect("the name is valid");
    let joins_and_departures = |markers: Vec<Marker>| -> Vec<Marker> {
        let is_one = |marker: &Marker| matches!(marker.kind, MarkerKind::Joined(_) | MarkerKind::Left(_));
        markers.into_iter().filter(is_one).collect()
    };
    let markers = joins_and_departures(game.room.take_markers());
    assert_eq!(
        markers.iter().map(|marker| &marker.kind).collect::<Vec<_>>(),
        [&MarkerKind::Joined(name()), &MarkerKind::Left(name())]
    );
    assert_eq!(markers[1].tick, Tick(settled as u32 + 1));
    assert_eq!(game.room.take_markers(), []);
    let observer = Box::new(tickcast_room::NoObserver);
    let journal = game.room.take_journal();
    let mut recovered = Room::<World>::recover(&checkpoint, [journal.as_slice()], observer).expect("the journal is valid");
    assert_eq!(joins_and_departures(recovered.take_markers()), markers);
}
