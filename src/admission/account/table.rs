//! The table of accounts: finds the accounts of a client, and evicts idle ones.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::key::AccountKey;
use super::{Account, Client};
use crate::admission::limits::ClientLimits;
#[cfg(any(test, feature = "internals"))]
use crate::admission::limits::Resource;

/// Number of accounts that are examined for eviction before an account is created. If it were one, the table could not
/// shrink while new addresses arrive.
const EXAMINED: usize = 2;
/// The factor by which the limits of the overflow account exceed those of one client.
const OVERFLOW_FACTOR: u32 = 4;

/// The accounts of addresses, prefixes and subjects, bounded in number.
///
/// While the table is full, all clients that are not in the table share one account, the *overflow account*.
#[derive(Debug)]
pub(in crate::admission) struct AccountTable {
    limits: ClientLimits,
    accounts_max: usize,
    accounts: HashMap<AccountKey, Arc<Account>>,
    /// The keys of all accounts, in the order in which they are examined for eviction.
    examination: VecDeque<AccountKey>,
    overflow: Arc<Account>,
    /// Computes the groups of accounts. Its key is random.
    hasher: RandomState,
    /// Number of accounts created so far, which is also the id of the newest account.
    created: u64,
}

impl AccountTable {
    /// Starts without accounts.
    pub(in crate::admission) fn new(limits: ClientLimits, accounts_max: usize) -> Self {
        Self {
            limits,
            accounts_max,
            accounts: HashMap::new(),
            examination: VecDeque::new(),
            overflow: Arc::new(Account::new(0, 0, &limits, OVERFLOW_FACTOR)),
            hasher: RandomState::new(),
            created: 0,
        }
    }

    /// The client whose accounts have these keys. Creates the accounts that do not exist yet.
    pub(in crate::admission) fn client(&mut self, keys: impl Iterator<Item = AccountKey>) -> Client {
        let mut accounts = Vec::new();
        for account in keys.map(|key| self.account(key)) {
            // The overflow account is charged once, even if it replaces several accounts.
            if !accounts.iter().any(|other| Arc::ptr_eq(other, &account)) {
                accounts.push(account);
            }
        }
        Client(accounts)
    }

    /// The number of accounts.
    pub(in crate::admission) fn len(&self) -> usize {
        self.accounts.len()
    }

    /// The amount of a resource that all accounts hold together.
    #[cfg(any(test, feature = "internals"))]
    pub(in crate::admission) fn held(&self, resource: Resource) -> u64 {
        self.accounts.values().chain([&self.overflow]).map(|account| u64::from(account.held(resource))).sum()
    }

    /// The amount of a resource that an account holds; zero if the account does not exist.
    #[cfg(any(test, feature = "internals"))]
    pub(in crate::admission) fn held_by(&self, key: &AccountKey, resource: Resource) -> u32 {
        self.accounts.get(key).map_or(0, |account| account.held(resource))
    }

    fn account(&mut self, key: AccountKey) -> Arc<Account> {
        if let Some(account) = self.accounts.get(&key) {
            return Arc::clone(account);
        }
        self.evict_idle();
        if self.accounts.len() >= self.accounts_max {
            return Arc::clone(&self.overflow);
        }
        self.created += 1;
        let group = self.hasher.hash_one(key);
        let account = Arc::new(Account::new(self.created, group, &self.limits, key.factor()));
        self.accounts.insert(key, Arc::clone(&account));
        self.examination.push_back(key);
        account
    }

    /// Examines the next few accounts and removes those that are idle.
    fn evict_idle(&mut self) {
        for _ in 0..EXAMINED.min(self.examination.len()) {
            let key = self.examination.pop_front().expect("the queue is longer");
            let account = self.accounts.get_mut(&key).expect("the queue contains the keys of the table");
            if Arc::get_mut(account).is_some_and(|account| account.is_idle(&self.limits)) {
                self.accounts.remove(&key);
            } else {
                self.examination.push_back(key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;
    use crate::admission::limits::Event;

    fn client(table: &mut AccountTable, number: u32) -> Client {
        table.client(AccountKey::of_address(IpAddr::V4(Ipv4Addr::from(number))))
    }

    #[tokio::test(start_paused = true)]
    async fn the_table_stays_small_while_a_million_addresses_come_and_go() {
        const STEP: u32 = 10;
        let mut table = AccountTable::new(ClientLimits::default(), 10_000);
        for number in 0..1_000_000 {
            let client = client(&mut table, number);
            assert!(client.try_acquire(Event::Connect, 1).is_ok());
            assert!(client.try_acquire(Event::Join, 1).is_ok());
            if number % STEP == 0 {
                advance(Duration::from_millis(STEP.into())).await;
                // An account is idle after 100 ms, when its limit on joins has refilled. Meanwhile, 100 other addresses
                // arrive. Idle accounts are not evicted at once, so the table contains more than 100 accounts.
                assert!(table.len() < 300, "{} accounts after {number} addresses", table.len());
            }
        }
        let capacity = table.accounts.capacity() + table.examination.capacity();
        assert!(capacity < 2_000, "memory for {capacity} entries");
        assert_eq!(table.examination.len(), table.len());
    }

    #[tokio::test(start_paused = true)]
    async fn active_accounts_stay_and_idle_ones_are_evicted() {
        let mut table = AccountTable::new(ClientLimits::default(), 1_000);
        let held = client(&mut table, 0).hold(Resource::Seat, 1).expect("within the limit");
        let burst = ClientLimits::default().rate(Event::Request).burst;
        assert!(client(&mut table, 1).try_acquire(Event::Request, burst).is_ok());
        let key = client(&mut table, 1).key();
        (2..100).for_each(|number| _ = client(&mut table, number));
        assert!(table.len() < 60, "{} accounts", table.len());
        assert_eq!(client(&mut table, 0).key(), held.client().key(), "it holds a seat");
        assert_eq!(client(&mut table, 1).key(), key, "its limit is exhausted");
        assert!(client(&mut table, 1).try_acquire(Event::Request, 1).is_err());
        advance(Duration::from_secs(60)).await;
        (100..200).for_each(|number| _ = client(&mut table, number));
        assert_ne!(client(&mut table, 1).key(), key);
    }

    #[tokio::test(start_paused = true)]
    async fn clients_share_an_account_while_the_table_is_full() {
        let mut table = AccountTable::new(ClientLimits::default(), 10);
        let mut known: Vec<_> = (0..10).map(|number| client(&mut table, number)).collect();
        let (ada, bob) = (client(&mut table, 100), client(&mut table, 101));
        assert_eq!(ada.key(), bob.key());
        assert!(known.iter().all(|known| known.key() != ada.key()));
        let seats = std::iter::from_fn(|| ada.take_seat().ok()).collect::<Vec<_>>();
        assert_eq!(seats.len() as u32, OVERFLOW_FACTOR * ClientLimits::default().seats);
        assert!(bob.take_seat().is_err() && known[0].take_seat().is_ok());
        let ipv6 = table.client(AccountKey::of_address(std::net::Ipv6Addr::LOCALHOST.into()));
        assert_eq!(ipv6.0.len(), 1, "the overflow account replaces three accounts, but is charged once");
        known.clear();
        assert_ne!(client(&mut table, 100).key(), ada.key(), "an account has become idle");
    }
}
