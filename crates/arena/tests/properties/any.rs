//! Proptest strategies that generate values of the protocol.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tickcast_arena::{Arena, Bullet, Controls, Entity, Orb, Rock, RockSize, Ship, Steering};
use tickcast_game::protocol::{
    Angle, ClientMessage, Hello, Input, PlayerName, Position, ResumeToken, Role, Tick, Ticket, Velocity, Viewport,
};

pub(crate) fn angle() -> impl Strategy<Value = Angle> {
    (0..Angle::TURN).prop_map(Angle::new)
}

pub(crate) fn controls() -> impl Strategy<Value = Controls> {
    let steering = prop_oneof![
        Just(Steering::Ahead),
        Just(Steering::Left),
        Just(Steering::Right),
        angle().prop_map(Steering::Towards)
    ];
    (steering, any::<bool>(), any::<bool>()).prop_map(|(steering, thrust, fire)| Controls { steering, thrust, fire })
}

/// A position in a square world with sides of `world_size` world units.
fn position(world_size: u16) -> impl Strategy<Value = Position> {
    let extent = i32::from(world_size) * Position::UNIT;
    (0..extent, 0..extent).prop_map(|(x, y)| Position { x, y })
}

fn velocity(max: i32) -> impl Strategy<Value = Velocity> {
    (-max..=max, -max..=max).prop_map(|(x, y)| Velocity { x, y })
}

prop_compose! {
    fn ship(world_size: u16)(
        position in position(world_size),
        velocity in velocity(Ship::VELOCITY_MAX),
        heading in angle(),
        controls in controls(),
        cooldown in 0..32_u8,
        shot in 0..8_u8,
        hull in 1..=Ship::HULL_FULL,
        protection in prop_oneof![Just(0), any::<u16>()],
    ) -> Ship {
        Ship { position, velocity, heading, controls, cooldown, shot, hull, protection }
    }
}

/// An entity of any kind in a square world with sides of `world_size` world units.
pub(crate) fn entity(world_size: u16) -> impl Strategy<Value = Entity> {
    let size = prop_oneof![Just(RockSize::Small), Just(RockSize::Medium), Just(RockSize::Large)];
    let rock = (position(world_size), velocity(Rock::VELOCITY_MAX), size, 1..16_u8)
        .prop_map(|(position, velocity, size, hull)| Rock { position, velocity, size, hull });
    let bullet = (position(world_size), angle(), 1..=u8::MAX).prop_map(|(position, heading, life)| Bullet {
        position,
        heading,
        life,
    });
    prop_oneof![
        ship(world_size).prop_map(Entity::Ship),
        bullet.prop_map(Entity::Bullet),
        rock.prop_map(Entity::Rock),
        position(world_size).prop_map(|position| Entity::Orb(Orb { position })),
    ]
}

fn viewport() -> impl Strategy<Value = Viewport> {
    any::<(u16, u16)>().prop_map(|(width, height)| Viewport { width, height })
}

prop_compose! {
    fn hello()(
        name in option::of("\\PC{0,16}"),
        viewport in viewport(),
        resume in option::of(any::<[u8; 16]>()),
        ticket in option::of("[a-zA-Z0-9._-]{1,1024}"),
    ) -> Hello {
        let role = name.map_or(Role::Spectator, |name| Role::Player(PlayerName::try_from(name).unwrap_or_default()));
        let ticket = ticket.map(|text| Ticket::try_from(text).expect("the ticket is valid"));
        Hello { resume: resume.map(ResumeToken), ticket, ..Hello::new::<Arena>(role, viewport) }
    }
}

pub(crate) fn client_message() -> impl Strategy<Value = ClientMessage<Arena>> {
    let input = (any::<u32>(), any::<u32>(), controls()).prop_map(|(tick, acknowledged, controls)| Input {
        tick: Tick(tick),
        acknowledged: Tick(acknowledged),
        controls,
    });
    prop_oneof![
        hello().prop_map(ClientMessage::Hello),
        input.prop_map(ClientMessage::Input),
        any::<u32>().prop_map(|tick| ClientMessage::Acknowledge(Tick(tick))),
        viewport().prop_map(ClientMessage::Viewport),
        any::<u32>().prop_map(ClientMessage::Ping),
        Just(ClientMessage::Resync),
    ]
}

/// Random bytes. The first byte is often a valid message tag.
pub(crate) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    (prop_oneof![0..8_u8, 0x40..0x80_u8, any::<u8>()], vec(any::<u8>(), 0..80))
        .prop_map(|(first, rest)| [vec![first], rest].concat())
}
