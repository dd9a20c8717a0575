//! Who is let in, and what the others are told.

use std::net::SocketAddr;

use tickcast::ServerOptions;
use tickcast::admission::{AdmissionLimits, AdmissionOptions, TrustedProxies};
use tickcast_arena::Arena;
use tickcast_arena::World;
use tickcast_protocol::codec::SUBPROTOCOL;

use crate::client::{Client, Wire};
use crate::hosting::{Hosted, empty_arena, host_with, options, quiet};

/// A server that lets in so few that a test can be too many.
fn host_few(connections_max: usize, connections_per_address_max: usize, joins_per_second: u32) -> Hosted {
    let limits = AdmissionLimits { connections_max, connections_per_address_max, joins_per_second };
    let allowed_origins = vec!["https://play.example".parse().expect("an origin")];
    host_admitting(AdmissionOptions { limits, allowed_origins, ..AdmissionOptions::default() })
}

fn host_admitting(admission: AdmissionOptions) -> Hosted {
    host_with::<World>(ServerOptions { admission, ..options(quiet(), empty_arena()) })
}

/// Asks for an upgrade; the refusal is its status and what Retry-After says.
fn open(address: SocketAddr, header: Option<(&'static str, &str)>) -> Result<Wire, (u16, Option<String>)> {
    let headers: Vec<_> = [("Sec-WebSocket-Protocol", SUBPROTOCOL)].into_iter().chain(header).collect();
    Wire::open_with(address, "", &headers).map_err(|refusal| {
        let retry_after = refusal.headers().get("Retry-After").map(|value| value.to_str().expect("text").to_owned());
        (refusal.status().as_u16(), retry_after)
    })
}

#[test]
fn pages_of_other_hosts_are_refused() {
    let server = host_few(50, 50, 50);
    let address = server.address();
    let check = |origin: &str, expected: Option<u16>| {
        let refused = open(address, Some(("Origin", origin))).err().map(|(status, _)| status);
        assert_eq!(refused, expected, "{origin}");
    };
    check(&format!("http://{address}"), None);
    check("https://play.example", None);
    check("https://evil.example", Some(403));
    check("null", Some(403));
    assert!(open(address, None).is_ok(), "whoever names no page is no browser");
}

#[test]
fn a_full_server_says_so_until_somebody_goes() {
    let server = host_few(2, 50, 50);
    let first = open(server.address(), None).expect("the first place");
    let _second = open(server.address(), None).expect("the second place");
    assert_eq!(open(server.address(), None).err(), Some((503, Some("10".to_owned()))));
    drop(first);
    while let Err((status, _)) = open(server.address(), None) {
        assert_eq!(status, 503);
    }
}

#[test]
fn one_address_takes_no_more_than_its_share() {
    let server = host_few(50, 2, 50);
    let _present = [open(server.address(), None).expect("a place"), open(server.address(), None).expect("a place")];
    assert_eq!(open(server.address(), None).err(), Some((429, Some("10".to_owned()))));
}

#[test]
fn one_address_joins_no_more_often_than_it_may() {
    let server = host_few(50, 50, 1);
    let refusals: Vec<_> = (0..6).filter_map(|_| open(server.address(), None).err()).collect();
    assert!(refusals.contains(&(429, Some("1".to_owned()))), "{refusals:?}");
}

#[test]
fn a_proxy_speaks_for_its_clients_if_it_is_trusted() {
    let check = |trusted: &str, expected: [Option<u16>; 3]| {
        let limits = AdmissionLimits { connections_per_address_max: 1, ..AdmissionLimits::default() };
        let trusted_proxies = TrustedProxies::new(vec![trusted.parse().expect("a network")]);
        let server = host_admitting(AdmissionOptions { limits, trusted_proxies, ..AdmissionOptions::default() });
        let opened = ["198.51.100.1", "198.51.100.1", "198.51.100.2"]
            .map(|client| open(server.address(), Some(("X-Forwarded-For", client))));
        assert_eq!(opened.each_ref().map(|it| it.as_ref().err().map(|(status, _)| *status)), expected, "{trusted}");
    };
    check("127.0.0.0/8", [None, Some(429), None]);
    check("10.0.0.0/8", [None, Some(429), Some(429)]);
}

#[test]
fn those_who_are_let_in_play() {
    let server = host_few(50, 50, 50);
    let mut ada = Client::<Arena>::join(server.address(), "duel", "Ada").expect("a seat");
    ada.tick();
}
