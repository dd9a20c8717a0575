//! Determines the addresses of clients, which connect directly or through trusted proxies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;
use rfc7239::{NodeIdentifier, NodeName};

/// Networks: ranges of IP addresses with a common prefix (CIDR).
#[derive(Clone, Debug, Default)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// These networks.
    #[must_use]
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// The addresses 127.0.0.1 and `::1` of this machine. Other loopback addresses, such as 127.0.0.2, are not included.
    #[must_use]
    pub fn localhost() -> Self {
        Self(vec![IpAddr::from(Ipv4Addr::LOCALHOST).into(), IpAddr::from(Ipv6Addr::LOCALHOST).into()])
    }

    /// Whether a network contains this address.
    #[must_use]
    pub fn include(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Networks of proxies whose forwarding headers are trusted.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Networks);

impl TrustedProxies {
    /// Trusts the proxies in these networks.
    #[must_use]
    pub const fn new(networks: Vec<IpNet>) -> Self {
        Self(Networks::new(networks))
    }

    /// Whether this is the address of a trusted proxy.
    #[must_use]
    pub fn includes(&self, address: IpAddr) -> bool {
        self.0.include(address)
    }

    /// Returns the address of the client that sent a request through `peer`, according to the request's `X-Forwarded-For`
    /// and `Forwarded` (RFC 7239) headers.
    ///
    /// If `peer` is not a trusted proxy, returns `peer` and ignores the headers, because anyone can send them.
    ///
    /// Each proxy appends the address of its peer. The client is therefore the last address that does not belong to a
    /// trusted proxy. The addresses before that one may be forged. If both headers are present and name different clients,
    /// one of them is forged: both are ignored, and `peer` is returned.
    pub fn client<'h>(
        &self,
        peer: IpAddr,
        x_forwarded_for: impl IntoIterator<Item = &'h str>,
        forwarded: impl IntoIterator<Item = &'h str>,
    ) -> IpAddr {
        if !self.includes(peer) {
            return peer;
        }
        let x_forwarded_for: Vec<_> =
            x_forwarded_for.into_iter().flat_map(|header| header.split(',')).map(parse_hop).collect();
        let forwarded: Vec<_> = forwarded.into_iter().flat_map(rfc7239::parse).map(forwarded_for).collect();
        match (&x_forwarded_for[..], &forwarded[..]) {
            (hops, []) | ([], hops) => self.last_untrusted(peer, hops),
            (one, other) => {
                let (one, other) = (self.last_untrusted(peer, one), self.last_untrusted(peer, other));
                if one == other { one } else { peer }
            }
        }
    }

    /// Goes through the hops from last to first, and returns the first address that does not belong to a trusted proxy.
    /// Stops at a hop that cannot be parsed. If no such address was found, returns the address visited last, or `peer` if
    /// no address was visited.
    fn last_untrusted(&self, peer: IpAddr, hops: &[Option<IpAddr>]) -> IpAddr {
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

/// The IP address in the `for` parameter of a `Forwarded` element, if there is one.
fn forwarded_for<E>(element: Result<rfc7239::Forwarded<'_>, E>) -> Option<IpAddr> {
    match element.ok()?.forwarded_for? {
        NodeIdentifier { name: NodeName::Ip(address), .. } => Some(address.to_canonical()),
        NodeIdentifier { .. } => None,
    }
}

/// Parses an element of an `X-Forwarded-For` header: an address, with or without brackets and port. No RFC specifies the
/// format.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
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
    fn localhost_is_one_address_of_each_family() {
        let is_local = |text| Networks::localhost().include(ip(text));
        assert!(is_local("127.0.0.1") && is_local("::1") && is_local("::ffff:127.0.0.1"));
        assert!(!is_local("127.0.0.2") && !is_local("::2"));
    }

    #[test]
    fn only_addresses_added_by_trusted_proxies_count() {
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
    fn the_forwarded_header_is_supported() {
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
    fn contradicting_headers_are_ignored() {
        let client = |standard| proxies().client(ip("10.0.0.1"), ["198.51.100.1"], [standard]);
        assert_eq!(client("for=198.51.100.1"), ip("198.51.100.1"));
        assert_eq!(client("for=203.0.113.7"), ip("10.0.0.1"));
    }
}
