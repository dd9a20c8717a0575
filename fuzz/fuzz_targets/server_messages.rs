//! Applies arbitrary server messages to a replica. The replica must apply each message or return an error. It must never
//! panic, and must contain only entities in view.

#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use tickcast_arena::{
    Arena, Bullet, Controls, Destroyed, Destroyer, Entity, Event, Map, MapField, Orb, Patch, Progress, Rock, RockSize,
    Rules, Ship, Standing, ids,
};
use tickcast_protocol::{
    Angle, Change, Digest, EntityId, GameProtocol, Grid, InputReport, Pace, PlayerId, PlayerKind, PlayerName, Position,
    Prediction, Replica, ReplicaError, RoomEvent, ServerMessage, Snapshot, SnapshotHeader, Team, Tick, Velocity, ViewRect,
    Welcome, codec,
};

/// Number of ticks to predict.
const PREDICTED_TICKS: i32 = 40;

fuzz_target!(|input: &[u8]| {
    // An error means that the input is used up.
    let _ = run(&mut Unstructured::new(input));
});

fn run(input: &mut Unstructured<'_>) -> Result<()> {
    let welcome = welcome(input)?;
    let Ok(mut replica) = Replica::new(&welcome) else { return Ok(()) };
    let grid = Grid::new(Arena::extent(&welcome.rules), welcome.cell_size).expect("the replica has accepted this grid");
    while !input.is_empty() {
        let bytes = if input.arbitrary()? { raw(input)?.to_vec() } else { encoded(input, &replica)? };
        if let Ok(ServerMessage::Snapshot(snapshot)) = codec::decode_server(&bytes) {
            check(&mut replica, &grid, &snapshot);
        }
    }
    predict(&replica, input)
}

fn welcome(input: &mut Unstructured<'_>) -> Result<Welcome<Arena>> {
    let tick_rate = input.int_in_range(10..=120)?;
    let world_size = input.int_in_range(Rules::WORLD_SIZE_MIN..=Rules::WORLD_SIZE_MAX)?;
    let round_s = input.int_in_range(Rules::ROUND_S_MIN..=Rules::ROUND_S_MAX)?;
    let rules = Rules { tick_rate, world_size, round_s };
    let cell_size = if input.arbitrary()? { 128 } else { input.arbitrary()? };
    let room = "fuzz".parse().expect("the name of the room is valid");
    Ok(Welcome { seat: None, room, tick_rate, pace: Pace::Steady, cell_size, rules })
}

/// Applies a snapshot and checks the result.
fn check(replica: &mut Replica<Arena>, grid: &Grid, snapshot: &Snapshot<Arena>) {
    let before = replica.tick();
    match replica.apply(snapshot) {
        Ok(_) => {
            let (tick, view) = replica.tick().zip(replica.view()).expect("the replica has applied a snapshot");
            assert_eq!(Some(tick), snapshot.header.full.or(before.map(Tick::next)));
            let mut positions = replica.entities().iter().map(|(_, entity)| entity.position());
            assert!(positions.all(|position| view.contains(grid.cell(position))), "all entities are in view");
        }
        Err(error) => {
            assert_eq!(replica.tick(), None, "after {error} a full snapshot is required");
            let delta = Snapshot::default();
            assert_eq!(replica.apply(&delta), Err(ReplicaError::ExpectedFull));
        }
    }
}

fn predict(replica: &Replica<Arena>, input: &mut Unstructured<'_>) -> Result<()> {
    let mut prediction = Prediction::<Arena>::new(PlayerId(input.int_in_range(0..=9)?));
    if let Some(tick) = replica.tick() {
        for ahead in 0..PREDICTED_TICKS {
            prediction.record(tick.plus(ahead), controls(input)?);
        }
        let own = prediction.predict(replica, tick.plus(PREDICTED_TICKS));
        assert!(own.len() <= 1 + ids::BULLETS_PER_SHIP as usize, "a player has one ship and its bullets");
    }
    Ok(())
}

