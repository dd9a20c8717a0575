//! Minimal game for the unit tests of this crate: points that move along x.

use serde::{Deserialize, Serialize};

use crate::client::Replica;
use crate::game::{Digest, GameProtocol, Lifecycle, Samples, Spawn, StandingChanges};
use crate::message::{Change, Snapshot, SnapshotHeader, Welcome};
use crate::units::{EntityId, Pace, PlayerId, Position, Tick};
use crate::world::ViewRect;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TestGame;

/// A point that moves by `held` world units per tick along x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) x: i32,
    pub(crate) held: i8,
}

impl GameProtocol for TestGame {
    const NAME: &'static str = "test";

    type Rules = u16;
    type Controls = i8;
    type Entity = Point;
    type Patch = i32;
    type Event = u8;
    type Standing = u32;
    type Action = i32;
    type Refusal = u8;
    type Secret = u16;

    fn extent(_: &u16) -> Position {
        Position::at_units(1000, 1000)
    }

    fn position(point: &Point) -> Position {
        Position::at_units(point.x, 0)
    }

    fn avatar(player: PlayerId) -> EntityId {
        EntityId(player.0.into())
    }

    fn controls(point: &Point) -> Option<i8> {
        Some(point.held)
    }

    fn set_controls(point: &mut Point, controls: i8) {
        point.held = controls;
    }

    fn coast(_: &u16, _: EntityId, point: &mut Point, _: &mut Vec<Spawn<Point>>) -> Lifecycle {
        point.x += i32::from(point.held);
        Lifecycle::Alive
    }

    fn predict_action(point: &mut Point, action: &i32) {
        point.x += action;
    }

    fn patch_between(coasted: &Point, truth: &Point) -> Option<i32> {
        (coasted.held == truth.held).then_some(truth.x)
    }

    fn patch(point: &mut Point, patch: &i32) {
        point.x = *patch;
    }

    fn standing_changes(_: &u8) -> StandingChanges<Self> {
        Vec::new()
    }

    fn digest(point: &Point, digest: &mut Digest) {
        digest.add(point.x);
        digest.add(point.held.into());
    }

    fn samples() -> Samples<Self> {
        let point = Point { x: 7, held: 1 };
        Samples {
            rules: 30,
            entities: vec![(EntityId(3), point)],
            controls: vec![0, -1],
            patches: vec![5],
            events: vec![9],
            actions: vec![-3, 300],
            refusals: vec![4],
            secrets: vec![0, 300],
            standing: 300,
        }
    }
}

pub(crate) fn welcome() -> Welcome<TestGame> {
    let room = "test".parse().expect("the room name is valid");
    Welcome { seat: None, room, tick_rate: 30, pace: Pace::Steady, cell_size: 128, rules: 30 }
}

pub(crate) fn replica() -> Replica<TestGame> {
    Replica::new(&welcome()).expect("the grid is valid")
}

/// A snapshot with these changes: a full snapshot of tick `full`, or a delta snapshot if `full` is `None`.
pub(crate) fn snapshot(full: Option<Tick>, changes: Vec<Change<TestGame>>) -> Snapshot<TestGame> {
    let view = full.map(|_| ViewRect { left: 0, top: 0, right: 7, bottom: 7 });
    Snapshot { header: SnapshotHeader { full, view, ..SnapshotHeader::default() }, changes, ..Snapshot::default() }
}
