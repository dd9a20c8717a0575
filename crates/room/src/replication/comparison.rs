//! Compares the world that replicas predict with the actual world.

use tickcast_protocol::codec;
use tickcast_protocol::game::Lifecycle;
use tickcast_protocol::message::apply_controls;
use tickcast_protocol::world::{Cell, coast_all};
use tickcast_protocol::{Change, EntityId, EntityMap, GameProtocol, Grid};

use super::cells::{Cells, CellsBuilder};
use super::crossings::{Crossing, Crossings};
use super::replacements::Replacement;

/// Comparison of one tick.
pub(super) struct Comparison<'a, G: GameProtocol> {
    grid: &'a Grid,
    /// World of the last tick.
    previous: &'a EntityMap<G::Entity>,
    /// World that replicas compute from `previous`: new controls applied, all entities coasted and
    /// interacted.
    predicted: EntityMap<G::Entity>,
    /// Actual world of this tick.
    current: &'a EntityMap<G::Entity>,
    /// Entities spawned by coasting, as (child, parent), sorted. If several parents spawn a child with the same id, the
    /// child of the last parent replaces the others.
    spawns: Vec<(EntityId, EntityId)>,
    /// Entities that survived coasting and were then replaced by spawned ones.
    survivors: Vec<EntityId>,
    changes: CellsBuilder,
    crossings: Vec<Crossing>,
}

/// The differences of one tick.
#[derive(Debug)]
pub(super) struct Differences {
    pub(super) changes: Cells,
    pub(super) crossings: Crossings,
    pub(super) replacements: Vec<Replacement>,
}

impl<'a, G: GameProtocol> Comparison<'a, G> {
    /// Encodes changed controls and computes the predicted world.
    pub(super) fn new(
        rules: &G::Rules,
        grid: &'a Grid,
        previous: &'a EntityMap<G::Entity>,
        current: &'a EntityMap<G::Entity>,
    ) -> Self {
        let control_changes = control_changes::<G>(previous, current);
        let mut changes = CellsBuilder::default();
        for change in &control_changes {
            let entity = previous.get(change.id()).expect("an entity whose controls changed existed in the last tick");
            changes.push(grid.index(grid.cell(G::position(entity))), change);
        }
        let mut predicted = previous.clone();
        apply_controls(&mut predicted, &control_changes)
            .expect("an entity whose controls changed existed in the last tick");
        let mut spawns: Vec<_> =
            coast_all::<G>(rules, &mut predicted).into_iter().map(|(parent, child)| (child, parent)).collect();
        spawns.sort_unstable();
        let children = spawns.iter().map(|(child, _)| *child);
        let survivors = children.filter(|id| survives::<G>(rules, previous, &control_changes, *id)).collect();
        Self { grid, previous, predicted, current, spawns, survivors, changes, crossings: Vec::new() }
    }

    /// Encodes the differences between the predicted and the actual world.
    pub(super) fn encode(mut self) -> Differences {
        let predicted = std::mem::take(&mut self.predicted);
        for (id, predicted, current) in merged(&predicted, self.current) {
            if let Some(change) = self.change_between(id, predicted, current) {
                self.push(id, &change);
            }
            if let Some(current) = current {
                self.push_crossing(id, current);
            }
        }
        let replacements = self.replacements();
        let changes = self.changes.build(self.grid.len());
        Differences { changes, crossings: Crossings::new(self.crossings, self.grid), replacements }
    }

    /// The replacements of entities by spawned ones, at most one for each id. If several parents spawned a child with the
    /// same id, the child of the last parent replaces the others. A replica without the last parent may contain the child
    /// of another parent. That child therefore also counts as replaced.
    fn replacements(&self) -> Vec<Replacement> {
        self.spawns.chunk_by(|(a, _), (b, _)| a == b).filter_map(|spawns| self.replacement(spawns)).collect()
    }

    /// The replacement caused by these spawned entities, which all have the same id. The last of them replaces the others.
    fn replacement(&self, spawns: &[(EntityId, EntityId)]) -> Option<Replacement> {
        let ((id, parent), others) = spawns.split_last()?;
        let survivor = self.survivors.binary_search(id).is_ok().then_some(id);
        let replaced: Vec<_> =
            others.iter().map(|(_, other)| other).chain(survivor).filter_map(|id| self.cell(*id)).collect();
        if replaced.is_empty() {
            return None;
        }
        let current = self.current.get(*id).map(|entity| self.grid.cell(G::position(entity)));
        Some(Replacement::new::<G>(*id, replaced, self.cell(*parent)?, current))
    }

