//! Accounts count what each client uses over all its connections.
//!
//! Each IPv4 address, IPv6 prefix and ticket's subject has an account of its own. An IPv6 address is counted in three
//! accounts: those of its /64, /56 and /48. The [`AccountTable`](table::AccountTable) finds the accounts of a client. A
//! [`Client`] holds references to its accounts. Counting an event therefore takes a few atomic operations, but neither a
//! lock nor a look-up.

pub(super) mod key;
pub(super) mod table;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::limits::{ClientLimits, Event, Resource, room_cost};
use super::{Rate, RateLimit, Refusal};

/// Maximum rate at which refused connections of one client get a response. Connections that are refused beyond this rate
/// are closed without a response.
pub const ANSWERS: Rate = Rate { per_second: 5, burst: ClientLimits::PLAYERS };

/// Counts what one address, prefix or ticket's subject uses.
pub(super) struct Account {
    id: u64,
    group: u64,
    factor: u32,
    rates: [RateLimit; Event::ALL.len()],
    answers: RateLimit,
    held: [AtomicU32; Resource::ALL.len()],
    maximums: [u32; Resource::ALL.len()],
}

impl Account {
    /// An account that may use `factor` times as much as one client.
    fn new(id: u64, group: u64, limits: &ClientLimits, factor: u32) -> Self {
        Self {
            id,
            group,
            factor,
            rates: Event::ALL.map(|event| RateLimit::new(limits.rate(event).times(factor))),
            answers: RateLimit::new(ANSWERS.times(factor)),
            held: Default::default(),
            maximums: Resource::ALL.map(|resource| limits.maximum(resource).saturating_mul(factor)),
        }
    }

    fn try_hold(&self, resource: Resource, amount: u32) -> bool {
        let maximum = self.maximums[resource as usize];
        let add = |held: u32| held.checked_add(amount).filter(|held| *held <= maximum);
        self.held[resource as usize].fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    fn release(&self, resource: Resource, amount: u32) {
        self.held[resource as usize].fetch_sub(amount, Ordering::Relaxed);
    }

    #[cfg(any(test, feature = "internals"))]
    fn held(&self, resource: Resource) -> u32 {
        self.held[resource as usize].load(Ordering::Relaxed)
    }

    /// Whether the account is in the same state as a new account: all rate limits have refilled, and no resource is held.
    /// The function checks only the rate limits. The caller has exclusive access, so no permit refers to the account, and
    /// no resource is held.
    fn is_idle(&mut self, limits: &ClientLimits) -> bool {
        let factor = self.factor;
        let mut rates = self.rates.iter_mut().zip(Event::ALL);
        rates.all(|(limit, event)| limit.is_full(limits.rate(event).times(factor)))
            && self.answers.is_full(ANSWERS.times(factor))
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("id", &self.id).field("held", &self.held).finish_non_exhaustive()
    }
}

/// The accounts of a client: first that of its IPv4 address or IPv6 /64, then those of the larger prefixes, then that of
/// the ticket's subject. Everything that the client uses counts against each of these accounts. A client without accounts
/// is not limited.
#[derive(Clone, Debug, Default)]
pub struct Client(Vec<Arc<Account>>);

impl Client {
    /// The id of the client's first account. Clients that share this account, such as all addresses of an IPv6 /64, have
    /// the same key. `None` if the client is not limited.
    #[must_use]
    pub fn key(&self) -> Option<u64> {
        self.0.first().map(|account| account.id)
    }

    /// Identifies the user of a ticket, or else the shortest prefix of the client's address that has an account. All
    /// clients of one user or prefix have the same group, as long as the server runs. The number is a hash with a random
    /// key, so it reveals nothing about the client. `None` if the client is not limited.
    #[must_use]
    pub fn group(&self) -> Option<u64> {
        self.0.last().map(|account| account.group)
    }

    /// Counts `amount` events. Charges the accounts in order, and stops at the first account that refuses. A client that
    /// exceeds the limit of its first account therefore does not use up the accounts that it shares with other clients.
    ///
    /// # Errors
    /// The reason for refusing the events, if they exceed a rate.
    pub fn try_acquire(&self, event: Event, amount: u32) -> Result<(), Refusal> {
        let is_within = |account: &Arc<Account>| account.rates[event as usize].try_acquire_many(amount);
        if self.0.iter().all(is_within) { Ok(()) } else { Err(event.refusal()) }
    }

