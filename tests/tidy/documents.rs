//! Checks that values in documents and in the JavaScript client equal those in the Rust code.

use std::fs;
use std::time::Duration;

use serde_json::Value;
use tickcast::actors::lobby::{self, room_list_feed};
use tickcast::actors::messages::metadata;
use tickcast::actors::replay::directory;
use tickcast::actors::room::commits::WAITING_TIME_MAX;
use tickcast::actors::room::commits::match_results::RESULTS_MAX;
use tickcast::actors::room::commits::waiting_stays::WAITING_STAYS_MAX;
use tickcast::actors::room::{incidents, join_queue};
use tickcast::actors::session::{ACTIONS_PER_SECOND, MESSAGES_PER_SECOND};
use tickcast::admission::control::bans::BANS_MAX;
use tickcast::admission::limits::{Event, Resource};
use tickcast::admission::{Rate, account, control};
use tickcast::http::api::BODY_BYTES_MAX;
use tickcast::http::api::profiles::queries;
use tickcast::http::fallback;
use tickcast::store::{MATCHES_PER_CREATOR, PROFILES_MAX, Placement};
use tickcast::telemetry::webhooks;
use tickcast::transport::{HEAD_BYTES_MAX, OUTBOX_BYTES_MAX, OUTBOX_FRAMES_MAX, TLS_UNSENT_BYTES_MAX};
use tickcast::{AdmissionLimits, ClientLimits, TicketOptions, Tickets, Timeouts};
use tickcast_arena::Arena;
use tickcast_protocol::codec::datagrams::DATAGRAM_BYTES_MAX;
use tickcast_protocol::codec::{self, ACTION_BYTES_MAX, Batch, CLIENT_MESSAGE_BYTES_MAX};
use tickcast_protocol::{CloseReason, UNRESOLVED_ACTIONS_MAX};
use tickcast_room::{
    EMPTY_GRACE, KEPT_SEATS_PER_CLIENT_MAX, PAUSE_DELAY, RESUME_GRACE, RoomOptions, SETTLING_TIME, YIELD_DELAY,
};

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
fn every_route_is_in_the_openapi_document() {
    let (routes, document) = (text("src/http.rs"), text("docs/openapi.json"));
    let document: Value = serde_json::from_str(&document).expect("the document is JSON");
    let mut documented: Vec<_> = document["paths"].as_object().expect("an object").keys().cloned().collect();
    for (_, route) in routes.match_indices(".route(").map(|(at, found)| routes.split_at(at + found.len())) {
        let (path, rest) = route.split_once(", web::").expect("a route has a method");
        let (method, _) = rest.split_once('(').expect("a method is a function");
        let path = if path == "socket::PATH" { "/ws" } else { path.trim_matches('"') };
        assert!(document["paths"][path][method].is_object(), "docs/openapi.json does not contain: {method} {path}");
        documented.retain(|documented| documented != path);
    }
    assert!(documented.is_empty(), "docs/openapi.json contains paths without routes: {documented:?}");
}

