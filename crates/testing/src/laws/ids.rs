//! Ids belong to one entity at a time.

use std::collections::{BTreeMap, BTreeSet};

use tickcast_game::Simulation;
use tickcast_protocol::{EntityId, EntityMap, GameProtocol, Lifecycle, PlayerId};
use tickcast_room::RoomOptions;

use crate::play::{Play, Setup, predicted};
use crate::trial::{Trial, Violation, require};

/// Maximum number of seats in a room: those of humans and those of AI players.
const SEATS_MAX: u16 = RoomOptions::SEATS_MAX + RoomOptions::AI_PLAYERS_MAX;

pub(super) fn check<S: Simulation>(setup: &Setup<S>, trial: &Trial) -> Result<(), Violation> {
    let avatars = avatars::<S::Game>()?;
    let mut play = Play::new(setup, trial.seed);
    for tick in 1..=setup.ticks {
        trial.reach(tick);
        let played = play.step();
        let (_, spawned) = predicted::<S::Game>(play.world.rules(), &played.before, play.world.entities());
        check_spawned::<S::Game>(play.world.rules(), &played.before, spawned, &avatars)?;
        for (id, entity) in play.world.entities().iter() {
            require(id.0 < EntityId::LIMIT, || Violation::of(id, "the id is not below EntityId::LIMIT"))?;
            let absent = avatars.get(&id).filter(|player| !play.seated.contains(player));
            if let Some(PlayerId(player)) = absent {
                let what = format_args!("{entity:?} has the avatar id of player {player}, who is not in the world");
                return Err(Violation::of(id, what));
            }
        }
    }
    Ok(())
}

/// The avatar ids of all players that a room can have.
fn avatars<G: GameProtocol>() -> Result<BTreeMap<EntityId, PlayerId>, Violation> {
    let mut avatars = BTreeMap::new();
    for player in (0..SEATS_MAX).map(PlayerId) {
        let id = G::avatar(player);
        require(id.0 < EntityId::LIMIT, || Violation::of(id, format_args!("the avatar id of {player:?} is too large")))?;
        if let Some(other) = avatars.insert(id, player) {
            return Err(Violation::of(id, format_args!("{other:?} and {player:?} have the same avatar id")));
        }
    }
    Ok(avatars)
}

/// Checks the ids of the entities that other entities have spawned while coasting.
fn check_spawned<G: GameProtocol>(
    rules: &G::Rules,
    before: &EntityMap<G::Entity>,
    spawned: Vec<(EntityId, EntityId)>,
    avatars: &BTreeMap<EntityId, PlayerId>,
) -> Result<(), Violation> {
    let mut children = BTreeSet::new();
    for (parent, child) in spawned {
        let by = format_args!("the entity spawned by entity {}", parent.0).to_string();
        require(before.get(parent).is_some(), || {
            Violation::of(child, format_args!("{by} names a parent that does not exist; use the id passed to `coast`"))
        })?;
        require(children.insert(child), || {
            Violation::of(child, format_args!("{by} has the id of another one spawned in this tick"))
        })?;
        let existing = before.get(child).cloned().filter(|existing| survives::<G>(rules, child, existing.clone()));
        require(existing.is_none(), || Violation::of(child, format_args!("{by} replaces an existing entity")))?;
        require(!avatars.contains_key(&child), || {
            Violation::of(child, format_args!("{by} has the avatar id of a player"))
        })?;
    }
    Ok(())
}

/// Whether an entity survives coasting. An entity that expires leaves its id to another one in the same tick.
fn survives<G: GameProtocol>(rules: &G::Rules, id: EntityId, mut entity: G::Entity) -> bool {
    G::coast(rules, id, &mut entity, &mut Vec::new()) == Lifecycle::Alive
}
