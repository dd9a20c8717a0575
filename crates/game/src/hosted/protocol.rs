//! The part of a game that server and clients share.

use std::fmt;
use std::marker::PhantomData;

use tickcast_protocol::game::{Samples, Score, StandingChanges};
use tickcast_protocol::{Digest, Entities, EntityId, GameProtocol, Lifecycle, Pace, PlayerId, Position, Spawn};

use crate::game::{CoastContext, Hostable, Setup, decoded};

/// The part of a [`Game`](crate::Game) that server and clients share. Clients use `Replica<Protocol<MyGame>>`.
pub struct Protocol<G>(PhantomData<fn() -> G>);

impl<G> Clone for Protocol<G> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<G> Default for Protocol<G> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<G> PartialEq for Protocol<G> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<G> fmt::Debug for Protocol<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Protocol")
    }
}

impl<G: Hostable> GameProtocol for Protocol<G> {
    const NAME: &'static str = G::NAME;
    const INTERACTS: bool = G::INTERACTS;
    const PACE: Pace = G::PACE;

    type Rules = G::PublicSetup;
    type Controls = G::Controls;
    type Entity = G::Entity;
    type Patch = G::Patch;
    type Event = G::Event;
    type Standing = G::Standing;
    type Action = G::Action;
    type Refusal = G::Refusal;
    type Secret = G::Secret;

    fn extent(setup: &G::PublicSetup) -> Position {
        G::extent(setup)
    }

    fn position(entity: &G::Entity) -> Position {
        G::position(entity)
    }

    fn avatar(player: PlayerId) -> EntityId {
        G::avatar(player)
    }

    fn controls(entity: &G::Entity) -> Option<G::Controls> {
        G::controls(entity)
    }

    fn set_controls(entity: &mut G::Entity, controls: G::Controls) {
        if let Some(held) = G::controls_mut(entity) {
            *held = controls;
        }
    }

    fn coast(
        setup: &G::PublicSetup,
        id: EntityId,
        entity: &mut G::Entity,
        spawns: &mut Vec<Spawn<G::Entity>>,
    ) -> Lifecycle {
        G::coast(entity, &mut CoastContext::new(setup, id, spawns))
    }

    fn interact(setup: &G::PublicSetup, entities: &mut Entities<'_, G::Entity>) {
        G::interact(setup, entities);
    }

    fn predict_action(avatar: &mut G::Entity, action: &G::Action) {
        G::predict(avatar, action);
    }

    /// Checks the patch: a lossy patch leaves differences, which clients would keep until the next checksum.
    fn patch_between(coasted: &G::Entity, truth: &G::Entity) -> Option<G::Patch> {
        let patch = G::patch_between(coasted, truth)?;
        let mut patched = coasted.clone();
        G::patch(&mut patched, &patch);
        (patched == *truth).then_some(patch)
    }

    fn patch(entity: &mut G::Entity, patch: &G::Patch) {
        G::patch(entity, patch);
    }

    fn standing_changes(event: &G::Event) -> StandingChanges<Self> {
        G::standing_changes(event)
    }

    fn ends_round(event: &G::Event) -> bool {
        G::ends_round(event)
    }

    fn score(standing: &G::Standing) -> Option<Score> {
        G::score(standing)
    }

    fn digest(entity: &G::Entity, digest: &mut Digest) {
        G::digest(entity, digest);
    }

    fn samples() -> Samples<Self> {
        let setup = Setup { tick_rate: 30, options: G::Options::default() };
        Samples {
            entities: G::sample_entities(&setup),
            controls: G::sample_controls(),
            patches: G::sample_patches(),
            events: G::sample_events(),
            actions: decoded(),
            refusals: decoded(),
            secrets: decoded(),
            standing: G::sample_standing(),
            rules: G::sample_public_setup(),
        }
    }
}
