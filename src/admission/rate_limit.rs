//! Rate limits: the generic cell rate algorithm (GCRA) of the `governor` crate, on the clock of the async runtime. Contains
//! only the mechanism: the limits are set in `actors/session.rs` for each connection, and in `ClientLimits` for each client.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
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

/// A maximum rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Events per second on average.
    pub per_second: u32,
    /// Maximum number of events at once.
    pub burst: u32,
}

impl Rate {
    /// This rate, multiplied by `factor`.
    #[must_use]
    pub const fn times(self, factor: u32) -> Self {
        Self { per_second: self.per_second.saturating_mul(factor), burst: self.burst.saturating_mul(factor) }
    }
}

/// A rate limit.
#[derive(Debug)]
pub struct RateLimit(RateLimiter<NotKeyed, InMemoryState, RuntimeClock, Middleware>);

impl RateLimit {
    /// Allows events at this rate.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let quota = Quota::per_second(at_least_one(rate.per_second)).allow_burst(at_least_one(rate.burst));
        Self(RateLimiter::direct_with_clock(quota, RuntimeClock))
    }

    /// Allows `per_second` events per second, in bursts of up to twice as many.
    #[must_use]
    pub fn per_second(per_second: u32) -> Self {
        Self::new(Rate { per_second, burst: per_second.saturating_mul(2) })
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

    /// Counts `amount` events. Returns false, and counts none, if they exceed the limit.
    #[must_use]
    pub fn try_acquire_many(&self, amount: u32) -> bool {
        NonZeroU32::new(amount).is_none_or(|amount| matches!(self.0.check_n(amount), Ok(Ok(()))))
    }

    /// Whether a whole burst is available. `rate` is the rate of this limit.
    pub(super) fn is_full(&mut self, rate: Rate) -> bool {
        // `governor` has no method for this. Therefore, try to acquire a whole burst. If this succeeds, replace the limit
        // by a new one, from which nothing was acquired.
        let is_full = self.try_acquire_many(rate.burst.max(1));
        if is_full {
            *self = Self::new(rate);
        }
        is_full
    }
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
    async fn many_events_are_counted_together_or_not_at_all() {
        let limit = RateLimit::per_second(10);
        assert!(limit.try_acquire_many(15) && !limit.try_acquire_many(6) && limit.try_acquire_many(5));
        assert!(limit.try_acquire_many(0) && !limit.try_acquire_many(21));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_is_full_once_it_has_refilled() {
        let rate = Rate { per_second: 10, burst: 20 };
        let mut limit = RateLimit::new(rate);
        assert!(limit.is_full(rate) && limit.is_full(rate), "asking counts no event");
        assert!(limit.try_acquire() && !limit.is_full(rate));
        advance(Duration::from_millis(99)).await;
        assert!(!limit.is_full(rate));
        advance(Duration::from_millis(1)).await;
        assert!(limit.is_full(rate));
        assert_eq!(accepted(&limit), 20);
    }
}
