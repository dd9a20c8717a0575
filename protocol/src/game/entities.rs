//! Access to all entities of a world while they interact.

use crate::units::EntityId;

/// All entities of a world, in ascending order of id, while they [interact](super::GameProtocol::interact).
///
/// Entities can be changed, but neither added nor removed: an interaction computes what the entities do to each other. An
/// entity that is to disappear can store so in its state, and expire the next time it coasts.
#[derive(Debug)]
pub struct Entities<'a, E> {
    /// Sorted by id.
    entries: &'a mut [(EntityId, E)],
}

impl<'a, E> Entities<'a, E> {
    /// `entries` are sorted by id.
    pub(crate) const fn new(entries: &'a mut [(EntityId, E)]) -> Self {
        Self { entries }
    }

    /// Number of entities.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entities.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entity with this id.
    #[must_use]
    pub fn get(&self, id: EntityId) -> Option<&E> {
        self.find(id).map(|index| &self.entries[index].1)
    }

    /// The entity with this id, mutably.
    #[must_use]
    pub fn get_mut(&mut self, id: EntityId) -> Option<&mut E> {
        self.find(id).map(|index| &mut self.entries[index].1)
    }

    /// All entities, in ascending order of id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (EntityId, &E)> + Clone {
        self.entries.iter().map(|(id, entity)| (*id, entity))
    }

    /// All entities, mutably, in ascending order of id.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (EntityId, &mut E)> {
        self.entries.iter_mut().map(|(id, entity)| (*id, entity))
    }

    /// Calls `meet` once with each pair of entities. The first entity of a pair has the lower id. Pairs come in ascending
    /// order of the first id, then of the second.
    ///
    /// 200 entities have 19,900 pairs. If a game has many entities, decide cheaply which pairs have nothing to do with each
    /// other.
    pub fn for_each_pair(&mut self, mut meet: impl FnMut((EntityId, &mut E), (EntityId, &mut E))) {
        let mut rest = &mut *self.entries;
        while let [(first_id, first), others @ ..] = rest {
            others.iter_mut().for_each(|(id, second)| meet((*first_id, first), (*id, second)));
            rest = others;
        }
    }

    fn find(&self, id: EntityId) -> Option<usize> {
        self.entries.binary_search_by_key(&id, |(id, _)| *id).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_in_ascending_order_and_can_be_changed() {
        let mut entries = [2, 5, 9].map(|id| (EntityId(id), id));
        let mut pairs = Vec::new();
        Entities::new(&mut entries).for_each_pair(|(first_id, first), (second_id, second)| {
            pairs.push((first_id.0, second_id.0));
            (*first, *second) = (*first * 10, *second + 1);
        });
        assert_eq!(pairs, [(2, 5), (2, 9), (5, 9)]);
        assert_eq!(entries.map(|(_, entity)| entity), [200, 60, 11]);
    }

    #[test]
    fn an_entity_is_found_by_its_id() {
        let mut entries = [2, 5].map(|id| (EntityId(id), id));
        let mut entities = Entities::new(&mut entries);
        *entities.get_mut(EntityId(5)).expect("entity 5 exists") = 7;
        assert_eq!((entities.get(EntityId(5)), entities.get(EntityId(3))), (Some(&7), None));
        assert_eq!((entities.len(), entities.is_empty(), entities.iter().count()), (2, false, 2));
    }
}
