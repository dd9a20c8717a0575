//! A game with values of many kinds, as a WebAssembly client. The tests read and write them in JavaScript.

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;

/// The game.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kinds;

game!(Kinds: Configure, Space, Events, Standings);

/// Controls: keys, an aim, and the way in which the ship goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// Thrust.
    pub is_thrusting: bool,
    /// Where to aim.
    pub aim: Angle,
    /// What to do.
    pub order: Order,
}

/// What a ship does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Nothing.
    #[default]
    Wait,
    /// Flies by this number of units per second.
    Fly {
        /// To the right.
        x: i8,
        /// Downwards.
        y: i8,
    },
    /// Jumps to this place.
    JumpTo(Position),
}

/// An entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Thing {
    /// The avatar of a player.
    Ship {
        /// The place.
        position: Position,
        /// The direction.
        heading: Angle,
        /// The player to whom it is bound.
        owner: Option<PlayerId>,
        /// The controls.
        keys: Keys,
    },
    /// A place on the map.
    Mark(Position),
    /// Something that can only be counted.
    Counter(u64),
}

/// Options of a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Field {
    /// Bottom right corner.
    pub field_size: Position,
}

impl Default for Field {
    fn default() -> Self {
        Self { field_size: Position::at_units(500, 400) }
    }
}

impl Configure for Kinds {
    type Options = Field;
}

impl Space for Kinds {
    fn extent(setup: &Setup<Field>) -> Position {
        setup.options.field_size
    }

    fn position(thing: &Thing) -> Position {
        match thing {
            Thing::Ship { position, .. } | Thing::Mark(position) => *position,
            Thing::Counter(_) => Position::default(),
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happened {
    /// The round is over.
    RoundOver,
    /// A player has scored.
    Scored {
        /// The player.
        by_player: PlayerId,
        /// Points of each round.
        points: Vec<i32>,
    },
}

impl Events for Kinds {
    type Event = Happened;
}

/// What is counted for a player.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Points {
    /// In this round.
    pub points: u32,
    /// The title, if any.
    pub title: Option<String>,
}

impl Standings for Kinds {
    type Standing = Points;
}

impl Game for Kinds {
    type Controls = Keys;
    type Entity = Thing;

    const NAME: &'static str = "kinds";

    fn new(world: &mut World<Self>, _: u64) -> Self {
        world.spawn(Thing::Mark(Position::at_units(10, 20)));
        world.spawn(Thing::Counter(u64::MAX));
        Self
    }

    fn join(&mut self, _: &mut World<Self>, player: PlayerId) -> Option<Thing> {
        let place = 100 + 50 * i32::from(player.0);
        Some(Thing::Ship {
            position: Position::at_units(place, place),
            heading: Angle::new(256),
            owner: Some(player),
            keys: Keys::default(),
        })
    }

    fn step(&mut self, _: &mut World<Self>) {}

    fn coast(thing: &mut Thing, context: &mut CoastContext<'_, Self>) -> Lifecycle {
        if let Thing::Ship { position, heading, keys, .. } = thing {
            *heading = heading.turned_towards(keys.aim, 8);
            match keys.order {
                Order::Wait => {}
                Order::Fly { x, y } => {
                    let velocity = Velocity { x: i32::from(x) * Velocity::UNIT, y: i32::from(y) * Velocity::UNIT };
                    *position = position.moved(velocity, context.setup.tick_rate.into());
                }
                Order::JumpTo(place) => *position = place,
            }
        }
        Lifecycle::Alive
    }

    fn controls_mut(thing: &mut Thing) -> Option<&mut Keys> {
        if let Thing::Ship { keys, .. } = thing { Some(keys) } else { None }
    }

    fn is_own(player: PlayerId, id: EntityId) -> bool {
        id == Self::avatar(player) || id.0 == 9_000 + u32::from(player.0)
    }
}

tickcast_client::client!(Kinds);
