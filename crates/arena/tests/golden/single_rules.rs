//! Short streams of snapshots. Each stream tests one rule of *Applying a snapshot* in PROTOCOL.md that random streams
//! rarely test.

use serde_json::{Value, json};
use tickcast_arena::{
    Arena, Bullet, Choice, Controls, Destroyed, Destroyer, Entity, Event, Orb, Patch, Podium, Progress, Rock, RockSize,
    Rules, Ship, Standing, Steering, ids,
};
use tickcast_game::protocol::{
    Angle, Change, EntityId, Pace, PlayerId, PlayerKind, PlayerName, Position, Replica, RoomEvent, ServerMessage, Snapshot,
    SnapshotHeader, Team, Tick, Velocity, ViewRect, Welcome, codec,
};

use super::json::hex;
use super::replica;

const RULES: Rules = Rules { tick_rate: 30, world_size: 1024, round_s: 0 };
const CELL_SIZE: u16 = 128;
/// All cells of the world.
const ALL: ViewRect = ViewRect { left: 0, top: 0, right: 7, bottom: 7 };
/// The cells from column 4 on.
const RIGHT_HALF: ViewRect = ViewRect { left: 4, ..ALL };
/// The cells up to column 3.
const LEFT_HALF: ViewRect = ViewRect { right: 3, ..ALL };
const FIRST: Tick = Tick(1000);

const ADA: PlayerId = PlayerId(1);
const BOB: PlayerId = PlayerId(2);
/// A player who is never announced.
const UNKNOWN: PlayerId = PlayerId(9);
const SHIP: EntityId = EntityId(1);
const ROCK: EntityId = EntityId(ids::SHIPS);
const ORB: EntityId = EntityId(ids::SHIPS + 1);
const BULLET: EntityId = EntityId(20_000);

type Snapshots = Vec<Snapshot<Arena>>;

/// All streams. The state of the replica is listed after every snapshot.
pub(crate) fn streams() -> Vec<Value> {
    let groups = [entities(), upgrades(), views(), errors(), players()];
    let streams = groups.into_iter().flatten();
    streams
        .map(|(name, snapshots)| {
            let welcome = welcome(CELL_SIZE, RULES);
            let steps = replica::play(&welcome, &snapshots, 1);
            json!({ "name": name, "welcome": replica::welcome_hex(&welcome), "snapshots": steps })
        })
        .collect()
}

/// Welcomes that the codec decodes. `isValid` states for each whether a replica accepts it. For example, a replica rejects
/// a Welcome with more than 256 cells in one direction.
pub(crate) fn welcomes() -> Value {
    let check = |why: &str, welcome: &Welcome<Arena>| {
        let bytes = codec::encode_server(&ServerMessage::Welcome(welcome.clone()));
        json!({ "why": why, "bytes": hex(&bytes), "isValid": Replica::new(welcome).is_ok() })
    };
    let large = Rules { world_size: 1025, ..RULES };
    json!([
        check("256 cells in each direction", &welcome(4, RULES)),
        check("257 cells in each direction", &welcome(4, large)),
        check("a cell larger than the world", &welcome(u16::MAX, RULES)),
        check("a cell size of 0", &welcome(0, RULES)),
        check("another tick rate than in the rules", &Welcome { tick_rate: 20, ..welcome(CELL_SIZE, RULES) }),
    ])
}

