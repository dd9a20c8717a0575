//! The things of a world in the order of their ids, which every run and every machine shares.

use serde::{Deserialize, Serialize};

use crate::EntityId;

/// A map from [`EntityId`] to entity, kept as one sorted list: iterating is what a tick does most.
///
/// `get` is O(log n); inserting and removing move what comes after.
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
    /// How many entities there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entity of that id.
    #[must_use]
    pub fn get(&self, id: EntityId) -> Option<&E> {
        self.find(id).ok().map(|index| &self.entries[index].1)
    }

    /// The entity of that id, to change it.
    #[must_use]
    pub fn get_mut(&mut self, id: EntityId) -> Option<&mut E> {
        self.find(id).ok().map(|index| &mut self.entries[index].1)
    }

    /// Puts an entity in; the one that was there under the same id comes back.
    pub fn insert(&mut self, id: EntityId, entity: E) -> Option<E> {
        match self.find(id) {
            Ok(index) => Some(std::mem::replace(&mut self.entries[index].1, entity)),
            Err(index) => {
                self.entries.insert(index, (id, entity));
                None
            }
        }
    }

    /// Puts many entities in, at the price of one pass; of those with the same id the last one stays.
    pub fn merge(&mut self, entities: impl IntoIterator<Item = (EntityId, E)>) {
        let length = self.len();
        self.entries.extend(entities);
        if self.len() > length {
            self.entries.sort_by_key(|(id, _)| *id);
            self.entries.dedup_by(|later, earlier| {
                let is_same = later.0 == earlier.0;
                if is_same {
                    std::mem::swap(later, earlier);
                }
                is_same
            });
        }
    }

    /// Takes an entity out.
    pub fn remove(&mut self, id: EntityId) -> Option<E> {
        self.find(id).ok().map(|index| self.entries.remove(index).1)
    }

    /// Takes everything out.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// All entities, in the order of their ids.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (EntityId, &E)> + Clone {
        self.entries.iter().map(|(id, entity)| (*id, entity))
    }

    /// All entities, in the order of their ids, to change them.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (EntityId, &mut E)> {
        self.entries.iter_mut().map(|(id, entity)| (*id, entity))
    }

    /// The entities whose ids lie in `ids`, in order.
    pub fn range(&self, ids: std::ops::Range<u32>) -> impl ExactSizeIterator<Item = (EntityId, &E)> + Clone {
        let start = self.entries.partition_point(|(id, _)| id.0 < ids.start);
        let end = self.entries.partition_point(|(id, _)| id.0 < ids.end);
        self.entries[start..end].iter().map(|(id, entity)| (*id, entity))
    }

    /// Visits every entity in order and drops those for which `keep` is false.
    pub fn retain(&mut self, mut keep: impl FnMut(EntityId, &mut E) -> bool) {
        self.entries.retain_mut(|(id, entity)| keep(*id, entity));
    }

    fn find(&self, id: EntityId) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&id, |(id, _)| *id)
    }
}

impl<E> FromIterator<(EntityId, E)> for EntityMap<E> {
    /// Of entities with the same id the last one stays.
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
    fn entities_come_in_the_order_of_their_ids() {
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