fn raw<'a>(input: &mut Unstructured<'a>) -> Result<&'a [u8]> {
    let length = usize::from(input.arbitrary::<u8>()?).min(input.len());
    input.bytes(length)
}

/// Encodes a snapshot with arbitrary content. About half of these snapshots have a correct checksum.
fn encoded(input: &mut Unstructured<'_>, replica: &Replica<Arena>) -> Result<Vec<u8>> {
    let mut snapshot = snapshot(input, replica)?;
    if input.arbitrary()? {
        snapshot.header.checksum = checksum_after(replica, &snapshot).or(snapshot.header.checksum);
    }
    let message = ServerMessage::Snapshot(snapshot);
    let bytes = codec::encode_server(&message);
    assert_eq!(codec::decode_server(&bytes), Ok(message));
    Ok(bytes)
}

fn checksum_after(replica: &Replica<Arena>, snapshot: &Snapshot<Arena>) -> Option<u32> {
    let mut after = replica.clone();
    after.apply(snapshot).ok()?;
    Some(Digest::of_entities::<Arena>(after.entities().iter()).wrapping_add(after.tick()?.0))
}

fn snapshot(input: &mut Unstructured<'_>, replica: &Replica<Arena>) -> Result<Snapshot<Arena>> {
    let is_full = replica.tick().is_none() || input.ratio(1, 8)?;
    let header = SnapshotHeader {
        full: if is_full { Some(Tick(input.arbitrary()?)) } else { None },
        report: option(input, |input| Ok(InputReport { stamp: input.arbitrary()?, margin: input.arbitrary()? }))?,
        view: if is_full { Some(view(input)?) } else { option(input, view)? },
        checksum: None,
    };
    let (room, changes) = (list(input, room_event)?, list(input, |input| change(input, replica))?);
    Ok(Snapshot { header, room, changes, ..Snapshot::default() })
}

fn option<'a, T>(
    input: &mut Unstructured<'a>,
    value: impl FnOnce(&mut Unstructured<'a>) -> Result<T>,
) -> Result<Option<T>> {
    if input.ratio(1, 4)? { value(input).map(Some) } else { Ok(None) }
}

fn list<'a, T>(input: &mut Unstructured<'a>, item: impl Fn(&mut Unstructured<'a>) -> Result<T>) -> Result<Vec<T>> {
    let length = input.int_in_range(0..=5)?;
    (0..length).map(|_| item(input)).collect()
}

fn view(input: &mut Unstructured<'_>) -> Result<ViewRect> {
    let [left, top, right, bottom] = if input.arbitrary()? { [0, 0, 255, 255] } else { input.arbitrary()? };
    Ok(ViewRect { left, top, right, bottom })
}

fn room_event(input: &mut Unstructured<'_>) -> Result<RoomEvent<Arena>> {
    let player = player(input)?;
    Ok(match input.int_in_range(0..=7)? {
        kind @ (0 | 4) => {
            let name = PlayerName::try_from(input.arbitrary::<&str>()?.to_owned()).unwrap_or_default();
            let event = if kind == 0 { RoomEvent::Joined } else { RoomEvent::Present };
            event(player, name, *input.choose(&[PlayerKind::Human, PlayerKind::Ai])?)
        }
        1 => RoomEvent::Left(player),
        2 => {
            let (score, kills, deaths, streak) = input.arbitrary()?;
            RoomEvent::Standing(player, Standing { score, kills, deaths, streak })
        }
        5 => RoomEvent::Team(player, Team(input.arbitrary()?)),
        6 => RoomEvent::Ready(player, input.arbitrary()?),
        7 => RoomEvent::Waiting(input.arbitrary()?),
        3 if input.ratio(1, 4)? => {
            let field = |input: &mut Unstructured<'_>| {
                let [x, y] = input.arbitrary::<[u8; 2]>()?.map(i32::from);
                Ok(MapField::containing(Position { x, y }, 256))
            };
            let ships = (0..input.int_in_range(0..=2 * Map::SHIPS_MAX)?).map(|_| field(input)).collect::<Result<_>>()?;
            RoomEvent::Game(Event::Map(Map::new(ships, option(input, field)?)))
        }
        _ => {
            let by = if input.arbitrary()? { Destroyer::Rock } else { Destroyer::Player(self::player(input)?) };
            RoomEvent::Game(Event::Destroyed(Destroyed { victim: player, by }))
        }
    })
}