fn entities() -> Vec<(&'static str, Snapshots)> {
    let orb = Entity::Orb(Orb { position: Position::at_units(600, 600) });
    let scenery = || {
        full(ALL, [], [Change::Upsert(ROCK, rock()), Change::Upsert(ORB, orb.clone()), Change::Upsert(BULLET, bullet(9))])
    };
    let firing = || Change::Upsert(SHIP, Entity::Ship(firing_ship(300, 300)));
    vec![
        (
            "controls of an entity that is no ship have no effect",
            vec![scenery(), delta([], [ROCK, ORB, BULLET].map(|id| Change::Controls(id, turning())))],
        ),
        (
            "a patch of an entity without a hull has no effect",
            vec![
                scenery(),
                delta([], [ROCK, ORB, BULLET].map(|id| Change::Patch(id, Patch::Hull { hull: 1, orb: false }))),
                delta([], [ROCK, ORB, BULLET].map(|id| Change::Patch(id, Patch::Rebound(Velocity { x: -77, y: 5 })))),
            ],
        ),
        (
            "a new bullet replaces the entity with its id",
            vec![
                full(ALL, [], [firing(), Change::Upsert(ids::bullet(SHIP, 0, 0), bullet(9))]),
                delta([], []),
                delta([], []),
            ],
        ),
        (
            "a new bullet replaces a bullet that expires in the same tick",
            vec![
                full(ALL, [], [firing(), Change::Upsert(ids::bullet(SHIP, 0, 0), bullet(1))]),
                delta([], []),
                delta([], []),
            ],
        ),
        (
            "controls apply before coasting and all other changes after it, whatever their order in the list",
            vec![
                full(ALL, [], [Change::Upsert(SHIP, Entity::Ship(ship(300, 300)))]),
                delta([], [Change::Patch(SHIP, Patch::Hull { hull: 7, orb: false }), Change::Controls(SHIP, turning())]),
                delta([], [Change::Upsert(SHIP, Entity::Ship(ship(500, 500))), Change::Controls(SHIP, turning())]),
            ],
        ),
        (
            "several changes of an entity apply in the order of the list",
            vec![
                full(ALL, [], [Change::Upsert(ROCK, rock()), Change::Upsert(ORB, orb.clone())]),
                delta(
                    [],
                    [
                        Change::Despawn(ORB),
                        Change::Upsert(ORB, rock()),
                        Change::Patch(ORB, Patch::Hull { hull: 3, orb: false }),
                    ],
                ),
                delta([], [Change::Upsert(ORB, orb), Change::Despawn(ORB), Change::Despawn(ROCK)]),
            ],
        ),
        (
            "controls in a full snapshot have no effect",
            vec![
                full(ALL, [], [Change::Upsert(SHIP, Entity::Ship(ship(300, 300))), Change::Controls(SHIP, turning())]),
                delta([], []),
            ],
        ),
    ]
}

fn upgrades() -> Vec<(&'static str, Snapshots)> {
    let with = |orbs, levels, controls| {
        let progress = Progress::new(orbs, levels).expect("the progress is valid");
        full(ALL, [], [Change::Upsert(SHIP, Entity::Ship(Ship { progress, controls, ..ship(300, 300) }))])
    };
    let choosing = |choice| Controls { choice: Some(choice), ..Controls::default() };
    let choose = |choice| delta([], [Change::Controls(SHIP, choosing(choice))]);
    let orb = || delta([], [Change::Patch(SHIP, Patch::Hull { hull: 100, orb: true })]);
    let firing = Controls { fire: true, ..Controls::default() };
    let thrusting = Controls { thrust: true, ..Controls::default() };
    let of_both = Controls { thrust: true, ..choosing(Choice::Second) };
    vec![
        (
            "orbs fill the bar of a ship, and no more than that",
            vec![with(3, [0; 4], Controls::default()), orb(), orb(), orb(), choose(Choice::First), orb()],
        ),
        (
            "a choice without a full bar has no effect, and takes effect as soon as the bar is full",
            vec![with(4, [0; 4], Controls::default()), choose(Choice::Third), delta([], []), orb(), delta([], [])],
        ),
        (
            "the order of an offer begins at another upgrade after each choice",
            vec![with(5, [1, 0, 0, 0], choosing(Choice::Third)), orb(), orb(), orb(), orb(), orb(), delta([], [])],
        ),
        (
            "an offer omits upgrades that were chosen three times",
            vec![with(5, [3, 3, 1, 0], choosing(Choice::First)), orb()],
        ),
        (
            "a choice beyond the end of an offer has no effect",
            vec![with(5, [3, 3, 3, 2], choosing(Choice::Second)), choose(Choice::First), delta([], [])],
        ),
        (
            "an upgrade applies in the tick in which it is chosen",
            vec![with(5, [0; 4], Controls::default()), delta([], [Change::Controls(SHIP, of_both)]), delta([], [])],
        ),
        ("speed adds to the acceleration", vec![with(0, [0, 3, 0, 0], thrusting), delta([], []), delta([], [])]),
        ("the fire rate shortens the cooldown", vec![with(0, [2, 0, 0, 0], firing), delta([], []), delta([], [])]),
        ("a shot with spread is a fan of bullets", vec![with(0, [0, 0, 0, 2], firing), delta([], []), delta([], [])]),
        (
            "a shot with the greatest spread has four bullets",
            vec![with(0, [0, 0, 0, 3], firing), delta([], []), delta([], [])],
        ),
    ]
}

