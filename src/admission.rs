//! Admission: which connections and requests are served.
//!
//! Limits connections (in total and per address) and joins per address, checks origins and tickets, and determines the
//! address of a client behind trusted proxies. [`Admission`] does the accounting; [`AdmissionControl`] shares it between the
//! HTTP workers. Does not depend on sockets, HTTP types or actors.

mod address;
mod control;
mod origin;
mod rate_limit;
mod refusal;
pub mod tickets;

use std::collections::HashMap;

pub use address::{AddressBlock, TrustedProxies};
pub use control::{AdmissionControl, AdmissionOptions, ConnectionPermit};
pub use origin::{AllowedPages, HostName, HostNameError, Origin, OriginError};
pub use rate_limit::{KeyedRateLimit, RateLimit};
pub use refusal::{Refusal, Refusals};

/// Maximum number of connections over a limit that are kept open to receive an error response. Further connections are
/// dropped.
const ANSWERED_MAX: usize = 256;
/// Minimum number of addresses in the join rate limiter before idle ones are removed.
const ADDRESSES_MIN: usize = 1_024;

/// Limits on connections and joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdmissionLimits {
    /// Maximum number of connections in total. Default 10,000; each costs about 7 KiB.
    pub connections_max: usize,
    /// Maximum number of connections from one address. Default 2,500: schools, offices and mobile networks share addresses.
    pub connections_per_address_max: usize,
    /// Maximum rate of joins and new rooms from one address, per second. Bursts may be twice as large. Default 500.
    pub joins_per_second: u32,
}

impl Default for AdmissionLimits {
    fn default() -> Self {
        Self { connections_max: 10_000, connections_per_address_max: 2_500, joins_per_second: 500 }
    }
}

/// Counts connections and joins by address.
#[derive(Debug)]
pub struct Admission {
    limits: AdmissionLimits,
    connections: usize,
    /// Number of connections by address.
    addresses: HashMap<AddressBlock, usize>,
    joins: KeyedRateLimit<AddressBlock>,
    /// Number of addresses in the join rate limiter at which idle ones are removed next.
    evict_at: usize,
}

/// Decision on a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectDecision {
    /// The connection is served.
    Admit,
    /// The connection is counted, and its requests to join are refused with this reason.
    Refuse(Refusal),
    /// The connection is not counted and gets no response.
    Drop(Refusal),
}

impl Admission {
    /// Starts with no connections.
    #[must_use]
    pub fn new(limits: AdmissionLimits) -> Self {
        let joins = KeyedRateLimit::per_second(limits.joins_per_second);
        Self { limits, connections: 0, addresses: HashMap::new(), joins, evict_at: ADDRESSES_MIN }
    }

    /// Counts an accepted connection, and decides whether to serve it.
    pub fn handle_connect(&mut self) -> ConnectDecision {
        let decision = decide(self.connections, self.limits.connections_max, Refusal::ServerFull);
        if !matches!(decision, ConnectDecision::Drop(_)) {
            self.connections += 1;
        }
        decision
    }

    /// Counts the end of a connection.
    pub fn handle_disconnect(&mut self) {
        self.connections = self.connections.checked_sub(1).expect("only counted connections disconnect");
    }

    /// Counts a connection for an address, and decides whether to serve it.
    pub fn handle_attribution(&mut self, address: AddressBlock) -> ConnectDecision {
        self.evict_unused();
        let connections = self.addresses.entry(address).or_default();
        let decision = decide(*connections, self.limits.connections_per_address_max, Refusal::AddressFull);
        if !matches!(decision, ConnectDecision::Drop(_)) {
            *connections += 1;
        }
        decision
    }

    /// Stops counting a connection for an address.
    pub fn handle_release(&mut self, address: AddressBlock) {
        let connections = self.addresses.get_mut(&address).expect("only attributed connections are released");
        *connections = connections.checked_sub(1).expect("only attributed connections are released");
        if *connections == 0 {
            self.addresses.remove(&address);
        }
    }