#[test]
fn the_limits_in_security_md_are_those_of_the_code() {
    let security = text("SECURITY.md");
    let (admission, timeouts, room) = (AdmissionLimits::default(), Timeouts::default(), RoomOptions::default());
    let seconds = |timeout: Duration| format!("{} s", timeout.as_secs_f64());
    let per_second = |per_second: u32| rate(Rate { per_second, burst: 2 * per_second });
    let queue = format!("{} KiB and {OUTBOX_FRAMES_MAX} snapshots", OUTBOX_BYTES_MAX >> 10);
    let queue = format!(
        "{queue}, besides a larger full snapshot that is being sent; in addition, on Linux, 64 KiB of unsent data in the \
         operating system"
    );
    let incident_files = format!("{} of each, up to {} MiB each", incidents::FILES_MAX, incidents::FILE_BYTES_MAX >> 20);
    for (limit, value, flag) in [
        ("connections", admission.connections_max.to_string(), "`--connections-max`"),
        ("accounts", admission.accounts_max.to_string(), ""),
        ("answers to refused connections per second and client", rate(account::ANSWERS), ""),
        ("refused connections that are open to receive an answer", control::REFUSED_MAX.to_string(), ""),
        (
            "refused upgrades per second that are explained with a close code",
            per_second(control::EXPLANATIONS_PER_SECOND),
            "",
        ),
        ("rooms", lobby::ROOMS_MAX.to_string(), ""),
        ("bans", BANS_MAX.to_string(), ""),
        ("time of ticks that wait for the store", seconds(WAITING_TIME_MAX), ""),
        ("files saved after a desync or a panic", incident_files, ""),
        ("time between two files saved after a desync", seconds(incidents::DESYNC_INTERVAL), ""),
        ("seats per room", room.seats.to_string(), "`--room-size`, up to 6000"),
        ("joins per second and room", join_queue::JOINS_PER_SECOND.to_string(), ""),
        ("spectators per room", room.spectators.to_string(), "`--spectators`, up to 6000"),
        ("delay of spectators", format!("{} s", room.spectator_delay_s), "`--spectator-delay`, up to 60 s"),
        ("bytes per datagram", DATAGRAM_BYTES_MAX.to_string(), ""),
        ("bytes per client message", CLIENT_MESSAGE_BYTES_MAX.to_string(), ""),
        ("messages per second and connection", per_second(MESSAGES_PER_SECOND), ""),
        ("actions per second and connection", per_second(ACTIONS_PER_SECOND), ""),
        ("bytes per action", ACTION_BYTES_MAX.to_string(), ""),
        ("actions of a player that wait for their outcome", UNRESOLVED_ACTIONS_MAX.to_string(), ""),
        ("bytes per request that creates a room", BODY_BYTES_MAX.to_string(), ""),
        ("metadata keys of a room, and conditions in a query", metadata::PAIRS_MAX.to_string(), ""),
        ("bytes per batch of the HTTP fallback", Batch::BYTES_MAX.to_string(), ""),
        ("records per batch of the HTTP fallback", Batch::RECORDS_MAX.to_string(), ""),
        (
            "batches of a session of the HTTP fallback that arrive at a time or wait for the session",
            fallback::REQUESTS_MAX.to_string(),
            "",
        ),
        ("batches of the HTTP fallback that arrive before an earlier one", fallback::EARLY_MAX.to_string(), ""),
        ("bytes per head of a request", HEAD_BYTES_MAX.to_string(), ""),
        ("webhooks that wait", webhooks::EVENTS_MAX.to_string(), ""),
        ("attempts to deliver a webhook", webhooks::ATTEMPTS_MAX.to_string(), ""),
        ("results of players in a webhook", RESULTS_MAX.to_string(), ""),
        ("replays", directory::REPLAYS_MAX.to_string(), ""),
        ("markers in the description of a match", directory::MARKERS_MAX.to_string(), ""),
        ("matches in the list of finished matches", directory::LISTED_MATCHES_MAX.to_string(), ""),
        ("matches of one client at the beginning of the list of finished matches", MATCHES_PER_CREATOR.to_string(), ""),
        ("subscribers of the room list", room_list_feed::SUBSCRIBERS_MAX.to_string(), ""),
        ("seat kept after a lost connection", seconds(RESUME_GRACE), ""),
        ("the same in a full room, if a new player joins", seconds(YIELD_DELAY), ""),
        ("kept seats of one client per room", KEPT_SEATS_PER_CLIENT_MAX.to_string(), ""),
        ("time until a player is announced", seconds(SETTLING_TIME), ""),
        ("time until an empty room stops ticking", seconds(PAUSE_DELAY), ""),
        ("time until an empty room closes", seconds(EMPTY_GRACE), ""),
        ("request timeout", seconds(timeouts.request), ""),
        ("unsent encrypted data of a connection with TLS", format!("{} KiB", TLS_UNSENT_BYTES_MAX >> 10), ""),
        ("Hello timeout", seconds(timeouts.hello), ""),
        ("join timeout", seconds(timeouts.join), ""),
        ("idle timeout", seconds(timeouts.idle), ""),
        ("write timeout", seconds(timeouts.write), ""),
        ("close timeout", seconds(timeouts.close), ""),
        ("outgoing queue of a connection", queue, ""),
        ("validity of a ticket after its issue", seconds(TicketOptions::WINDOW), "`--ticket-window`, up to 3600 s"),
        ("profiles", PROFILES_MAX.to_string(), ""),
        ("requests for profiles and leaderboards that wait", queries::WAITING_QUERIES_MAX.to_string(), ""),
        ("pages of a leaderboard", queries::PAGES_MAX.to_string(), ""),
        ("exact ranks", Placement::RANK_MAX.to_string(), ""),
        ("beginnings and ends of stays that wait for the store, per room", WAITING_STAYS_MAX.to_string(), ""),
        ("used tickets that are remembered", Tickets::USED_MAX.to_string(), ""),
        ("used tickets of one user that are remembered", Tickets::USED_PER_SUBJECT_MAX.to_string(), ""),
    ] {
        check_limit(&security, limit, &value, flag);
    }
}

