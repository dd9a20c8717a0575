//! Queries about profiles and leaderboards. One runs at a time, on a thread that may block, and their results are cached.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web;
use log::warn;
use tickcast_game::GameProtocol;
use tickcast_store::{Leaderboard, LeaderboardEntry, Period, Placement, Profile, ProfileId, Store, StoreError};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::admission::tickets::now_s;

/// Number of entries in a page of a leaderboard.
pub(super) const PAGE_ENTRIES: u32 = 20;
/// Maximum number of pages of a leaderboard that can be requested: to find a page, the store reads all pages before it.
pub const PAGES_MAX: u32 = 100;
/// Time for which the result of a query is used again.
const CACHE_TIME: Duration = Duration::from_secs(1);
/// Maximum number of queries that wait or run. One query takes up to some milliseconds, so none waits for long.
pub const WAITING_QUERIES_MAX: usize = 64;
/// Maximum number of results in each cache. One cache contains pages of leaderboards; there are 300 of them. The other
/// cache contains places of players.
const CACHED_MAX: usize = 1_000;

/// Reason for which a query has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueryError {
    /// Too many queries wait.
    Full,
    /// The store failed.
    Failed,
}

/// A page of a leaderboard.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) entries: Vec<LeaderboardEntry>,
    /// Whether there is a next page that can be requested.
    pub(super) has_more: bool,
}

/// Queries about profiles and leaderboards. All HTTP workers share them.
pub struct ProfileQueries {
    store: Arc<CachedStore>,
    /// Limits the number of queries that wait or run.
    places: Arc<Semaphore>,
    /// Lets one query run at a time.
    turn: Arc<Semaphore>,
}

impl ProfileQueries {
    /// Queries to this store. `None` if there is no store, or the game has no scores.
    #[must_use]
    pub fn for_game<G: GameProtocol>(store: Option<&Arc<dyn Store>>) -> Option<Arc<Self>> {
        G::score(&G::Standing::default())?;
        Some(Arc::new(Self::new(Arc::clone(store?))))
    }

    fn new(store: Arc<dyn Store>) -> Self {
        let (places, turn) = (Semaphore::new(WAITING_QUERIES_MAX), Semaphore::new(1));
        Self { store: Arc::new(CachedStore::new(store)), places: Arc::new(places), turn: Arc::new(turn) }
    }

    /// A page of the current leaderboard of a period. The first page has the number 1.
    pub(super) async fn page(&self, period: Period, number: u32) -> Result<Arc<Page>, QueryError> {
        match self.store.pages.find(&(period, number)) {
            Some(page) => Ok(page),
            None => self.run(move |store| store.page(period, number)).await,
        }
    }

    /// The place of a player on the current leaderboard of a period.
    pub(super) async fn placement(&self, period: Period, id: ProfileId) -> Result<Option<Placement>, QueryError> {
        match self.store.placements.find(&(period, id)) {
            Some(placement) => Ok(placement),
            None => self.run(move |store| store.placement(period, id)).await,
        }
    }

    /// The profile of a player.
    pub(super) async fn profile(&self, id: ProfileId) -> Result<Option<Profile>, QueryError> {
        self.run(move |store| store.store.profile(id)).await
    }

    /// Deletes the profile of a player.
    pub(super) async fn erase(&self, id: ProfileId) -> Result<bool, QueryError> {
        self.run(move |store| store.erase(id)).await
    }

    /// Runs a query when its turn comes.
    async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&CachedStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, QueryError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| QueryError::Full)?;
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| QueryError::Failed)?;
        let store = Arc::clone(&self.store);
        let query = move || {
            // If the client disconnects, its request is dropped, but a query that has begun continues.
            let _permits = (place, turn);
            query(&store)
        };
        let result = web::block(query).await.map_err(|_| QueryError::Failed)?;
        result.map_err(|error| {
            warn!("profiles cannot be read: {error}");
            QueryError::Failed
        })
    }
}

/// A store, and the results of the last queries to it. Its methods block.
struct CachedStore {
    store: Arc<dyn Store>,
    pages: Cache<(Period, u32), Arc<Page>>,
    placements: Cache<(Period, ProfileId), Option<Placement>>,
}

impl CachedStore {
    fn new(store: Arc<dyn Store>) -> Self {
        Self { store, pages: Cache::default(), placements: Cache::default() }
    }

    fn page(&self, period: Period, number: u32) -> Result<Arc<Page>, StoreError> {
        self.pages.find_or_insert((period, number), || {
            let first = (number - 1) * PAGE_ENTRIES;
            let mut entries = self.store.leaderboard(current(period), first..first + PAGE_ENTRIES + 1)?;
            let has_more = number < PAGES_MAX && entries.len() > PAGE_ENTRIES as usize;
            entries.truncate(PAGE_ENTRIES as usize);
            Ok(Arc::new(Page { entries, has_more }))
        })
    }

    fn placement(&self, period: Period, id: ProfileId) -> Result<Option<Placement>, StoreError> {
        self.placements.find_or_insert((period, id), || self.store.placement(current(period), id))
    }

