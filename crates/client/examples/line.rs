//! A small game as a WebAssembly client: each player moves a marker along a line, which is a ring.
//!
//! The tests also use it to cause a panic: on a line of length zero, a marker cannot move.

use tickcast_protocol::game::{Digest, Lifecycle, Samples, Spawn, StandingChanges};
use tickcast_protocol::{EntityId, GameProtocol, PlayerId, Position, WordLayout};

/// The game.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line;

/// Position on the line, and the step that the player makes in each tick.
type Marker = (i32, i8);

impl GameProtocol for Line {
    const NAME: &'static str = "line";

    /// Length of the line.
    type Rules = u16;
    type Controls = i8;
    type Entity = Marker;
    type Patch = ();
    type Event = ();
    type Standing = ();
    /// A jump by this distance.
    type Action = i32;
    type Refusal = u8;
    type Secret = u16;

    fn extent(length: &u16) -> Position {
        Position::at_units((*length).into(), 1)
    }

    fn position(marker: &Marker) -> Position {
        Position::at_units(marker.0, 0)
    }

    fn avatar(player: PlayerId) -> EntityId {
        EntityId(player.0.into())
    }

    fn controls(marker: &Marker) -> Option<i8> {
        Some(marker.1)
    }

    fn set_controls(marker: &mut Marker, step: i8) {
        marker.1 = step;
    }

    fn coast(length: &u16, _: EntityId, marker: &mut Marker, _: &mut Vec<Spawn<Marker>>) -> Lifecycle {
        marker.0 = (marker.0 + i32::from(marker.1)).rem_euclid((*length).into());
        Lifecycle::Alive
    }

    fn predict_action(marker: &mut Marker, jump: &i32) {
        marker.0 = marker.0.wrapping_add(*jump);
    }

    fn patch_between(_: &Marker, _: &Marker) -> Option<()> {
        None
    }

    fn patch(_: &mut Marker, (): &()) {}

    fn standing_changes((): &()) -> StandingChanges<Self> {
        Vec::new()
    }

    fn digest(marker: &Marker, digest: &mut Digest) {
        digest.add(marker.0);
        digest.add(marker.1.into());
    }

    fn samples() -> Samples<Self> {
        Samples {
            rules: 100,
            entities: vec![(EntityId(0), (7, 1))],
            controls: vec![0, -1, 1],
            patches: Vec::new(),
            events: Vec::new(),
            actions: vec![1],
            refusals: vec![2],
            secrets: vec![3],
            standing: (),
        }
    }
}

impl WordLayout for Line {
    type Game = Self;

    fn rules_words(length: &u16, words: &mut Vec<i32>) {
        words.push((*length).into());
    }

    fn entity_words(marker: &Marker, words: &mut Vec<i32>) {
        words.extend([marker.0, marker.1.into()]);
    }

    fn event_words((): &(), _: &mut Vec<i32>) {}

    fn standing_words((): &(), _: &mut Vec<i32>) {}

    fn controls_from_words(words: &[i32]) -> Option<i8> {
        let [step] = words else { return None };
        i8::try_from(*step).ok()
    }

    fn action_from_words(words: &[i32]) -> Option<i32> {
        let [jump] = words else { return None };
        Some(*jump)
    }

    fn refusal_words(refusal: &u8, words: &mut Vec<i32>) {
        words.push((*refusal).into());
    }

    fn secret_words(secret: &u16, words: &mut Vec<i32>) {
        words.push((*secret).into());
    }
}

tickcast_client::client!(Line as WordLayout);
