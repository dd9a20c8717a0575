//! AI players act, and a game limits the number of its players.

use serde::{Deserialize, Serialize};
use tickcast_game::{Actions, AiPlayers, CoastContext, Game, Hosted, Protocol, World, game};
use tickcast_protocol::codec;
use tickcast_protocol::{Hello, Lifecycle, PlayerId, ResumeToken, Role, Tick, Viewport};
use tickcast_room::{NoObserver, Replay, Room, RoomOptions, SessionId, SubmittedAction};

use crate::OnTime;

const TICK_RATE: u16 = 30;
/// An action that only AI players send.
const OF_AI: u8 = 7;

/// Counts the actions of each player. Refuses the number 0.
#[derive(Serialize, Deserialize)]
struct Count;

game!(Count: Actions, AiPlayers);

impl Game for Count {
    const PLAYERS_MAX: u16 = 3;

    type Controls = ();
    type Entity = u32;

    fn new(_: &mut World<Self>, _seed: u64) -> Self {
        Self
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<u32> {
        Some(0)
    }

    fn coast(_: &mut u32, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        Lifecycle::Alive
    }

    fn step(&mut self, _: &mut World<Self>) {}
}

impl Actions for Count {
    type Action = u8;
    type Refusal = u8;

    fn act(&mut self, world: &mut World<Self>, player: PlayerId, action: &u8) -> Result<(), u8> {
        if *action == 0 {
            return Err(0);
        }
        *world.avatar_mut(player).expect("every player has a counter") += u32::from(*action);
        Ok(())
    }
}

impl AiPlayers for Count {
    fn ai_controls(&self, _: &World<Self>, _: PlayerId) {}

    fn ai_action(&self, world: &World<Self>, player: PlayerId) -> Option<u8> {
        world.avatar(player).is_some_and(|count| *count < 10 * u32::from(OF_AI)).then_some(OF_AI)
    }
}

fn room() -> Room<Hosted<Count>> {
    room_with(|_| {})
}

fn room_with(change: impl FnOnce(&mut RoomOptions)) -> Room<Hosted<Count>> {
    let options = RoomOptions::default().with(|room| (room.ai_players, room.tick_rate) = (2, TICK_RATE)).with(change);
    let world = tickcast_game::Simulation::new(&(), TICK_RATE, 0);
    Room::new("count".parse().expect("the room name is valid"), options, world, Box::new(NoObserver)).with_journal()
}

fn join(room: &mut Room<Hosted<Count>>, session: u64) -> Option<PlayerId> {
    let name = "Ada".to_owned().try_into().expect("the name is short");
    let hello = Hello::new::<Protocol<Count>>(Role::Player(name), Viewport::default());
    let welcome = room.join(SessionId(session), &hello, ResumeToken([session as u8; 16])).ok()?;
    welcome.player()
}

#[test]
fn ai_players_act_and_a_recovered_room_repeats_it() {
    let mut room = room();
    let checkpoint = room.checkpoint();
    let ada = join(&mut room, 1).expect("a seat is free");
    for tick in 1..=90 {
        if tick == 45 {
            // The game refuses the first action: its outcome is not mixed up with those of AI players in the same tick.
            for (number, action) in [(1, 0), (2, 1)] {
                room.handle_act(SessionId(1), number, Tick(tick), SubmittedAction::Admitted(action));
            }
        }
        drop(room.tick_on_time(TICK_RATE));
        room.handle_acknowledgement(SessionId(1), room.tick());
    }
    let counts: Vec<_> =
        room.world().world().players().map(|player| (player, room.world().world().avatar(player))).collect();
    assert_eq!(counts.iter().find(|(player, _)| *player == ada), Some(&(ada, Some(&1))));
    let of_ai: Vec<_> = counts.iter().filter(|(player, _)| *player != ada).map(|(_, count)| *count).collect();
    assert_eq!(of_ai, [Some(&(10 * u32::from(OF_AI)))], "Ada has replaced one of two AI players");
    let mut replay = Replay::<Hosted<Count>>::new(&checkpoint).expect("the checkpoint is valid");
    replay.apply(&room.take_journal()).expect("the journal is valid");
    assert_eq!(replay.hash(), room.hash());
}

#[test]
fn a_room_has_no_more_seats_than_the_game_has_players() {
    let mut room = room();
    assert_eq!(room.options().seats, Count::PLAYERS_MAX);
    let joined = (1..=5).filter_map(|session| join(&mut room, session)).count();
    assert_eq!(joined, usize::from(Count::PLAYERS_MAX));
}

#[test]
fn a_match_waits_for_no_more_players_than_the_game_has() {
    let room = room_with(|room| (room.ready_up_s, room.ready_up_players) = (60, 50));
    assert_eq!(room.options().ready_up_players, Count::PLAYERS_MAX);
}

#[test]
fn a_damaged_journal_with_actions_while_the_room_waits_causes_no_panic() {
    let mut room = room_with(|room| room.ready_up_s = 60);
    let checkpoint = room.checkpoint();
    let _ = room.take_journal();
    let player = join(&mut room, 1).expect("there is a seat");
    let mut journal = room.take_journal();
    // An action, and a step that is on time.
    journal.push(0x81);
    codec::encode_into(&vec![(player, SubmittedAction::Admitted(1_u8))], &mut journal);
    journal.push(32);
    let mut replay = Replay::<Hosted<Count>>::new(&checkpoint).expect("the checkpoint is valid");
    replay.apply(&journal).expect("the entries fit the state");
    assert_eq!(replay.tick().0, 1);
}
