//! Keys of accounts.

use std::net::{IpAddr, Ipv4Addr};

use xxhash_rust::xxh3::xxh3_64;

/// Identifies an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::admission) enum AccountKey {
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 prefix. Providers assign a /64 or a /56 to a household, and up to a /48 to an organization.
    Ipv6 {
        /// The first 64 bits of the address. The bits that do not belong to the prefix are zero.
        prefix: u64,
        /// The length of the prefix in bits.
        length: u8,
    },
    /// The hash of a ticket's subject.
    Subject(u64),
}

impl AccountKey {
    /// The prefixes that have accounts. Each entry contains the length of the prefix in bits, and the factor by which the
    /// limits of the prefix exceed those of one client.
    const PREFIXES: [(u8, u32); 3] = [(64, 1), (56, 2), (48, 4)];

    /// The keys of an address: the address itself for IPv4; for IPv6 its /64, /56 and /48, in this order.
    pub(in crate::admission) fn of_address(address: IpAddr) -> impl Iterator<Item = Self> {
        let (ipv4, ipv6) = match address.to_canonical() {
            IpAddr::V4(address) => (Some(Self::Ipv4(address)), None),
            IpAddr::V6(address) => (None, Some((u128::from(address) >> 64) as u64)),
        };
        let prefixes = ipv6
            .into_iter()
            .flat_map(|bits| Self::PREFIXES.map(|(length, _)| Self::Ipv6 { prefix: bits & (!0 << (64 - length)), length }));
        ipv4.into_iter().chain(prefixes)
    }

    /// The key of a ticket's subject.
    pub(in crate::admission) fn of_subject(subject: &str) -> Self {
        Self::Subject(xxh3_64(subject.as_bytes()))
    }

    /// The factor by which the limits of the account exceed those of one client.
    pub(super) fn factor(self) -> u32 {
        let Self::Ipv6 { length, .. } = self else { return 1 };
        Self::PREFIXES.iter().find(|prefix| prefix.0 == length).map_or(1, |prefix| prefix.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_keys_of_its_prefixes() {
        let keys = |text: &str| AccountKey::of_address(text.parse().expect("an address")).collect::<Vec<_>>();
        assert_eq!(keys("192.0.2.1"), [AccountKey::Ipv4(Ipv4Addr::new(192, 0, 2, 1))]);
        let prefixes = [(0x2001_0db8_0001_0203, 64), (0x2001_0db8_0001_0200, 56), (0x2001_0db8_0001_0000, 48)];
        assert_eq!(keys("2001:db8:1:203::9"), prefixes.map(|(prefix, length)| AccountKey::Ipv6 { prefix, length }));
        let factors: Vec<_> = keys("2001:db8::").into_iter().map(AccountKey::factor).collect();
        assert_eq!(factors, [1, 2, 4]);
    }
}
