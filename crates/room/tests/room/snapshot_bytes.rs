//! Measures the size of snapshots in large rooms of Arena. The players fly as `tickcast bots --behaviour wander` do, in a world
//! with the default numbers of rocks and orbs, dash every ten seconds, and choose an upgrade every fifteen.

use tickcast_arena::{Arena, ArenaBrain, Choice, Controls, Options, World};
use tickcast_game::{Behaviour, Brain, Playable, Simulation};
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::{Hello, Input, PlayerId, ResumeToken, Role, Viewport};
use tickcast_room::{NoObserver, Room, RoomOptions, SessionId};

use crate::OnTime;

const RATE: u16 = 20;
/// Time between the presses of the dash key, and the time for which it is held.
const DASH_TICKS: (u32, u32) = (200, 4);
/// A player turns once per second. One of this many turns also sets the choice of an upgrade. The next turn clears the
/// choice, as with the bots of Arena.
const CHOICE_TURNS: u32 = 15;

/// A player, and the controls held.
struct Bot {
    session: SessionId,
    player: PlayerId,
    brain: ArenaBrain,
    held: Controls,
}

impl Bot {
    fn join(room: &mut Room<World>, number: u16, viewport: Viewport) -> Self {
        let session = SessionId(number.into());
        let role = Role::Player(format!("Bot {number}").try_into().expect("the name is short"));
        let token = ResumeToken(u128::from(number).to_le_bytes());
        let welcome = room.join(session, &Hello::new::<Arena>(role, viewport), token).expect("a seat is free");
        let player = welcome.seat.expect("a player has a seat").player;
        Self { session, player, brain: Arena::brain(Behaviour::Wander, RATE, number.into()), held: Controls::default() }
    }

    fn act(&mut self, room: &mut Room<World>) {
        let tick = room.tick();
        let dash = (tick.0 + 7 * u32::from(self.player.0)) % DASH_TICKS.0 < DASH_TICKS.1;
        let decided = self.brain.decide(self.player, None);
        let turned = Controls { dash: false, choice: None, ..self.held } != decided;
        let choice = if turned { tick.0.is_multiple_of(CHOICE_TURNS).then_some(Choice::First) } else { self.held.choice };
        let controls = Controls { dash, choice, ..decided };
        if std::mem::replace(&mut self.held, controls) != controls {
            room.handle_input(self.session, &Input { tick: tick.next(), acknowledged: tick, controls });
        } else {
            room.handle_acknowledgement(self.session, tick);
        }
    }
}

/// Mean size of a snapshot in tenths of a byte.
fn tenths_per_snapshot(players: u16, view: u16) -> usize {
    let options = RoomOptions::default().with(|room| {
        (room.tick_rate, room.seats, room.ai_players, room.view_size) = (RATE, players, 0, view);
    });
    let world = World::new(&Options { world_size: 4000, ..Options::default() }, RATE, 5);
    let mut room = Room::new("bytes".parse().expect("the name is valid"), options, world, Box::new(NoObserver));
    let viewport = Viewport { width: view, height: view };
    let mut bots: Vec<Bot> = (0..players).map(|number| Bot::join(&mut room, number, viewport)).collect();
    let (mut bytes, mut snapshots) = (Vec::new(), 0);
    // These ticks are not measured: names are being announced, and the ships have not spread yet.
    const WARM_UP_TICKS: u32 = 400;
    for tick in 0..WARM_UP_TICKS + 400 {
        bots.iter_mut().for_each(|bot| bot.act(&mut room));
        let live = room.tick_on_time(RATE).live;
        if tick >= WARM_UP_TICKS {
            for (_, delivery) in &live.deliveries {
                live.frame.compose(delivery, &mut Chunk::default(), &mut bytes).expect("the world is valid");
            }
            snapshots += live.deliveries.len();
        }
    }
    bytes.len() * 10 / snapshots
}

#[test]
fn snapshots_in_a_world_of_500_players_take_at_most_25_bytes() {
    let tenths = tenths_per_snapshot(500, 800);
    println!("{}.{} bytes per snapshot", tenths / 10, tenths % 10);
    assert!((100..=250).contains(&tenths), "{tenths}");
}

#[test]
fn snapshots_in_a_room_of_100_players_take_at_most_28_bytes() {
    let tenths = tenths_per_snapshot(100, 8000);
    println!("{}.{} bytes per snapshot", tenths / 10, tenths % 10);
    assert!((100..=280).contains(&tenths), "{tenths}");
}