    /// Takes an amount of a resource until the permit is dropped.
    ///
    /// # Errors
    /// The reason for refusing the resource, if an account has reached its maximum.
    pub fn hold(&self, resource: Resource, amount: u32) -> Result<Permit, Refusal> {
        let mut permit = Permit { client: Self(Vec::with_capacity(self.0.len())), resource, amount };
        for account in &self.0 {
            if !account.try_hold(resource, amount) {
                return Err(resource.refusal());
            }
            permit.client.0.push(Arc::clone(account));
        }
        Ok(permit)
    }

    /// Takes a player's seat or a spectator's place until the permit is dropped.
    ///
    /// # Errors
    /// [`Refusal::ClientSeats`] if the client has too many seats and places.
    pub fn take_seat(&self) -> Result<Permit, Refusal> {
        self.hold(Resource::Seat, 1)
    }

    /// Counts a room that the client creates, and the cost of the room (see `room_cost`), until the permit is dropped.
    ///
    /// # Errors
    /// [`Refusal::ClientRooms`] if the client has too many rooms, or [`Refusal::ClientRoomCost`] if the client's rooms cost
    /// too much.
    pub fn take_room(&self, tick_rate: u16, ai_players: u16) -> Result<RoomPermit, Refusal> {
        let room = self.hold(Resource::Room, 1)?;
        Ok(RoomPermit { _room: room, _cost: self.hold(Resource::RoomCost, room_cost(tick_rate, ai_players))? })
    }

    /// Counts a response to a refused connection. Returns false, and permits no response, if the client has received too
    /// many.
    pub(super) fn may_be_answered(&self) -> bool {
        self.0.iter().all(|account| account.answers.try_acquire())
    }
}

/// An amount of a resource that a client holds until the permit is dropped.
#[derive(Debug)]
pub struct Permit {
    client: Client,
    resource: Resource,
    amount: u32,
}

impl Permit {
    /// A permit for nothing.
    pub(super) const fn empty(client: Client, resource: Resource) -> Self {
        Self { client, resource, amount: 0 }
    }

    /// The client that holds the resource.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        for account in &self.client.0 {
            account.release(self.resource, self.amount);
        }
    }
}

/// Counts a room against the limits of the client that created it. Dropped when the room has closed.
#[derive(Debug)]
pub struct RoomPermit {
    _room: Permit,
    _cost: Permit,
}

impl Event {
    /// The reason for refusing an event that exceeds its rate.
    const fn refusal(self) -> Refusal {
        match self {
            Self::Connect => Refusal::ConnectRate,
            Self::Request => Refusal::RequestRate,
            Self::Join => Refusal::JoinRate,
            Self::Message => Refusal::MessageRate,
            Self::Ping => Refusal::PingRate,
            Self::Byte => Refusal::ByteRate,
            Self::Seek => Refusal::SeekRate,
            Self::MatchQuery => Refusal::MatchQueryRate,
        }
    }
}

