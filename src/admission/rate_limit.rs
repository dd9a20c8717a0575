//! Rate limits: the generic cell rate algorithm (GCRA) of the `governor` crate, on the clock of the async runtime. Contains
//! only the mechanism: the limits are set in `actors/session.rs` for each client, and in `AdmissionLimits` for each address.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

/// The clock of the async runtime, which tests can pause and advance.
#[derive(Clone, Copy, Debug, Default)]
struct RuntimeClock;

impl Clock for RuntimeClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

type Middleware = NoOpMiddleware<Instant>;

/// A rate limit for one client.
#[derive(Debug)]
pub struct RateLimit(RateLimiter<NotKeyed, InMemoryState, RuntimeClock, Middleware>);

impl RateLimit {
    /// Allows `per_second` events per second, in bursts of up to twice as many.
    #[must_use]
    pub fn per_second(per_second: u32) -> Self {
        Self(RateLimiter::direct_with_clock(burst_of_two_seconds(per_second), RuntimeClock))
    }

    /// Allows one event per `period`, in bursts of up to `burst` events.
    #[must_use]
    pub fn with_burst(period: Duration, burst: u32) -> Self {
        let quota = Quota::with_period(period).expect("the period is not zero").allow_burst(at_least_one(burst));
        Self(RateLimiter::direct_with_clock(quota, RuntimeClock))
    }

    /// Counts an event. Returns false if it exceeds the limit.
    #[must_use]
    pub fn try_acquire(&self) -> bool {
        self.0.check().is_ok()
    }
}

/// A separate rate limit for each key.
#[derive(Debug)]
pub struct KeyedRateLimit<K: Clone + Eq + Hash>(RateLimiter<K, HashMapStateStore<K>, RuntimeClock, Middleware>);

impl<K: Clone + Eq + Hash> KeyedRateLimit<K> {
    /// Allows `per_second` events per second for each key, in bursts of up to twice as many.
    #[must_use]
    pub fn per_second(per_second: u32) -> Self {
        Self(RateLimiter::hashmap_with_clock(burst_of_two_seconds(per_second), RuntimeClock))
    }

    /// Counts an event. Returns false if it exceeds the limit of its key.
    #[must_use]
    pub fn try_acquire(&self, key: &K) -> bool {
        self.0.check_key(key).is_ok()
    }

    /// The number of keys in memory.
    #[must_use]
    pub fn key_count(&self) -> usize {
        self.0.len()
    }

    /// Removes the keys whose limit is fully available again.
    pub fn evict_idle(&self) {
        self.0.retain_recent();
    }
}

fn burst_of_two_seconds(per_second: u32) -> Quota {
    Quota::per_second(at_least_one(per_second)).allow_burst(at_least_one(per_second.saturating_mul(2)))
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn accepted(limit: &RateLimit) -> usize {
        (0..100).filter(|_| limit.try_acquire()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_accepted_and_a_flood_is_not() {
        let limit = RateLimit::per_second(10);
        assert_eq!(accepted(&limit), 20);
        advance(Duration::from_millis(500)).await;
        assert_eq!(accepted(&limit), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_limit_refills() {
        let limit = RateLimit::with_burst(Duration::from_secs(10), 4);
        assert_eq!(accepted(&limit), 4);
        advance(Duration::from_secs(21)).await;
        assert_eq!(accepted(&limit), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn idle_keys_are_evicted_and_active_ones_are_not() {
        let limit = KeyedRateLimit::per_second(10);
        assert!((0..10).all(|key| limit.try_acquire(&key)));
        advance(Duration::from_secs(1)).await;
        assert!((0..20).all(|_| limit.try_acquire(&3)));
        limit.evict_idle();
        assert_eq!(limit.key_count(), 1);
        assert!(!limit.try_acquire(&3));
    }
}
