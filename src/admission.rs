//! Who is let in: how many connections there may be, in total and from one address, how quickly they may join, and which pages
//! they may come from.
//!
//! [`Admission`] is the book-keeping, without sockets and without a clock. The [`Gate`] is what the workers share of it.

mod address;
mod gate;
mod origin;
mod refusal;

use std::collections::HashMap;
use std::time::Instant;

pub use address::{AddressBlock, TrustedProxies};
pub use gate::{AdmissionOptions, Gate, Presence};
pub use origin::{Origin, is_welcome};
pub use refusal::{Refusal, Refusals};

use crate::actors::bucket::TokenBucket;

/// How many connections beyond a limit are still told why they are refused; those beyond that are dropped without an answer.
const ANSWERED_MAX: usize = 256;
/// When there are this many addresses, those that nobody is at are looked for the first time.
const ADDRESSES_MIN: usize = 1_024;

/// How many are let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Connections in total: 10,000. Each costs about 7 KiB.
    pub connections_max: usize,
    /// Connections from one address: 2,500. Schools, offices and mobile networks share addresses.
    pub connections_per_address_max: usize,
    /// Joins and new rooms that one address may ask for each second: 500, and a burst of twice as many.
    pub joins_per_second: u32,
}

impl Default for AdmissionLimits {
    fn default() -> Self {
        Self { connections_max: 10_000, connections_per_address_max: 2_500, joins_per_second: 500 }
    }
}

/// How many are there, and who they are.
#[derive(Debug)]
pub struct Admission {
    limits: AdmissionLimits,
    connections: usize,
    addresses: HashMap<AddressBlock, Visitors>,
    /// When there are this many addresses, those that nobody is at are forgotten.
    addresses_max: usize,
}

/// Those who come from one address.
#[derive(Debug)]
struct Visitors {
    connections: usize,
    joins: TokenBucket,
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is served.
    Admitted,
    /// It is counted, and told why it may not join.
    Refused(Refusal),
    /// It is not even counted.
    Dropped(Refusal),
}

impl Admission {
    /// Nobody is there yet.
    #[must_use]
    pub fn new(limits: AdmissionLimits) -> Self {
        Self { limits, connections: 0, addresses: HashMap::new(), addresses_max: ADDRESSES_MIN }
    }

    /// Somebody connects.
    pub fn handle_connect(&mut self) -> Verdict {
        let verdict = judge(self.connections, self.limits.connections_max, Refusal::Crowded);
        if !matches!(verdict, Verdict::Dropped(_)) {
            self.connections += 1;
        }
        verdict
    }

    /// A connection has ended.
    pub fn handle_disconnect(&mut self) {
        self.connections = self.connections.checked_sub(1).expect("who disconnects was connected");
    }

    /// A connection turns out to come from that address.
    pub fn handle_arrival(&mut self, address: AddressBlock, now: Instant) -> Verdict {
        let most = self.limits.connections_per_address_max;
        let visitors = self.visitors(address, now);
        let verdict = judge(visitors.connections, most, Refusal::AddressCrowded);
        if !matches!(verdict, Verdict::Dropped(_)) {
            visitors.connections += 1;
        }
        verdict
    }

    /// A connection from that address has ended.
    pub fn handle_departure(&mut self, address: AddressBlock) {
        let visitors = self.addresses.get_mut(&address).expect("who departs has arrived");
        visitors.connections = visitors.connections.checked_sub(1).expect("who departs has arrived");
    }

    /// Somebody at that address asks to join, or to make a room.
    ///
    /// # Errors
    /// [`Refusal::JoinsTooOften`].
    pub fn handle_join(&mut self, address: AddressBlock, now: Instant) -> Result<(), Refusal> {
        if self.visitors(address, now).joins.take(now) { Ok(()) } else { Err(Refusal::JoinsTooOften) }
    }

