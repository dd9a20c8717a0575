//! Arena's implementation of [`GameProtocol`].

mod samples;
mod words;

use tickcast_game::protocol::game::{Digest, Lifecycle, Never, Samples, Score, Spawn, StandingChanges};
use tickcast_game::protocol::{EntityId, GameProtocol, PlayerId, Position};

use super::{Controls, Destroyed, Destroyer, Entity, Event, Patch, Rules, Standing, ids, motion};

/// The bundled game.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arena;

impl GameProtocol for Arena {
    const NAME: &'static str = "arena";

    type Rules = Rules;
    type Controls = Controls;
    type Entity = Entity;
    type Patch = Patch;
    type Event = Event;
    type Standing = Standing;
    type Action = Never;
    type Refusal = Never;
    type Secret = ();

    fn extent(rules: &Rules) -> Position {
        Position { x: rules.extent(), y: rules.extent() }
    }

    fn position(entity: &Entity) -> Position {
        entity.position()
    }

    fn avatar(player: PlayerId) -> EntityId {
        ids::ship(player)
    }

    fn controls(entity: &Entity) -> Option<Controls> {
        if let Entity::Ship(ship) = entity { Some(ship.controls) } else { None }
    }

    fn set_controls(entity: &mut Entity, controls: Controls) {
        if let Entity::Ship(ship) = entity {
            ship.controls = controls;
        }
    }

    fn coast(rules: &Rules, id: EntityId, entity: &mut Entity, spawns: &mut Vec<Spawn<Entity>>) -> Lifecycle {
        motion::coast(rules, id, entity, spawns)
    }

    fn patch_between(coasted: &Entity, truth: &Entity) -> Option<Patch> {
        let hull = truth.hull().filter(|hull| *hull <= Patch::HULL_MAX)?;
        let rebound = if let Entity::Rock(rock) = truth { Some(Patch::Rebound(rock.velocity)) } else { None };
        [false, true].into_iter().map(|orb| Patch::Hull { hull, orb }).chain(rebound).find(|patch| {
            let mut patched = coasted.clone();
            patched.patch(*patch);
            patched == *truth
        })
    }

    fn patch(entity: &mut Entity, patch: &Patch) {
        entity.patch(*patch);
    }

    fn standing_changes(event: &Event) -> StandingChanges<Self> {
        match *event {
            Event::Destroyed(Destroyed { victim, by: Destroyer::Rock }) => vec![(victim, Box::new(Standing::add_death))],
            Event::Destroyed(Destroyed { victim, by: Destroyer::Player(player) }) => {
                vec![(victim, Box::new(Standing::add_death)), (player, Box::new(Standing::add_kill))]
            }
            Event::Collected(player) => vec![(player, Box::new(Standing::add_orb))],
            Event::Map(_) | Event::RoundEnded(_) => Vec::new(),
        }
    }

    fn ends_round(event: &Event) -> bool {
        matches!(event, Event::RoundEnded(_))
    }

    fn score(standing: &Standing) -> Option<Score> {
        let Standing { score, kills, deaths, streak: _ } = *standing;
        Some(Score { points: score, kills: kills.into(), deaths: deaths.into() })
    }

    fn digest(entity: &Entity, digest: &mut Digest) {
        entity.for_each_word(|word| digest.add(word));
    }

    fn samples() -> Samples<Self> {
        samples::samples()
    }
}