fn views() -> Vec<(&'static str, Snapshots)> {
    let at_border = Entity::Ship(firing_ship(505, 300));
    let leaving = Entity::Bullet(Bullet { position: Position::at_units(510, 100), heading: Angle::new(0), life: 20 });
    let beyond = Entity::Orb(Orb { position: Position { x: (1 << 20) - 1, y: 0 } });
    let outside = Entity::Orb(Orb { position: Position::at_units(600, 100) });
    let moved = |view| SnapshotHeader { view: Some(view), ..SnapshotHeader::default() };
    vec![
        (
            "a new view drops entities before coasting, so a ship outside it fires no bullet into it",
            vec![
                full(ALL, [], [Change::Upsert(SHIP, at_border.clone())]),
                Snapshot { header: moved(RIGHT_HALF), ..Snapshot::default() },
                delta([], []),
            ],
        ),
        (
            "entities that leave the view are dropped, including new bullets",
            vec![
                full(LEFT_HALF, [], [Change::Upsert(SHIP, at_border), Change::Upsert(BULLET, leaving)]),
                delta([], []),
                delta([], [Change::Upsert(ORB, outside.clone())]),
            ],
        ),
        (
            "entities of a full snapshot that are outside its view are dropped",
            vec![full(LEFT_HALF, [], [Change::Upsert(ORB, outside), Change::Upsert(ROCK, rock())]), delta([], [])],
        ),
        (
            "positions beyond the border belong to the last cell",
            vec![full(RIGHT_HALF, [], [Change::Upsert(ORB, beyond)]), delta([], [])],
        ),
        (
            "a view whose left column is beyond its right one contains nothing",
            vec![
                full(ALL, [], [Change::Upsert(ROCK, rock())]),
                Snapshot { header: moved(ViewRect { left: 5, right: 4, ..ALL }), ..Snapshot::default() },
                delta([], []),
            ],
        ),
    ]
}

fn errors() -> Vec<(&'static str, Snapshots)> {
    let start = || full(ALL, [], [Change::Upsert(SHIP, Entity::Ship(ship(300, 300)))]);
    let expiring = Change::Upsert(BULLET, bullet(1));
    vec![
        (
            "controls of an entity that the same snapshot inserts are an error",
            vec![
                start(),
                delta([], [Change::Upsert(ROCK, rock()), Change::Controls(ROCK, turning())]),
                delta([], []),
                start(),
            ],
        ),
        (
            "a patch after a despawn of the same entity is an error",
            vec![
                start(),
                delta([], [Change::Despawn(SHIP), Change::Patch(SHIP, Patch::Hull { hull: 1, orb: false })]),
                delta([], []),
                start(),
            ],
        ),
        (
            "a despawn of an entity that has expired in this tick is an error",
            vec![full(ALL, [], [expiring]), delta([], [Change::Despawn(BULLET)]), start(), delta([], [])],
        ),
        (
            "the checksum includes the tick",
            vec![Snapshot { header: SnapshotHeader { checksum: Some(0), ..header(FIRST, ALL) }, ..Snapshot::default() }],
        ),
    ]
}