    /// The change that turns the predicted entity into the actual one. For an entity that [jumped](Self::is_jump), the
    /// change is a despawn, and [`Self::push_crossing`] records the new state.
    fn change_between(
        &self,
        id: EntityId,
        predicted: Option<&G::Entity>,
        current: Option<&G::Entity>,
    ) -> Option<Change<G>> {
        let is_jump = current.is_some_and(|current| self.is_jump(id, current));
        match (predicted, current) {
            (Some(_), None) => Some(Change::Despawn(id)),
            (Some(_), Some(_)) if is_jump => Some(Change::Despawn(id)),
            (None, Some(current)) if !is_jump => Some(Change::Upsert(id, current.clone())),
            (Some(predicted), Some(current)) if predicted != current => Some(match G::patch_between(predicted, current) {
                Some(patch) => Change::Patch(id, patch),
                None => Change::Upsert(id, current.clone()),
            }),
            _ => None,
        }
    }

    /// Encodes a change and assigns it to a cell. Only replicas that see the entity's [origin cell](Self::origin) contain
    /// the entity, so its changes belong to that cell. An entity without an origin cell is new to all replicas, so its
    /// change belongs to its current cell.
    fn push(&mut self, id: EntityId, change: &Change<G>) {
        let current = || self.current.get(id).map(|entity| self.grid.cell(G::position(entity)));
        let cell =
            self.origin(id).or_else(current).expect("a changed entity is in the previous, predicted or current world");
        self.changes.push(self.grid.index(cell), change);
    }

    /// Records a crossing if the entity is no longer in its [origin cell](Self::origin).
    fn push_crossing(&mut self, id: EntityId, current: &G::Entity) {
        let to = self.grid.cell(G::position(current));
        if let Some(from) = self.origin(id).filter(|from| *from != to) {
            let upsert: Change<G> = Change::Upsert(id, current.clone());
            let from = from.is_beside(to).then_some(from);
            self.crossings.push(Crossing { from, to, bytes: codec::encode(&upsert) });
        }
    }

    /// Whether the entity moved beyond the adjacent cells, for example by respawning. Clients that see only its old cell
    /// must not learn its new position, so they receive a despawn. Clients that see its new cell receive an upsert.
    fn is_jump(&self, id: EntityId, current: &G::Entity) -> bool {
        let to = self.grid.cell(G::position(current));
        self.origin(id).is_some_and(|from| !from.is_beside(to))
    }

    /// The cell of the entity at the last tick. An entity spawned by coasting has the cell of its parent instead.
    fn origin(&self, id: EntityId) -> Option<Cell> {
        let end = self.spawns.partition_point(|(child, _)| *child <= id);
        let parent = self.spawns[..end].last().filter(|(child, _)| *child == id).map(|(_, parent)| *parent);
        self.cell(parent.unwrap_or(id))
    }

    /// The cell of an entity at the last tick.
    fn cell(&self, id: EntityId) -> Option<Cell> {
        self.previous.get(id).map(|entity| self.grid.cell(G::position(entity)))
    }
}

/// Whether an entity with this id exists and survives coasting with its new controls.
fn survives<G: GameProtocol>(
    rules: &G::Rules,
    entities: &EntityMap<G::Entity>,
    control_changes: &[Change<G>],
    id: EntityId,
) -> bool {
    let Some(mut entity) = entities.get(id).cloned() else { return false };
    if let Some(Change::Controls(_, controls)) = control_changes.iter().find(|change| change.id() == id) {
        G::set_controls(&mut entity, *controls);
    }
    G::coast(rules, id, &mut entity, &mut Vec::new()) == Lifecycle::Alive
}

/// The controls that changed between two ticks, by entity.
fn control_changes<G: GameProtocol>(previous: &EntityMap<G::Entity>, current: &EntityMap<G::Entity>) -> Vec<Change<G>> {
    let change = |(id, previous, current): (EntityId, Option<&G::Entity>, Option<&G::Entity>)| {
        let (before, after) = (G::controls(previous?)?, G::controls(current?)?);
        (before != after).then_some(Change::Controls(id, after))
    };
    merged(previous, current).filter_map(change).collect()
}

/// Merge join of two maps by entity id.
fn merged<'a, E>(
    left: &'a EntityMap<E>,
    right: &'a EntityMap<E>,
) -> impl Iterator<Item = (EntityId, Option<&'a E>, Option<&'a E>)> {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    std::iter::from_fn(move || {
        let id = match (left.peek(), right.peek()) {
            (Some((left, _)), Some((right, _))) => *left.min(right),
            (Some((id, _)), None) | (None, Some((id, _))) => *id,
            (None, None) => return None,
        };
        let left = left.next_if(|(next, _)| *next == id).map(|(_, entity)| entity);
        let right = right.next_if(|(next, _)| *next == id).map(|(_, entity)| entity);
        Some((id, left, right))
    })
}