#[test]
fn the_limits_of_a_client_in_security_md_are_those_of_the_code() {
    let (security, limits) = (text("SECURITY.md"), ClientLimits::default());
    for event in Event::ALL {
        let (limit, flag) = match event {
            Event::Connect => ("new connections per second and client", "`--connects-per-second`"),
            Event::Request => ("HTTP requests per second and client", "`--requests-per-second`"),
            Event::Join => ("joins and new rooms per second and client", "`--joins-per-second`"),
            Event::Message => ("messages per second and client", "`--messages-per-second`"),
            Event::Ping => ("pings per second and client", "`--pings-per-second`"),
            Event::Byte => ("bytes of messages per second and client", "`--bytes-per-second`"),
            Event::Seek => ("seeks in replays per second and client", ""),
            Event::MatchQuery => ("requests for descriptions and lists of matches per second and client", ""),
        };
        check_limit(&security, limit, &rate(limits.rate(event)), flag);
    }
    for resource in Resource::ALL {
        let (limit, flag) = match resource {
            Resource::Connection => ("connections per client", "`--connections-per-client`"),
            Resource::EventStream => ("event streams per client", "`--event-streams-per-client`"),
            Resource::Room => ("rooms per client", "`--rooms-per-client`"),
            Resource::RoomCost => ("cost of rooms per client", "`--room-cost-per-client`"),
            Resource::Replay => ("replays per client", ""),
            Resource::Seat => {
                ("seats and spectators per client, including seats kept for lost connections", "`--seats-per-client`")
            }
        };
        check_limit(&security, limit, &limits.maximum(resource).to_string(), flag);
    }
}

fn rate(Rate { per_second, burst }: Rate) -> String {
    format!("{per_second}, in bursts of up to {burst}")
}

/// Checks that the table of limits has a row with this limit, value and flag, and with a reason.
fn check_limit(security: &str, limit: &str, value: &str, flag: &str) {
    let separator = if flag.is_empty() { "" } else { " " };
    let row = format!("\n| {limit} | {value} | {flag}{separator}| ");
    let reason = security.split_once(&row).and_then(|(_, rest)| rest.split_once(" |\n"));
    assert!(reason.is_some_and(|(reason, _)| !reason.is_empty()), "SECURITY.md does not contain: {row}");
}

#[test]
fn flags_and_metrics_in_the_operating_manual_exist() {
    let manual = text("docs/OPERATING.md");
    let sources = files("src/cli", &["rs"]);
    let arguments: String = sources.iter().map(|file| fs::read_to_string(root().join(file)).expect("readable")).collect();
    let metrics = text("src/telemetry/metrics.rs") + &text("src/telemetry/metrics/transports.rs");
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    let (mut flags, mut names) = (0, 0);
    for word in manual.split(|character: char| !is_part(character)) {
        if let Some(flag) =
            word.strip_prefix("--").filter(|flag| flag.starts_with(|first: char| first.is_ascii_alphabetic()))
        {
            let (field, long) = (format!(" {}: ", flag.replace('-', "_")), format!("long = \"{flag}\""));
            assert!(arguments.contains(&field) || arguments.contains(&long), "there is no flag --{flag}");
            flags += 1;
        }
        if let Some(metric) = word.strip_prefix("tickcast_") {
            let name = metric.trim_end_matches("_total").trim_end_matches("_seconds");
            assert!(metrics.contains(&format!("\"{name}\"")), "there is no metric {word}");
            names += 1;
        }
    }
    assert!(flags >= 5 && names >= 4, "{flags} flags and {names} metrics");
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