fn players() -> Vec<(&'static str, Snapshots)> {
    let destroyed = |victim, by| RoomEvent::Game(Event::Destroyed(Destroyed { victim, by: Destroyer::Player(by) }));
    let standing =
        |player, score, kills, deaths, streak| RoomEvent::Standing(player, Standing { score, kills, deaths, streak });
    let both = || full(ALL, [joined(ADA, "Ada"), joined(BOB, "Bob"), standing(ADA, 500, 5, 1, 3)], []);
    vec![
        (
            "a full snapshot clears players and entities",
            vec![
                full(ALL, [joined(ADA, "Ada"), joined(BOB, "Bob")], [Change::Upsert(ROCK, rock())]),
                full(ALL, [joined(BOB, "Bob")], []),
            ],
        ),
        (
            "a full snapshot may be of an earlier tick, as after a seek in a replay",
            vec![
                full(ALL, [joined(ADA, "Ada")], [Change::Upsert(ROCK, rock())]),
                delta([], []),
                Snapshot { header: header(Tick(10), ALL), room: vec![joined(BOB, "Bob")], ..Snapshot::default() },
                delta([], [Change::Upsert(ROCK, rock())]),
                Snapshot { header: header(Tick(u32::MAX), LEFT_HALF), ..Snapshot::default() },
                delta([], []),
            ],
        ),
        (
            "events of unknown players have no effect",
            vec![
                both(),
                delta([RoomEvent::Left(UNKNOWN), standing(UNKNOWN, 1, 1, 1, 1), destroyed(UNKNOWN, ADA)], []),
                delta([destroyed(ADA, UNKNOWN)], []),
            ],
        ),
        ("a player who joins replaces the one with the same number", vec![both(), delta([joined(ADA, "Eve")], [])]),
        (
            "standings saturate",
            vec![
                full(
                    ALL,
                    [joined(ADA, "Ada"), joined(BOB, "Bob"), standing(ADA, u32::MAX - 99, u16::MAX, u16::MAX, u16::MAX)],
                    [],
                ),
                delta([destroyed(BOB, ADA)], []),
                delta([destroyed(ADA, ADA)], []),
            ],
        ),
        (
            "room events apply in order",
            vec![
                both(),
                delta([destroyed(BOB, ADA), standing(BOB, 7, 0, 0, 0), RoomEvent::Left(ADA), destroyed(BOB, ADA)], []),
                delta([joined(ADA, "Ada"), destroyed(ADA, BOB), RoomEvent::Left(BOB), joined(BOB, "Bob")], []),
            ],
        ),
        (
            "the end of a round resets the standings of all players",
            vec![
                both(),
                delta([destroyed(BOB, ADA), round_ended(&[(ADA, 600)]), destroyed(ADA, BOB)], []),
                delta([standing(ADA, 5, 0, 0, 0)], []),
            ],
        ),
        (
            "a rock that destroys a ship changes only the standing of the victim",
            vec![both(), delta([RoomEvent::Game(Event::Destroyed(Destroyed { victim: ADA, by: Destroyer::Rock }))], [])],
        ),
        (
            "teams and readiness are those of known players, until a full snapshot",
            vec![
                full(ALL, [joined(ADA, "Ada"), team(ADA), RoomEvent::Ready(ADA, true), RoomEvent::Waiting(true)], []),
                delta([team(UNKNOWN), RoomEvent::Ready(UNKNOWN, true), RoomEvent::Ready(ADA, false)], []),
                delta([joined(BOB, "Bob"), RoomEvent::Ready(BOB, true), RoomEvent::Waiting(false)], []),
                delta([RoomEvent::Waiting(true), joined(ADA, "Ada")], []),
                full(ALL, [joined(BOB, "Bob")], []),
            ],
        ),
    ]
}

const fn team(player: PlayerId) -> RoomEvent<Arena> {
    RoomEvent::Team(player, Team(3))
}

fn round_ended(scores: &[(PlayerId, u32)]) -> RoomEvent<Arena> {
    RoomEvent::Game(Event::RoundEnded(Podium::new(scores.iter().copied())))
}

fn welcome(cell_size: u16, rules: Rules) -> Welcome<Arena> {
    let room = "rules".parse().expect("the room name is valid");
    Welcome { seat: None, room, tick_rate: rules.tick_rate, pace: Pace::Steady, cell_size, rules }
}

const fn header(tick: Tick, view: ViewRect) -> SnapshotHeader {
    SnapshotHeader { full: Some(tick), report: None, view: Some(view), checksum: None }
}

fn full<const R: usize, const C: usize>(
    view: ViewRect,
    room: [RoomEvent<Arena>; R],
    changes: [Change<Arena>; C],
) -> Snapshot<Arena> {
    Snapshot { header: header(FIRST, view), room: room.into(), changes: changes.into(), ..Snapshot::default() }
}

fn delta<const R: usize, const C: usize>(room: [RoomEvent<Arena>; R], changes: [Change<Arena>; C]) -> Snapshot<Arena> {
    Snapshot { header: SnapshotHeader::default(), room: room.into(), changes: changes.into(), ..Snapshot::default() }
}

fn joined(player: PlayerId, name: &str) -> RoomEvent<Arena> {
    let name = PlayerName::try_from(name.to_owned()).expect("the name is short enough");
    RoomEvent::Joined(player, name, PlayerKind::Human)
}

fn turning() -> Controls {
    Controls { steering: Steering::Left, thrust: true, ..Controls::default() }
}

fn ship(x: i32, y: i32) -> Ship {
    Ship::new(Position::at_units(x, y), Angle::new(0), 0)
}

fn firing_ship(x: i32, y: i32) -> Ship {
    Ship { controls: Controls { fire: true, ..Controls::default() }, ..ship(x, y) }
}

fn rock() -> Entity {
    Entity::Rock(Rock::new(RockSize::Large, Position::at_units(200, 800), Velocity { x: 100, y: -200 }))
}

fn bullet(life: u8) -> Entity {
    Entity::Bullet(Bullet { position: Position::at_units(800, 800), heading: Angle::new(300), life })
}
