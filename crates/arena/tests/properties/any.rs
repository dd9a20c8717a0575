//! Proptest strategies that generate values of the protocol.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tickcast_arena::{Arena, Bullet, Choice, Controls, Entity, Orb, Progress, Rock, RockSize, Ship, Steering};
use tickcast_game::protocol::{
    Angle, ClientMessage, Hello, Input, PlaybackSpeed, PlayerName, Position, ProfileSecret, ResumeToken, Role, Team, Tick,
    Ticket, Velocity, Viewport,
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
    let choice = prop_oneof![Just(None), select(&Choice::ALL[..]).prop_map(Some)];
    let keys = any::<[bool; 3]>();
    (steering, keys, choice).prop_map(|(steering, [thrust, fire, dash], choice)| Controls {
        steering,
        thrust,
        fire,
        dash,
        choice,
    })
}

fn progress() -> impl Strategy<Value = Progress> {
    let levels = [(); 4].map(|()| 0..=Progress::LEVEL_MAX);
    let any = (0..=Progress::ORBS_FULL, levels)
        .prop_map(|(orbs, levels)| Progress::new(orbs, levels).expect("the numbers are in range"));
    prop_oneof![Just(Progress::default()), any]
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
        protection in prop_oneof![Just(0), 0..1024_u16],
        recharge in prop_oneof![Just(0), 0..1024_u16],
        progress in progress(),
    ) -> Ship {
        Ship { position, velocity, heading, controls, cooldown, shot, hull, protection, recharge, progress }
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
        profile in option::of(any::<[u8; 16]>()),
        team in option::of(any::<u8>()),
    ) -> Hello {
        let role = name.map_or(Role::Spectator, |name| Role::Player(PlayerName::try_from(name).unwrap_or_default()));
        let ticket = ticket.map(|text| Ticket::try_from(text).expect("the ticket is valid"));
        let (resume, profile) = (resume.map(ResumeToken), profile.map(ProfileSecret));
        Hello { resume, ticket, profile, team: team.map(Team), ..Hello::new::<Arena>(role, viewport) }
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
        any::<u32>().prop_map(|tick| ClientMessage::Seek(Tick(tick))),
        (1..=PlaybackSpeed::QUARTERS_MAX)
            .prop_map(|quarters| ClientMessage::Speed(quarters.try_into().expect("the speed is in range"))),
        any::<bool>().prop_map(ClientMessage::Pause),
        any::<bool>().prop_map(ClientMessage::Ready),
    ]
}

/// Random bytes. The first byte is often a valid message tag.
pub(crate) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    (prop_oneof![0..11_u8, 0x40..0x80_u8, any::<u8>()], vec(any::<u8>(), 0..80))
        .prop_map(|(first, rest)| [vec![first], rest].concat())
}
