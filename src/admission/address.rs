//! Where a client is: its address, told by the connection or by a proxy that is believed.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

/// What counts as one address: an IPv4 address, or the /64 that IPv6 gives to a single customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressBlock(IpAddr);

impl AddressBlock {
    /// The block that an address belongs to.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        const CUSTOMER: u128 = !0 << 64;
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & CUSTOMER).into(),
            address @ IpAddr::V4(_) => address,
        })
    }
}

/// The proxies that are believed when they say for whom they connect.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Believes the proxies in these networks.
    #[must_use]
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether that is one of them.
    #[must_use]
    pub fn includes(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client behind a connection from `peer`, by what the `X-Forwarded-For` and `Forwarded` (RFC 7239) headers say.
    ///
    /// Each proxy adds the address it was connected from, so the last one that is no proxy of ours is the client; whatever is
    /// left of it, anybody can have written. Where both headers are there and disagree, one of them is the client's own work,
    /// and neither is believed.
    pub fn client<'h>(
        &self,
        peer: IpAddr,
        x_forwarded_for: impl IntoIterator<Item = &'h str>,
        forwarded: impl IntoIterator<Item = &'h str>,
    ) -> IpAddr {
        if !self.includes(peer) {
            return peer;
        }
        let x_forwarded_for: Vec<_> = items(x_forwarded_for).map(hop).collect();
        let forwarded: Vec<_> = items(forwarded).map(|element| hop(forwarded_for(element).unwrap_or_default())).collect();
        match (&x_forwarded_for[..], &forwarded[..]) {
            (hops, []) | ([], hops) => self.last_foreign(peer, hops),
            (one, other) => {
                let (one, other) = (self.last_foreign(peer, one), self.last_foreign(peer, other));
                if one == other { one } else { peer }
            }
        }
    }

    /// The last hop that is no proxy of ours; what cannot be read is as far as it goes.
    fn last_foreign(&self, peer: IpAddr, hops: &[Option<IpAddr>]) -> IpAddr {
        let mut client = peer;
        for hop in hops.iter().rev() {
            let Some(hop) = hop else { return client };
            client = *hop;
            if !self.includes(client) {
                return client;
            }
        }
        client
    }
}

/// The items of a list that may be spread over several headers.
fn items<'h>(headers: impl IntoIterator<Item = &'h str>) -> impl Iterator<Item = &'h str> {
    headers.into_iter().flat_map(|header| header.split(',')).map(str::trim)
}

/// The `for` of an element such as `proto=https;for="[2001:db8::1]:47011"`.
fn forwarded_for(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim(), value.trim())).find(|(name, _)| name.eq_ignore_ascii_case("for")).map(|it| it.1)
}

/// An address, with or without quotes, brackets and port.
fn hop(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip())).ok();
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn proxies() -> TrustedProxies {
        let network = |text: &str| text.parse().expect("a network");
        TrustedProxies::new(vec![network("10.0.0.0/8"), network("fd00::/8")])
    }

    #[test]
    fn a_block_is_an_address_or_a_customer() {
        let block = |text| AddressBlock::of(ip(text));
        assert_eq!(block("2001:db8:1:2:3:4:5:6"), block("2001:db8:1:2:ffff::"));
        assert_ne!(block("2001:db8:1:2::1"), block("2001:db8:1:3::1"));
        assert_ne!(block("192.0.2.1"), block("192.0.2.2"));
        assert_eq!(block("::ffff:192.0.2.1"), block("192.0.2.1"));
    }

    #[test]
    fn only_proxies_of_ours_are_believed_and_only_what_they_added_themselves() {
        let check = |peer: &str, x_forwarded_for: &[&str], client: &str| {
            let found = proxies().client(ip(peer), x_forwarded_for.iter().copied(), []);
            assert_eq!(found, ip(client), "{peer} for {x_forwarded_for:?}");
        };
        check("192.0.2.9", &["198.51.100.1"], "192.0.2.9");
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &["198.51.100.1"], "198.51.100.1");
        check("10.0.0.1", &["203.0.113.7, 198.51.100.1"], "198.51.100.1");
        check("10.0.0.1", &["203.0.113.7", "198.51.100.1, 10.0.0.2"], "198.51.100.1");
        check("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3");
        check("10.0.0.1", &["198.51.100.1, unknown"], "10.0.0.1");
        check("10.0.0.1", &["203.0.113.7, garbage, 10.0.0.2"], "10.0.0.2");
        check("::ffff:10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1");
        check("fd00::1", &["[2001:db8::7]:4711"], "2001:db8::7");
        check("fd00::1", &["2001:db8::7"], "2001:db8::7");
    }

    #[test]
    fn the_standard_header_is_read_too() {
        let check = |forwarded: &[&str], client: &str| {
            let found = proxies().client(ip("10.0.0.1"), [], forwarded.iter().copied());
            assert_eq!(found, ip(client), "{forwarded:?}");
        };
        check(&["for=198.51.100.1"], "198.51.100.1");
        check(&["For=\"[2001:db8:cafe::17]:4711\";proto=https"], "2001:db8:cafe::17");
        check(&["for=203.0.113.7, by=10.0.0.2;for=198.51.100.1;proto=http, for=10.0.0.2"], "198.51.100.1");
        check(&["for=_hidden"], "10.0.0.1");
        check(&["proto=https"], "10.0.0.1");
    }

    #[test]
    fn headers_that_contradict_each_other_are_not_believed() {
        let client = |standard| proxies().client(ip("10.0.0.1"), ["198.51.100.1"], [standard]);
        assert_eq!(client("for=198.51.100.1"), ip("198.51.100.1"));
        assert_eq!(client("for=203.0.113.7"), ip("10.0.0.1"));
    }
}
