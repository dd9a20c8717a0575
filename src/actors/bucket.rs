//! A token bucket: how much somebody may ask for.

use std::time::Instant;

/// A token bucket: so many tokens a second, up to a burst.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled: Instant,
}

impl TokenBucket {
    /// A full bucket that takes a burst of two seconds' worth.
    #[must_use]
    pub fn new(per_second: u32, now: Instant) -> Self {
        Self::with_burst(f64::from(per_second), 2 * per_second, now)
    }

    /// A full bucket.
    #[must_use]
    pub fn with_burst(per_second: f64, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst);
        Self { per_second, burst, tokens: burst, filled: now }
    }

    /// Takes a token, if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        self.tokens = self.tokens_at(now);
        self.filled = now;
        let is_allowed = self.tokens >= 1.0;
        if is_allowed {
            self.tokens -= 1.0;
        }
        is_allowed
    }

    /// Whether nothing was taken from it for so long that it might as well be a new one.
    #[must_use]
    pub fn is_full(&self, now: Instant) -> bool {
        self.tokens_at(now) >= self.burst
    }

    fn tokens_at(&self, now: Instant) -> f64 {
        let gained = now.saturating_duration_since(self.filled).as_secs_f64() * self.per_second;
        (self.tokens + gained).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_burst_is_allowed_and_a_flood_is_not() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(10, start);
        assert_eq!((0..100).filter(|_| bucket.take(start)).count(), 20);
        let later = start + Duration::from_millis(500);
        assert_eq!((0..100).filter(|_| bucket.take(later)).count(), 5);
    }

    #[test]
    fn it_fills_up_again() {
        let start = Instant::now();
        let mut bucket = TokenBucket::with_burst(0.1, 4, start);
        assert!(bucket.take(start) && bucket.take(start));
        assert!(!bucket.is_full(start + Duration::from_secs(19)));
        assert!(bucket.is_full(start + Duration::from_secs(21)));
    }
}
