//! Two players chase each other over a line with latency. Measures how often a client corrects the player's own disc.

use sumo_rules::{Disc, Push, RADIUS, Sumo, Thing, discs};
use tickcast_game::Hosted;
use tickcast_game::protocol::{EntityId, EntityMap, PlayerId, Position, Tick};
use tickcast_testing::{ClientId, Line, Random, VirtualRoom};

type Room = VirtualRoom<Hosted<Sumo>>;

const TICK_RATE: u32 = 30;
/// A round trip takes 133 to 200 ms at 30 ticks per second.
const LINE: Line = Line { delay_ticks: 2, jitter_ticks: 1 };
const SEED: u64 = 1;
const SECONDS: u32 = 300;
/// A correction by more than this is counted.
const CORRECTION: i32 = 2 * Position::UNIT;
/// A disc that moves by more than this has been placed for the next fight.
const PLACED: i32 = 80 * Position::UNIT;

/// A player, who looks at the other disc several times per second, and pushes towards it or flees from it.
struct Player {
    client: ClientId,
    is_hunter: bool,
    /// Ticks until the player looks again.
    wait: u32,
}

fn disc(things: &EntityMap<Thing>, PlayerId(player): PlayerId) -> Option<&Disc> {
    match things.get(EntityId(player.into())) {
        Some(Thing::Disc(disc)) => Some(disc),
        _ => None,
    }
}

impl Player {
    fn id(&self, room: &Room) -> PlayerId {
        room.client(self.client).player().expect("the client has joined")
    }

    /// The player's own disc at this tick, as the client predicts it.
    fn predicted(&self, room: &Room, tick: Tick) -> Option<Disc> {
        disc(&room.client(self.client).predicted_at(tick), self.id(room)).cloned()
    }

    fn look(&mut self, room: &mut Room, random: &mut Random) {
        self.wait = self.wait.saturating_sub(1);
        if self.wait > 0 {
            return;
        }
        self.wait = TICK_RATE / 5 + random.below(TICK_RATE / 3);
        let things = room.client(self.client).predicted();
        let own = self.id(room);
        let other = things.iter().find_map(|(id, thing)| match thing {
            Thing::Disc(disc) if id != EntityId(own.0.into()) => Some(disc),
            _ => None,
        });
        let (Some(Disc { position, velocity, .. }), Some(other)) = (disc(&things, own), other) else { return };
        let ahead = position.moved(*velocity, 1);
        let vector = if !ahead.is_within(Position::default(), 150 * Position::UNIT) {
            Position { x: -ahead.x, y: -ahead.y }
        } else {
            let sign = if self.is_hunter { 1 } else { -1 };
            Position { x: sign * (other.position.x - position.x), y: sign * (other.position.y - position.y) }
        };
        room.hold(self.client, Push::towards(vector));
    }
}

/// The player's own disc as it is drawn now. An input that is sent now takes effect in a later tick; the disc is drawn in
/// the tick before that one.
fn drawn(player: &Player, room: &Room) -> Option<(Tick, Disc)> {
    let tick = room.client(player.client).input_tick()?.plus(-1);
    Some((tick, player.predicted(room, tick)?))
}

/// Whether the discs touch.
fn is_contact(room: &Room) -> bool {
    let positions: Vec<_> = discs(room.world().world()).map(|(_, disc)| disc.position).collect();
    matches!(positions[..], [one, other] if one.is_within(other, 2 * RADIUS + Position::UNIT))
}

/// Result of a chase.
#[derive(Debug, Default, PartialEq, Eq)]
struct Chase {
    /// Contacts of the two discs at least a quarter of a second after the last one.
    collisions: u32,
    /// Number of snapshots that moved the drawn place of a player's own disc by more than `CORRECTION`. Sum over both
    /// players.
    corrections: u32,
}

fn chase(line: Line, seed: u64) -> Chase {
    let mut room = Room::new(&(), seed);
    let mut random = Random::new(seed);
    let mut players = [("Ada", true), ("Bob", false)].map(|(name, is_hunter)| Player {
        client: room.join_over(name, line),
        is_hunter,
        wait: 0,
    });
    room.run(10 * TICK_RATE);
    let (mut chase, mut last_contact) = (Chase::default(), 0);
    for time in 0..SECONDS * TICK_RATE {
        if time % (6 * TICK_RATE) == 0 {
            players.iter_mut().for_each(|player| player.is_hunter = !player.is_hunter);
        }
        players.iter_mut().for_each(|player| player.look(&mut room, &mut random));
        let drawn = players.each_ref().map(|player| drawn(player, &room));
        room.run(1);
        for (player, drawn) in players.iter().zip(drawn) {
            let Some((tick, Disc { position: before, .. })) = drawn else { continue };
            let Some(Disc { position: after, .. }) = player.predicted(&room, tick) else { continue };
            let is_corrected = !after.is_within(before, CORRECTION) && after.is_within(before, PLACED);
            chase.corrections += u32::from(is_corrected);
        }
        if is_contact(&room) {
            chase.collisions += u32::from(time - last_contact > TICK_RATE / 4);
            last_contact = time;
        }
    }
    chase
}

#[test]
fn own_discs_are_rarely_corrected_when_two_players_chase_each_other() {
    let chase = chase(LINE, SEED);
    assert!(chase.collisions > 100, "{chase:?}");
    assert!(chase.corrections * 4 <= chase.collisions, "{chase:?}");
}

#[test]
fn nothing_is_corrected_without_latency() {
    let chase = chase(Line::default(), SEED);
    assert_eq!(chase.corrections, 0, "{chase:?}");
}

#[test]
fn the_own_disc_responds_in_the_next_frame() {
    let mut room = Room::new(&(), SEED);
    let ada = room.join_over("Ada", LINE);
    room.run(10 * TICK_RATE);
    let speed = |room: &Room| {
        let client = room.client(ada);
        disc(&client.predicted(), client.player().expect("Ada has joined")).map(|disc| disc.velocity.x)
    };
    assert_eq!(speed(&room), Some(0));
    room.hold(ada, Push(1));
    room.run(1);
    assert!(speed(&room) > Some(0), "the prediction contains the input before the server has received it");
}