    /// How many connections there are.
    #[must_use]
    pub const fn connections(&self) -> usize {
        self.connections
    }

    fn visitors(&mut self, address: AddressBlock, now: Instant) -> &mut Visitors {
        if self.addresses.len() >= self.addresses_max && !self.addresses.contains_key(&address) {
            self.addresses.retain(|_, visitors| visitors.connections > 0 || !visitors.joins.is_full(now));
            self.addresses_max = ADDRESSES_MIN.max(2 * self.addresses.len());
        }
        let joins = TokenBucket::new(self.limits.joins_per_second, now);
        self.addresses.entry(address).or_insert(Visitors { connections: 0, joins })
    }
}

fn judge(present: usize, most: usize, refusal: Refusal) -> Verdict {
    if present < most {
        Verdict::Admitted
    } else if present < most + ANSWERED_MAX {
        Verdict::Refused(refusal)
    } else {
        Verdict::Dropped(refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv6Addr;
    use std::time::Duration;

    const LIMITS: AdmissionLimits =
        AdmissionLimits { connections_max: 10, connections_per_address_max: 3, joins_per_second: 5 };

    fn address(number: u64) -> AddressBlock {
        AddressBlock::of(Ipv6Addr::from(u128::from(number) << 64).into())
    }

    #[test]
    fn those_beyond_the_limit_are_told_and_those_far_beyond_are_dropped() {
        let mut admission = Admission::new(LIMITS);
        let verdicts: Vec<_> = (0..300).map(|_| admission.handle_connect()).collect();
        let count = |wanted: Verdict| verdicts.iter().filter(|verdict| **verdict == wanted).count();
        assert_eq!(count(Verdict::Admitted), 10);
        assert_eq!(count(Verdict::Refused(Refusal::Crowded)), ANSWERED_MAX);
        assert_eq!(count(Verdict::Dropped(Refusal::Crowded)), 300 - 10 - ANSWERED_MAX);
        (0..266).for_each(|_| admission.handle_disconnect());
        assert_eq!((admission.connections(), admission.handle_connect()), (0, Verdict::Admitted));
    }

    #[test]
    fn one_address_takes_nothing_from_another() {
        let now = Instant::now();
        let mut admission = Admission::new(LIMITS);
        let arrive = |admission: &mut Admission, from| admission.handle_arrival(address(from), now);
        assert!((0..3).all(|_| arrive(&mut admission, 1) == Verdict::Admitted));
        assert_eq!(arrive(&mut admission, 1), Verdict::Refused(Refusal::AddressCrowded));
        assert_eq!(arrive(&mut admission, 2), Verdict::Admitted);
        (0..2).for_each(|_| admission.handle_departure(address(1)));
        assert_eq!(arrive(&mut admission, 1), Verdict::Admitted);
    }

    #[test]
    fn joins_are_rationed_by_address_and_second() {
        let start = Instant::now();
        let mut admission = Admission::new(LIMITS);
        let join = |admission: &mut Admission, from, ms| {
            admission.handle_join(address(from), start + Duration::from_millis(ms)).is_ok()
        };
        assert_eq!((0..50).filter(|_| join(&mut admission, 1, 0)).count(), 10);
        assert!(join(&mut admission, 2, 0));
        assert_eq!((0..50).filter(|_| join(&mut admission, 1, 1000)).count(), 5);
    }

    #[test]
    fn addresses_where_nobody_is_are_forgotten_and_the_others_are_not() {
        let start = Instant::now();
        let mut admission = Admission::new(LIMITS);
        assert_eq!(admission.handle_arrival(address(0), start), Verdict::Admitted);
        for number in 1..100_000 {
            let now = start + Duration::from_millis(number);
            assert!(admission.handle_join(address(number), now).is_ok());
        }
        assert!(admission.addresses.len() <= 4 * ADDRESSES_MIN, "{} addresses", admission.addresses.len());
        admission.handle_departure(address(0));
    }
}