/// Returns a player id. It is usually one of four ids, so that several events refer to the same player.
fn player(input: &mut Unstructured<'_>) -> Result<PlayerId> {
    Ok(PlayerId(if input.ratio(7, 8)? { input.int_in_range(0..=3)? } else { input.arbitrary()? }))
}

fn change(input: &mut Unstructured<'_>, replica: &Replica<Arena>) -> Result<Change<Arena>> {
    let known = replica.entities();
    let id = match input.int_in_range(0..=3)? {
        0 | 1 if !known.is_empty() => {
            let index = input.choose_index(known.len())?;
            known.iter().nth(index).map(|(id, _)| id).expect("the index is within the length")
        }
        2 => EntityId(input.arbitrary::<u32>()? % EntityId::LIMIT),
        _ => EntityId(input.int_in_range(0..=9)?),
    };
    Ok(match input.int_in_range(0..=4)? {
        0 => Change::Controls(id, controls(input)?),
        1 => Change::Patch(id, patch(input)?),
        2 => Change::Despawn(id),
        _ => Change::Upsert(id, entity(input)?),
    })
}

fn patch(input: &mut Unstructured<'_>) -> Result<Patch> {
    let byte: u8 = input.arbitrary()?;
    Ok(match byte & 0x7f {
        hull @ 0..=Patch::HULL_MAX => Patch::Hull { hull, orb: byte > 0x7f },
        _ => Patch::Rebound(Velocity { x: input.int_in_range(-2047..=2047)?, y: input.int_in_range(-2047..=2047)? }),
    })
}

fn controls(input: &mut Unstructured<'_>) -> Result<Controls> {
    Ok(Controls::from_bits(input.arbitrary()?).unwrap_or_default())
}

fn progress(input: &mut Unstructured<'_>) -> Result<Progress> {
    let mut level = || input.int_in_range(0..=Progress::LEVEL_MAX);
    let levels = [level()?, level()?, level()?, level()?];
    let orbs = input.int_in_range(0..=Progress::ORBS_FULL)?;
    Ok(Progress::new(orbs, levels).expect("the numbers are within their ranges"))
}

fn entity(input: &mut Unstructured<'_>) -> Result<Entity> {
    let position = Position { x: input.int_in_range(0..=0xf_ffff)?, y: input.int_in_range(0..=0xf_ffff)? };
    let heading = Angle::new(input.int_in_range(0..=1023)?);
    let velocity = |input: &mut Unstructured<'_>, max: i32| {
        Ok(Velocity { x: input.int_in_range(-max - 1..=max)?, y: input.int_in_range(-max - 1..=max)? })
    };
    Ok(match input.int_in_range(0..=3)? {
        0 => Entity::Ship(Ship {
            position,
            velocity: velocity(input, Ship::VELOCITY_MAX)?,
            heading,
            controls: controls(input)?,
            cooldown: input.int_in_range(0..=31)?,
            shot: input.int_in_range(0..=7)?,
            hull: input.arbitrary()?,
            protection: input.int_in_range(0..=1023)?,
            recharge: input.int_in_range(0..=1023)?,
            progress: progress(input)?,
        }),
        1 => Entity::Bullet(Bullet { position, heading, life: input.arbitrary()? }),
        2 => {
            let size = *input.choose(&[RockSize::Small, RockSize::Medium, RockSize::Large])?;
            Entity::Rock(Rock {
                position,
                velocity: velocity(input, Rock::VELOCITY_MAX)?,
                size,
                hull: input.int_in_range(0..=15)?,
            })
        }
        _ => Entity::Orb(Orb { position }),
    })
}