impl Resource {
    /// The reason for refusing more of a resource than the maximum.
    const fn refusal(self) -> Refusal {
        match self {
            Self::Connection => Refusal::AddressFull,
            Self::EventStream => Refusal::ClientEventStreams,
            Self::Room => Refusal::ClientRooms,
            Self::RoomCost => Refusal::ClientRoomCost,
            Self::Seat => Refusal::ClientSeats,
            Self::Replay => Refusal::ClientReplays,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::key::AccountKey;
    use super::table::AccountTable;
    use super::*;

    fn table() -> AccountTable {
        AccountTable::new(ClientLimits::default(), 1_000)
    }

    fn client(table: &mut AccountTable, address: &str) -> Client {
        table.client(AccountKey::of_address(address.parse().expect("an address")))
    }

    /// Counts this number of events. Returns how many are accepted.
    fn accepted(client: &Client, event: Event, events: u32) -> u32 {
        (0..events).map(|_| u32::from(client.try_acquire(event, 1).is_ok())).sum()
    }

    /// Takes as much of a resource as the client may hold.
    fn take_all(client: &Client, resource: Resource) -> Vec<Permit> {
        std::iter::from_fn(|| client.hold(resource, 1).ok()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn each_event_has_a_burst_and_a_rate() {
        let limits = ClientLimits::default();
        let ada = client(&mut table(), "192.0.2.1");
        for event in Event::ALL {
            let Rate { per_second, burst } = limits.rate(event);
            assert_eq!(accepted(&ada, event, burst + 1), burst, "{event:?}");
            advance(Duration::from_secs(1)).await;
            // The interval between events is a whole number of nanoseconds, so the rate is not exact.
            let refilled = accepted(&ada, event, 2 * per_second);
            assert!(refilled.abs_diff(per_second) <= 1 + per_second / 1_000, "{event:?}: {refilled}");
        }
    }

    #[test]
    fn each_resource_has_a_maximum_and_is_free_again_when_it_is_dropped() {
        let limits = ClientLimits::default();
        let ada = client(&mut table(), "192.0.2.1");
        for resource in Resource::ALL {
            for _ in 0..2 {
                let taken = take_all(&ada, resource);
                assert_eq!(taken.len() as u32, limits.maximum(resource), "{resource:?}");
                assert_eq!(ada.hold(resource, 1).err(), Some(resource.refusal()));
            }
        }
    }

    #[test]
    fn clients_do_not_limit_each_other() {
        let mut table = table();
        let (ada, bob) = (client(&mut table, "192.0.2.1"), client(&mut table, "192.0.2.2"));
        let _seats = take_all(&ada, Resource::Seat);
        assert!(bob.take_seat().is_ok());
        assert_ne!(ada.key(), bob.key());
        assert_eq!(ada.key(), client(&mut table, "::ffff:192.0.2.1").key());
    }

    #[test]
    fn prefixes_are_limited_together() {
        let mut table = table();
        let seats = ClientLimits::default().seats as usize;
        let mut seats_of = |address: &str| take_all(&client(&mut table, address), Resource::Seat);
        let first = seats_of("2001:db8:1:1::1");
        assert_eq!(first.len(), seats);
        assert_eq!(seats_of("2001:db8:1:1:ffff::1").len(), 0, "the same /64");
        let second = seats_of("2001:db8:1:2::1");
        assert_eq!(second.len(), seats, "another /64 of the /56");
        assert_eq!(seats_of("2001:db8:1:3::1").len(), 0, "the /56 holds twice as many");
        let (third, fourth) = (seats_of("2001:db8:1:100::1"), seats_of("2001:db8:1:101::1"));
        assert_eq!((third.len(), fourth.len()), (seats, seats), "another /56 of the /48");
        assert_eq!(seats_of("2001:db8:1:200::1").len(), 0, "the /48 holds four times as many");
        assert_eq!(seats_of("2001:db8:2:1::1").len(), seats, "another /48");
        drop(second);
        assert_eq!(seats_of("2001:db8:1:200::1").len(), seats, "a refused resource holds nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_event_does_not_charge_shared_accounts() {
        let mut table = table();
        let burst = ClientLimits::default().rate(Event::Join).burst;
        let (hostile, honest) = (client(&mut table, "2001:db8:1:1::1"), client(&mut table, "2001:db8:1:2::1"));
        assert_eq!(accepted(&hostile, Event::Join, 100 * burst), burst);
        assert_eq!(accepted(&honest, Event::Join, burst), burst);
    }

    #[test]
    fn a_subject_is_limited_over_all_its_addresses() {
        let mut table = table();
        let mut of_ada = |address: &str| {
            let address = AccountKey::of_address(address.parse().expect("an address"));
            table.client(address.chain([AccountKey::of_subject("ada")]))
        };
        let (home, office) = (of_ada("192.0.2.1"), of_ada("198.51.100.1"));
        let _seats = take_all(&home, Resource::Seat);
        assert!(office.take_seat().is_err());
        assert!(client(&mut table, "198.51.100.1").take_seat().is_ok());
    }

    #[test]
    fn a_room_is_limited_by_number_and_cost() {
        let limits = ClientLimits { rooms: 3, room_cost: 1_000, ..ClientLimits::default() };
        let mut table = AccountTable::new(limits, 1_000);
        let ada = client(&mut table, "192.0.2.1");
        let cheap = [(); 3].map(|()| ada.take_room(10, 0).expect("within the limits"));
        assert_eq!(ada.take_room(10, 0).err(), Some(Refusal::ClientRooms));
        drop(cheap);
        let expensive = ada.take_room(50, 16).expect("the cost is 1000");
        assert_eq!(ada.take_room(10, 0).err(), Some(Refusal::ClientRoomCost));
        drop(expensive);
        assert!(ada.take_room(10, 0).is_ok());
    }

    #[test]
    fn a_client_without_accounts_is_not_limited() {
        let exempt = Client::default();
        assert_eq!(accepted(&exempt, Event::Join, 10_000), 10_000);
        let seats: Vec<_> = (0..10_000).map(|_| exempt.take_seat().expect("no limit")).collect();
        assert_eq!((seats.len(), exempt.key()), (10_000, None));
    }
}
