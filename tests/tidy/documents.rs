//! Checks that values in documents and in the JavaScript client equal those in the Rust code.

use std::fs;
use std::time::Duration;

use tickcast::actors::lobby::{self, room_list_feed};
use tickcast::actors::session::MESSAGES_PER_SECOND;
use tickcast::http::api::BODY_BYTES_MAX;
use tickcast::transport::HEAD_BYTES_MAX;
use tickcast::{AdmissionLimits, TicketOptions, Tickets, Timeouts};
use tickcast_arena::Arena;
use tickcast_protocol::CloseReason;
use tickcast_protocol::codec::{self, CLIENT_MESSAGE_BYTES_MAX};
use tickcast_room::RoomOptions;

use crate::sources::{files, root, text};

#[test]
fn the_fingerprint_is_in_the_specification_and_in_the_javascript_client() {
    let bytes = codec::fingerprint::<Arena>().map(|byte| format!("{byte:02x}"));
    let stated = format!("`{}` for this version", bytes.join(" "));
    assert!(text("PROTOCOL.md").contains(&stated), "PROTOCOL.md does not contain: {stated}");
    let constant = format!("export const FINGERPRINT = '{}';", bytes.concat());
    assert!(text("web/netcode/codec.js").contains(&constant), "web/netcode/codec.js does not contain: {constant}");
}

#[test]
fn every_close_reason_is_in_the_specification() {
    let specification = text("PROTOCOL.md");
    for reason in CloseReason::ALL {
        let row = format!("| {} | `{}` | {} |", reason.code(), reason.label(), reason.text());
        assert!(specification.contains(&row), "PROTOCOL.md does not contain: {row}");
    }
}

#[test]
fn the_limits_in_security_md_are_those_of_the_code() {
    let security = text("SECURITY.md");
    let (admission, timeouts, room) = (AdmissionLimits::default(), Timeouts::default(), RoomOptions::default());
    let seconds = |timeout: Duration| format!("{} s", timeout.as_secs_f64());
    let rate = |per_second: u32| format!("{per_second}, in bursts of up to {}", 2 * per_second);
    for (limit, value) in [
        ("connections", admission.connections_max.to_string()),
        ("connections per address (an IPv6 /64 is one address)", admission.connections_per_address_max.to_string()),
        ("joins and new rooms per second and address", rate(admission.joins_per_second)),
        ("rooms", lobby::ROOMS_MAX.to_string()),
        ("seats per room", room.seats.to_string()),
        ("spectators per room", room.spectators.to_string()),
        ("delay of spectators", format!("{} s", room.spectator_delay_s)),
        ("bytes per client message", CLIENT_MESSAGE_BYTES_MAX.to_string()),
        ("messages per second and client", rate(MESSAGES_PER_SECOND)),
        ("bytes per request that creates a room", BODY_BYTES_MAX.to_string()),
        ("bytes per head of a request", HEAD_BYTES_MAX.to_string()),
        ("subscribers of the room list", room_list_feed::SUBSCRIBERS_MAX.to_string()),
        ("request timeout", seconds(timeouts.request)),
        ("Hello timeout", seconds(timeouts.hello)),
        ("join timeout", seconds(timeouts.join)),
        ("idle timeout", seconds(timeouts.idle)),
        ("write timeout", seconds(timeouts.write)),
        ("close timeout", seconds(timeouts.close)),
        ("validity of a ticket after its issue", seconds(TicketOptions::WINDOW)),
        ("used tickets that are remembered", format!("{};", Tickets::USED_MAX)),
    ] {
        let row = format!("| {limit} | {value}");
        assert!(security.contains(&row), "SECURITY.md does not contain: {row}");
    }
}

#[test]
fn every_fuzz_target_is_built_documented_and_has_a_small_corpus() {
    const INPUTS_MAX: usize = 100;
    const INPUT_BYTES_MAX: u64 = 1 << 10;
    let (manifest, readme) = (text("fuzz/Cargo.toml"), text("fuzz/README.md"));
    for target in files("fuzz/fuzz_targets", &["rs"]) {
        let name = target.file_stem().and_then(|name| name.to_str()).expect("paths are UTF-8");
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "fuzz/Cargo.toml does not build {name}");
        assert!(readme.contains(&format!("| `{name}` |")), "fuzz/README.md does not describe {name}");
        let corpus = root().join("fuzz/corpus").join(name);
        let inputs = fs::read_dir(&corpus).unwrap_or_else(|error| panic!("{}: {error}", corpus.display()));
        let sizes: Vec<_> =
            inputs.map(|input| input.and_then(|input| input.metadata()).expect("the corpus is readable").len()).collect();
        assert!((1..=INPUTS_MAX).contains(&sizes.len()), "the corpus of {name} has {} inputs", sizes.len());
        assert!(sizes.iter().all(|bytes| *bytes <= INPUT_BYTES_MAX), "the corpus of {name} has large inputs: {sizes:?}");
    }
}
