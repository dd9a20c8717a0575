//! Bans of networks and of users, which operators set. Reads no clock and no file.

use std::net::IpAddr;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

use crate::admission::tickets::Subject;

/// Maximum number of bans. Each request is compared with all of them.
pub const BANS_MAX: usize = 1_000;
/// Maximum length of a note in bytes.
pub const NOTE_BYTES_MAX: usize = 200;

/// What is banned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BanTarget {
    /// All addresses of a network.
    Network(IpNet),
    /// The user with this subject in their tickets.
    Subject(Subject),
}

/// A ban.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// Identifies the ban. Later bans have higher numbers.
    pub id: u64,
    /// What is banned.
    #[serde(flatten)]
    pub target: BanTarget,
    /// Unix time in seconds at which the ban ends. `None` if it does not end by itself.
    pub until: Option<u64>,
    /// A note of the operator, such as the reason.
    #[serde(default)]
    pub note: String,
}

/// The address and the user of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The address.
    pub address: IpAddr,
    /// The user that the client's ticket names.
    pub subject: Option<Subject>,
}

/// The list of bans is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are already {BANS_MAX} bans")]
pub struct TooManyBans;

/// All bans.
#[derive(Debug, Default)]
pub struct BanList(RwLock<Vec<Ban>>);

impl BanTarget {
    /// The same target. A network of IPv4 addresses that are mapped to IPv6 becomes an IPv4 network, because the addresses of
    /// clients are compared in their IPv4 form.
    fn canonical(self) -> Self {
        match self {
            Self::Network(IpNet::V6(network)) => {
                let mapped = network.addr().to_ipv4_mapped().zip(network.prefix_len().checked_sub(96));
                let ipv4 = mapped.and_then(|(address, length)| Ipv4Net::new(address, length).ok());
                Self::Network(ipv4.map_or(IpNet::V6(network), IpNet::V4))
            }
            other => other,
        }
    }
}

impl Ban {
    /// Whether the ban applies to this client, regardless of its end.
    #[must_use]
    pub fn includes(&self, client: &ClientIdentity) -> bool {
        match &self.target {
            BanTarget::Network(network) => network.contains(&client.address.to_canonical()),
            BanTarget::Subject(subject) => client.subject.as_ref() == Some(subject),
        }
    }

    fn is_active(&self, now: u64) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl BanList {
    /// Replaces all bans.
    pub fn restore(&self, bans: Vec<Ban>) {
        *self.write() = bans.into_iter().map(|ban| Ban { target: ban.target.canonical(), ..ban }).collect();
    }

    /// Adds a ban, and removes those that have ended. Replaces the ban with the same target. Returns the new ban.
    ///
    /// # Errors
    /// [`TooManyBans`].
    pub fn add(&self, target: BanTarget, until: Option<u64>, note: String, now: u64) -> Result<Ban, TooManyBans> {
        let (mut bans, target) = (self.write(), target.canonical());
        let id = bans.iter().map(|ban| ban.id).max().unwrap_or(0) + 1;
        bans.retain(|ban| ban.is_active(now) && ban.target != target);
        if bans.len() >= BANS_MAX {
            return Err(TooManyBans);
        }
        let ban = Ban { id, target, until, note };
        bans.push(ban.clone());
        Ok(ban)
    }

    /// Removes a ban. Returns whether it existed.
    pub fn remove(&self, id: u64) -> bool {
        let mut bans = self.write();
        let before = bans.len();
        bans.retain(|ban| ban.id != id);
        bans.len() < before
    }

    /// The bans that have not ended.
    pub fn active(&self, now: u64) -> Vec<Ban> {
        self.read().iter().filter(|ban| ban.is_active(now)).cloned().collect()
    }

    /// Whether an address is banned. `now` is called only if the address is on the list.
    pub fn includes_address(&self, address: IpAddr, now: impl Fn() -> u64) -> bool {
        let address = address.to_canonical();
        let applies = |ban: &Ban| matches!(&ban.target, BanTarget::Network(network) if network.contains(&address));
        self.read().iter().any(|ban| applies(ban) && ban.is_active(now()))
    }

    /// Whether a user is banned.
    pub fn includes_subject(&self, subject: &str, now: impl Fn() -> u64) -> bool {
        let applies = |ban: &Ban| matches!(&ban.target, BanTarget::Subject(banned) if banned.as_str() == subject);
        self.read().iter().any(|ban| applies(ban) && ban.is_active(now()))
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Ban>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Ban>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> BanTarget {
        BanTarget::Network(text.parse().expect("a network"))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_ban_includes_its_network_or_user_until_it_ends() {
        let bans = BanList::default();
        bans.add(network("192.0.2.0/24"), Some(100), String::new(), 0).expect("there is space");
        bans.add(BanTarget::Subject("ada".parse().expect("a subject")), None, String::new(), 0).expect("there is space");
        for (address, now, is_banned) in
            [("192.0.2.9", 99, true), ("::ffff:192.0.2.9", 99, true), ("192.0.2.9", 100, false), ("192.0.3.9", 0, false)]
        {
            assert_eq!(bans.includes_address(ip(address), || now), is_banned, "{address} at {now}");
        }
        assert!(bans.includes_subject("ada", || u64::MAX) && !bans.includes_subject("bob", || 0));
        let ada = ClientIdentity { address: ip("198.51.100.1"), subject: "ada".parse().ok() };
        assert_eq!(bans.active(100).iter().map(|ban| ban.includes(&ada)).collect::<Vec<_>>(), [true]);
    }

    #[test]
    fn a_ban_replaces_that_of_the_same_target_and_the_list_is_bounded() {
        let bans = BanList::default();
        let add = |index: usize, until| {
            let target = network(&format!("10.{}.{}.0/24", index / 256, index % 256));
            bans.add(target, until, String::new(), 10)
        };
        let first = add(0, None).expect("there is space");
        let second = add(0, Some(20)).expect("it replaces the first");
        assert_eq!((bans.active(10), first.id < second.id), (vec![second], true));
        (1..BANS_MAX).for_each(|index| assert!(add(index, None).is_ok()));
        assert_eq!(add(BANS_MAX, None), Err(TooManyBans));
        let last = bans.active(10).last().map(|ban| ban.id).expect("there are bans");
        assert!(bans.remove(last) && !bans.remove(last));
        assert!(add(BANS_MAX, None).is_ok());
    }

    #[test]
    fn a_network_of_mapped_addresses_is_an_ipv4_network() {
        let bans = BanList::default();
        bans.add(network("::ffff:192.0.2.0/120"), None, String::new(), 0).expect("there is space");
        assert_eq!(bans.active(0)[0].target, network("192.0.2.0/24"));
        assert!(bans.includes_address(ip("192.0.2.9"), || 0) && !bans.includes_address(ip("192.0.3.9"), || 0));
        bans.add(network("::/0"), None, String::new(), 0).expect("there is space");
        assert!(bans.includes_address(ip("2001:db8::1"), || 0) && !bans.includes_address(ip("192.0.3.9"), || 0));
    }

    #[test]
    fn bans_have_a_readable_stored_form() {
        let ban = Ban { id: 7, target: network("192.0.2.7/32"), until: None, note: "spam".to_owned() };
        let json = r#"{"id":7,"network":"192.0.2.7/32","until":null,"note":"spam"}"#;
        assert_eq!(serde_json::to_string(&ban).expect("plain data"), json);
        assert_eq!(serde_json::from_str::<Ban>(json).expect("valid"), ban);
    }
}
