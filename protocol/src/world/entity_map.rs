//! Ordered map of entities. Its iteration order is the same in every run and on every machine.

use serde::{Deserialize, Serialize};

use crate::game::Entities;
use crate::units::EntityId;

/// A map from [`EntityId`] to entity. Stored as a sorted vector, because most accesses are iterations over all entities.
///
/// Lookup takes O(log n), insertion and removal O(n). To insert several entities, use [`EntityMap::merge`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityMap<E> {
    entries: Vec<(EntityId, E)>,
}

impl<E> Default for EntityMap<E> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<E> EntityMap<E> {
    /// Number of entities.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the map has no entities.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entity with this id.
    #[must_use]
    pub fn get(&self, id: EntityId) -> Option<&E> {
        self.find(id).ok().map(|index| &self.entries[index].1)
    }

    /// The entity with this id, mutably.
    #[must_use]
    pub fn get_mut(&mut self, id: EntityId) -> Option<&mut E> {
        self.find(id).ok().map(|index| &mut self.entries[index].1)
    }

    /// Inserts an entity and returns the previous one with the same id, if any.
    pub fn insert(&mut self, id: EntityId, entity: E) -> Option<E> {
        match self.find(id) {
            Ok(index) => Some(std::mem::replace(&mut self.entries[index].1, entity)),
            Err(index) => {
                self.entries.insert(index, (id, entity));
                None
            }
        }
    }

    /// Inserts several entities in one pass. An inserted entity replaces the one with the same id in the map. If several
    /// inserted entities have the same id, the last one is kept.
    pub fn merge(&mut self, entities: impl IntoIterator<Item = (EntityId, E)>) {
        let length = self.len();
        self.entries.extend(entities);
        if self.len() > length {
            self.sort();
        }
    }

    /// Restores the order, and keeps the last of several entities with the same id. Not generic over the iterator of
    /// [`EntityMap::merge`], so that a program contains the sort only once.
    fn sort(&mut self) {
        // The sort is stable: of several entities with the same id, the one inserted last stays last.
        self.entries.sort_by_key(|(id, _)| *id);
        self.entries.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                std::mem::swap(later, earlier);
            }
            is_same
        });
    }

    /// Removes an entity and returns it.
    pub fn remove(&mut self, id: EntityId) -> Option<E> {
        self.find(id).ok().map(|index| self.entries.remove(index).1)
    }

    /// Removes all entities.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// All entities, in ascending order of id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (EntityId, &E)> + Clone {
        self.entries.iter().map(|(id, entity)| (*id, entity))
    }

    /// All entities, mutably, in ascending order of id.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (EntityId, &mut E)> {
        self.entries.iter_mut().map(|(id, entity)| (*id, entity))
    }

    /// All entities, to be changed but neither added nor removed.
    #[must_use]
    pub const fn all_mut(&mut self) -> Entities<'_, E> {
        Entities::new(self.entries.as_mut_slice())
    }

    /// The entities whose ids are in the range, in ascending order of id.
    pub fn range(&self, ids: std::ops::Range<u32>) -> impl ExactSizeIterator<Item = (EntityId, &E)> + Clone {
        let start = self.entries.partition_point(|(id, _)| id.0 < ids.start);
        let end = self.entries.partition_point(|(id, _)| id.0 < ids.end);
        self.entries[start..end].iter().map(|(id, entity)| (*id, entity))
    }

    /// Visits the entities in ascending order of id and removes those for which `keep` returns false.
    pub fn retain(&mut self, mut keep: impl FnMut(EntityId, &mut E) -> bool) {
        self.entries.retain_mut(|(id, entity)| keep(*id, entity));
    }

    fn find(&self, id: EntityId) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&id, |(id, _)| *id)
    }
}

impl<E> FromIterator<(EntityId, E)> for EntityMap<E> {
    /// If several entities have the same id, the last one is kept.
    fn from_iter<I: IntoIterator<Item = (EntityId, E)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.merge(entries);
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_ordered_by_id_and_the_last_of_equal_ids_wins() {
        let mut map: EntityMap<char> = [(EntityId(5), 'e'), (EntityId(1), 'a'), (EntityId(3), 'c')].into_iter().collect();
        assert_eq!(map.insert(EntityId(3), 'C'), Some('c'));
        assert_eq!(map.remove(EntityId(1)), Some('a'));
        assert_eq!(map.remove(EntityId(1)), None);
        assert_eq!(map.iter().collect::<Vec<_>>(), [(EntityId(3), &'C'), (EntityId(5), &'e')]);
        map.merge([(EntityId(9), 'i'), (EntityId(5), 'x'), (EntityId(5), 'E')]);
        assert_eq!(map.remove(EntityId(9)), Some('i'));
        assert_eq!(map.insert(EntityId(5), 'e'), Some('E'));
        assert_eq!(map.range(4..6).collect::<Vec<_>>(), [(EntityId(5), &'e')]);
    }
}