    fn erase(&self, id: ProfileId) -> Result<bool, StoreError> {
        let erased = self.store.erase_profile(id);
        self.pages.clear();
        self.placements.clear();
        erased
    }
}

fn current(period: Period) -> Leaderboard {
    Leaderboard { period, at_s: now_s() }
}

/// The results of the last queries.
struct Cache<K, V>(Mutex<HashMap<K, (Instant, V)>>);

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Mutex::new(HashMap::new()))
    }
}

impl<K: Copy + Eq + Hash, V: Clone> Cache<K, V> {
    fn find(&self, key: &K) -> Option<V> {
        let cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cached.get(key).filter(|(at, _)| at.elapsed() < CACHE_TIME).map(|(_, value)| value.clone())
    }

    /// The cached result, or else the result of this query. While a query waited for its turn, another query may have had
    /// the same result.
    fn find_or_insert(&self, key: K, query: impl FnOnce() -> Result<V, StoreError>) -> Result<V, StoreError> {
        if let Some(found) = self.find(&key) {
            return Ok(found);
        }
        let found = query()?;
        self.insert(key, found.clone());
        Ok(found)
    }

    /// Adds a result. If the cache is full, all older results are dropped.
    fn insert(&self, key: K, value: V) {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.len() >= CACHED_MAX {
            cached.clear();
        }
        cached.insert(key, (Instant::now(), value));
    }

    fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::Condvar;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::FutureExt;
    use futures_util::future::join_all;
    use tickcast_store::{MatchId, RoomEntry, SavedRoom, Write};

    use super::*;

    const ADA: ProfileId = ProfileId([1; 32]);

    /// A store whose queries wait while it is closed. It counts the queries that have begun.
    #[derive(Default)]
    struct SlowStore {
        begun: AtomicUsize,
        is_closed: Mutex<bool>,
        opened: Condvar,
    }

    impl SlowStore {
        fn set_closed(&self, is_closed: bool) {
            *self.is_closed.lock().expect("no thread panicked") = is_closed;
            self.opened.notify_all();
        }

        fn begun(&self) -> usize {
            self.begun.load(Ordering::SeqCst)
        }

        fn query<T>(&self, found: T) -> Result<T, StoreError> {
            self.begun.fetch_add(1, Ordering::SeqCst);
            let is_closed = self.is_closed.lock().expect("no thread panicked");
            drop(self.opened.wait_while(is_closed, |is_closed| *is_closed));
            Ok(found)
        }
    }

    impl Store for SlowStore {
        fn rooms(&self) -> Result<Vec<RoomEntry>, StoreError> {
            unreachable!("queries read no rooms")
        }

        fn take_over(&self, _: MatchId) -> Result<SavedRoom, StoreError> {
            unreachable!("queries read no rooms")
        }

        fn submit(&self, _: Write) {
            unreachable!("queries write nothing")
        }

        fn flush(&self) {}

        fn profile(&self, _: ProfileId) -> Result<Option<Profile>, StoreError> {
            self.query(None)
        }

        fn erase_profile(&self, _: ProfileId) -> Result<bool, StoreError> {
            self.query(false)
        }

        fn leaderboard(&self, _: Leaderboard, _: Range<u32>) -> Result<Vec<LeaderboardEntry>, StoreError> {
            self.query(Vec::new())
        }

        fn placement(&self, _: Leaderboard, _: ProfileId) -> Result<Option<Placement>, StoreError> {
            self.query(None)
        }
    }

    fn queries() -> (Arc<SlowStore>, ProfileQueries) {
        let store = Arc::new(SlowStore::default());
        (Arc::clone(&store), ProfileQueries::new(store))
    }

    #[tokio::test]
    async fn equal_queries_at_the_same_time_read_the_store_once() {
        let (store, queries) = queries();
        let pages = join_all((0..WAITING_QUERIES_MAX).map(|_| queries.page(Period::Day, 1))).await;
        assert!(pages.iter().all(Result::is_ok));
        assert_eq!(store.begun(), 1);
        let placements = join_all((0..WAITING_QUERIES_MAX).map(|_| queries.placement(Period::Day, ADA))).await;
        assert!(placements.iter().all(Result::is_ok));
        assert_eq!(store.begun(), 2);
    }

    #[tokio::test]
    async fn the_query_of_a_dropped_request_keeps_its_turn_until_it_ends() {
        let (store, queries) = queries();
        store.set_closed(true);
        let mut request = Box::pin(queries.profile(ADA));
        while store.begun() == 0 {
            assert!((&mut request).now_or_never().is_none(), "the store is closed");
            tokio::task::yield_now().await;
        }
        drop(request);
        let permits = (queries.turn.available_permits(), queries.places.available_permits());
        store.set_closed(false);
        assert_eq!(permits, (0, WAITING_QUERIES_MAX - 1));
        assert_eq!(queries.profile(ADA).await, Ok(None), "the turn passes to the next query");
    }
}