    /// Counts a request from this address to join or create a room.
    ///
    /// # Errors
    /// [`Refusal::JoinRate`] if the address exceeds its rate.
    pub fn handle_join(&mut self, address: AddressBlock) -> Result<(), Refusal> {
        self.evict_unused();
        if self.joins.try_acquire(&address) { Ok(()) } else { Err(Refusal::JoinRate) }
    }

    /// The number of open connections.
    #[must_use]
    pub const fn connections(&self) -> usize {
        self.connections
    }

    /// If the join rate limiter contains many addresses, removes those that have their full rate available again. This
    /// bounds the memory of the rate limiter.
    fn evict_unused(&mut self) {
        if self.joins.key_count() >= self.evict_at {
            self.joins.evict_idle();
            self.evict_at = ADDRESSES_MIN.max(2 * self.joins.key_count());
        }
    }
}

fn decide(connections: usize, limit: usize, refusal: Refusal) -> ConnectDecision {
    if connections < limit {
        ConnectDecision::Admit
    } else if connections < limit.saturating_add(ANSWERED_MAX) {
        ConnectDecision::Refuse(refusal)
    } else {
        ConnectDecision::Drop(refusal)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    const LIMITS: AdmissionLimits =
        AdmissionLimits { connections_max: 10, connections_per_address_max: 3, joins_per_second: 5 };

    fn address(number: u64) -> AddressBlock {
        AddressBlock::of(Ipv6Addr::from(u128::from(number) << 64).into())
    }

    #[test]
    fn connections_over_the_limit_get_a_response_and_those_far_over_it_are_dropped() {
        let mut admission = Admission::new(LIMITS);
        let decisions: Vec<_> = (0..300).map(|_| admission.handle_connect()).collect();
        let count = |wanted: ConnectDecision| decisions.iter().filter(|decision| **decision == wanted).count();
        assert_eq!(count(ConnectDecision::Admit), 10);
        assert_eq!(count(ConnectDecision::Refuse(Refusal::ServerFull)), ANSWERED_MAX);
        assert_eq!(count(ConnectDecision::Drop(Refusal::ServerFull)), 300 - 10 - ANSWERED_MAX);
        (0..266).for_each(|_| admission.handle_disconnect());
        assert_eq!((admission.connections(), admission.handle_connect()), (0, ConnectDecision::Admit));
    }

    #[test]
    fn addresses_are_limited_independently() {
        let mut admission = Admission::new(LIMITS);
        let mut attribute = |from| admission.handle_attribution(address(from));
        assert!((0..3).all(|_| attribute(1) == ConnectDecision::Admit));
        assert_eq!(attribute(1), ConnectDecision::Refuse(Refusal::AddressFull));
        assert_eq!(attribute(2), ConnectDecision::Admit);
        (0..2).for_each(|_| admission.handle_release(address(1)));
        assert_eq!(admission.handle_attribution(address(1)), ConnectDecision::Admit);
    }

    #[tokio::test(start_paused = true)]
    async fn joins_are_limited_per_address_and_second() {
        let mut admission = Admission::new(LIMITS);
        let mut joins = |from| (0..50).filter(|_| admission.handle_join(address(from)).is_ok()).count();
        assert_eq!((joins(1), joins(2)), (10, 10));
        advance(Duration::from_secs(1)).await;
        assert_eq!(joins(1), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn unused_addresses_are_evicted() {
        let mut admission = Admission::new(LIMITS);
        assert_eq!(admission.handle_attribution(address(0)), ConnectDecision::Admit);
        for number in 1..100_000 {
            advance(Duration::from_millis(1)).await;
            assert!(admission.handle_join(address(number)).is_ok());
        }
        assert!(admission.joins.key_count() <= 4 * ADDRESSES_MIN, "{} addresses", admission.joins.key_count());
        admission.handle_release(address(0));
        assert!(admission.addresses.is_empty());
    }
}
