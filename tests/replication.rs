//! Whatever a world becomes from one tick to the next, whoever is told has it, as far as their view goes.

#[allow(dead_code, reason = "messages are for others")]
#[path = "../protocol/tests/properties/any.rs"]
mod any;

use proptest::collection::vec;
use proptest::prelude::*;
use tickcast_room::replication::{Delivery, Frame, Replication};
use tickcast_arena::{Arena, Entity, Rules};
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::world::coast_all;
use tickcast_protocol::{EntityId, EntityMap, Game, Grid, Replica, ServerMessage, Snapshot, Tick, ViewRect, Welcome};

const RULES: Rules = Rules { tick_rate: 30, world_size: 1024 };
const CELL_SIZE: u16 = 128;
/// How many cells the world has each way.
const CELLS: u8 = 8;

/// What becomes of an entity beyond coasting.
#[derive(Clone, Debug)]
enum Lifecycle {
    Coasts,
    Steers(tickcast_arena::Controls),
    Ends,
    Becomes(Entity),
}

fn fate() -> impl Strategy<Value = Lifecycle> {
    prop_oneof![
        Just(Lifecycle::Coasts),
        any::controls().prop_map(Lifecycle::Steers),
        Just(Lifecycle::Expired),
        any::entity(RULES.world_size).prop_map(Lifecycle::Becomes),
    ]
}

fn view() -> impl Strategy<Value = ViewRect> {
    let side = || (0..CELLS, 0..CELLS).prop_map(|(one, other)| (one.min(other), one.max(other)));
    (side(), side()).prop_map(|((left, right), (top, bottom))| ViewRect { left, top, right, bottom })
}

/// The world a tick later: what is steered is steered before it coasts, what ends or becomes another does so after.
fn next(world: &EntityMap<Entity>, fates: &[(EntityId, Lifecycle)]) -> EntityMap<Entity> {
    let mut next = world.clone();
    for (id, fate) in fates {
        if let (Lifecycle::Steers(controls), Some(entity)) = (fate, next.get_mut(*id)) {
            Arena::set_controls(entity, *controls);
        }
    }
    coast_all::<Arena>(&RULES, &mut next);
    for (id, fate) in fates {
        match fate {
            Lifecycle::Coasts | Lifecycle::Steers(_) => {}
            Lifecycle::Expired => drop(next.remove(*id)),
            Lifecycle::Becomes(entity) => drop(next.insert(*id, entity.clone())),
        }
    }
    next
}

fn composed(frame: &Frame<Arena>, view: ViewRect, previous_view: Option<ViewRect>) -> Snapshot<Arena> {
    let mut bytes = Vec::new();
    frame.compose(&Delivery { view, previous_view, report: None }, &mut Chunk::default(), &mut bytes);
    match codec::decode_server(&bytes) {
        Ok(ServerMessage::Snapshot(snapshot)) => snapshot,
        other => panic!("a frame makes snapshots, not {other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// In short: `apply(changes(a → b), coast(a)) == b`, tick after tick, while the view goes where it likes.
    #[test]
    fn whoever_is_told_has_the_world_in_view(
        world in vec(any::entity(RULES.world_size), 0..12),
        ticks in vec((vec(fate(), 14), view()), 1..6),
        first_view in view(),
    ) {
        let grid = Grid::new(Arena::extent(&RULES), CELL_SIZE).expect("few cells");
        let room = "proof".parse().expect("a name");
        let welcome = Welcome { seat: None, room, tick_rate: RULES.tick_rate, cell_size: CELL_SIZE, rules: RULES };
        let mut replica = Replica::<Arena>::new(&welcome).expect("few cells");
        let mut replication = Replication::<Arena>::new(RULES, grid);

        let mut world: EntityMap<Entity> = world.into_iter().zip(0..).map(|(entity, id)| (EntityId(id), entity)).collect();
        let mut previous_view = first_view;
        // Checksums are there, too.
        let mut tick = Tick(62);
        let frame = replication.encode(tick, &world, Default::default());
        replica.apply(&composed(&frame, previous_view, None)).expect("a reset");
        for (fates, view) in ticks {
            let fates: Vec<_> = fates.into_iter().zip(0..).map(|(fate, id)| (EntityId(id), fate)).collect();
            (world, tick) = (next(&world, &fates), tick.next());
            let frame = replication.encode(tick, &world, Default::default());
            let applied = replica.apply(&composed(&frame, view, Some(previous_view)));
            prop_assert!(applied.is_ok(), "{applied:?}");
            previous_view = view;
            let in_view = |(_, entity): &(EntityId, &Entity)| view.contains(grid.cell(entity.position()));
            let seen = world.iter().filter(in_view).map(|(id, entity)| (id, entity.clone()));
            prop_assert_eq!(replica.entities(), &seen.collect::<EntityMap<_>>());
        }
    }
}
