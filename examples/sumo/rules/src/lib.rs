//! Sumo: discs push each other out of a ring, which shrinks. The last disc in the ring wins the fight.

mod disc;

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;

pub use disc::{Disc, Push, RADIUS};

/// Radius of the ring when a fight begins, and the smallest one. In the smallest ring, there is no room for two discs.
const RING: (i32, i32) = (400 * Position::UNIT, 20 * Position::UNIT);
/// Seconds in which the ring shrinks, and seconds between two fights.
const SECONDS: (i32, u16) = (40, 4);
/// The id of the ring, which no player's disc has.
const RING_ID: EntityId = EntityId(1 << 16);

/// The rules. All of their state is in the entities.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sumo;

game!(Sumo: Interact, Events, Standings, AiPlayers);

/// What players see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Thing {
    /// A player's disc.
    Disc(Disc),
    /// The ring during a fight, and its radius.
    Ring(i32),
    /// The ring during a break, and the number of ticks until the next fight.
    Break(u16),
}

impl Game for Sumo {
    const NAME: &'static str = "sumo";

    type Controls = Push;
    type Entity = Thing;

    fn new(world: &mut World<Self>, _: u64) -> Self {
        start_break(world);
        Self
    }

    /// A player who joins during a fight waits for the next one.
    fn join(&mut self, world: &mut World<Self>, player: PlayerId) -> Option<Thing> {
        let is_fight = matches!(world.entities.get(RING_ID), Some(Thing::Ring(_)));
        (!is_fight).then(|| Thing::Disc(Disc::at(Angle::new(i32::from(player.0) * 400), RING.0 / 3)))
    }

    fn coast(thing: &mut Thing, context: &mut CoastContext<'_, Self>) -> Lifecycle {
        let tick_rate = i32::from(context.setup.tick_rate);
        match thing {
            Thing::Disc(disc) => disc.coast(tick_rate),
            Thing::Ring(radius) => *radius = (*radius - (RING.0 - RING.1) / (SECONDS.0 * tick_rate)).max(RING.1),
            Thing::Break(ticks) => *ticks = ticks.saturating_sub(1),
        }
        Lifecycle::Alive
    }

    fn step(&mut self, world: &mut World<Self>) {
        match world.entities.get(RING_ID) {
            Some(Thing::Ring(radius)) => referee(world, *radius),
            Some(Thing::Break(0)) if world.players().len() > 1 => start_fight(world),
            Some(Thing::Break(0)) => start_break(world),
            _ => {}
        }
    }

    fn controls_mut(thing: &mut Thing) -> Option<&mut Push> {
        if let Thing::Disc(disc) = thing { Some(&mut disc.push) } else { None }
    }
}

/// Discs push each other. Server and clients both compute it, so it costs no bandwidth and is predicted.
impl Interact for Sumo {
    fn interact(_: &Setup<()>, things: &mut Entities<'_, Thing>) {
        things.for_each_pair(|(_, first), (_, second)| {
            if let (Thing::Disc(first), Thing::Disc(second)) = (first, second) {
                first.collide(second);
            }
        });
    }
}

fn start_break(world: &mut World<Sumo>) {
    let ticks = SECONDS.1 * world.setup().tick_rate;
    world.entities.insert(RING_ID, Thing::Break(ticks));
}

fn start_fight(world: &mut World<Sumo>) {
    world.entities.insert(RING_ID, Thing::Ring(RING.0));
    let players: Vec<_> = world.players().collect();
    for (player, place) in players.iter().zip(0..) {
        let angle = Angle::new(Angle::TURN * place / players.len() as i32);
        let disc = Disc { push: world.controls(*player), ..Disc::at(angle, RING.0 * 2 / 3) };
        world.entities.insert(Sumo::avatar(*player), Thing::Disc(disc));
    }
}

/// Removes the discs outside of the ring. Ends the fight when at most one is left.
fn referee(world: &mut World<Sumo>, radius: i32) {
    let is_inside = |disc: &Disc| disc.position.is_within(Position::default(), radius);
    let outside: Vec<_> = discs(world).filter(|(_, disc)| !is_inside(disc)).map(|(player, _)| player).collect();
    for player in outside {
        world.entities.remove(Sumo::avatar(player));
        world.send_event(Event::Out(player));
    }
    let left: Vec<_> = discs(world).map(|(player, _)| player).take(2).collect();
    if left.len() < 2 {
        world.send_event(Event::Won(left.first().copied()));
        start_break(world);
    }
}

/// The discs of all players.
pub fn discs(world: &World<Sumo>) -> impl Iterator<Item = (PlayerId, &Disc)> {
    world.players().filter_map(|player| match world.avatar(player) {
        Some(Thing::Disc(disc)) => Some((player, disc)),
        _ => None,
    })
}

/// What happens in a fight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// This player's disc has left the ring.
    Out(PlayerId),
    /// The fight is over, and this player has won it, unless the last discs left the ring in the same tick.
    Won(Option<PlayerId>),
}

impl Events for Sumo {
    type Event = Event;
}

impl Standings for Sumo {
    /// Number of fights won.
    type Standing = u32;

    fn standing_changes(event: &Event) -> StandingChanges<u32> {
        if let Event::Won(Some(winner)) = event { vec![(*winner, Box::new(|wins| *wins += 1))] } else { Vec::new() }
    }

    fn score(wins: &u32) -> Option<Score> {
        Some(Score { points: *wins, ..Score::default() })
    }
}

impl AiPlayers for Sumo {
    /// AI players push the nearest disc, but turn back before they would leave the ring.
    fn ai_controls(&self, world: &World<Self>, player: PlayerId) -> Push {
        let Some((_, own)) = discs(world).find(|(other, _)| *other == player) else { return Push::default() };
        let distance = |other: &Disc| {
            let Position { x, y } = own.to(other);
            x.abs().max(y.abs())
        };
        let others = discs(world).filter(|(other, _)| *other != player);
        let radius = if let Some(Thing::Ring(radius)) = world.entities.get(RING_ID) { *radius } else { RING.0 };
        let ahead = own.position.moved(own.velocity, 2);
        match others.map(|(_, other)| other).min_by_key(|other| distance(other)) {
            Some(nearest) if ahead.is_within(Position::default(), radius) => Push::towards(own.to(nearest)),
            _ => Push::towards(Position { x: -ahead.x, y: -ahead.y }),
        }
    }
}
