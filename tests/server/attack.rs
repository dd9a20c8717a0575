//! Attack simulation against a server: hostile clients are disconnected, honest ones are not affected.

use std::collections::BTreeMap;

use clap::Parser;
use tickcast::Networks;
use tickcast_arena::{Arena, World};
use tickcast_bots::attack::{self, Attack, AttackOptions, AttackReport, Kind, KindStats};
use tickcast_bots::{Brains, Report};

use crate::metrics::{Page, wait_for};
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

#[derive(Parser)]
#[command(args_override_self = true)]
struct Command {
    #[command(flatten)]
    options: AttackOptions,
}

fn start(seats: u16) -> TestServer {
    let mut options = server_options(room_options().with(|room| room.seats = seats), empty_arena());
    // Disables the limits per client, so that only the limits per connection stop the attack.
    options.admission.exempt_networks = Networks::new(vec!["127.0.0.0/8".parse().expect("a network")]);
    TestServer::start_with::<World>(options)
}

/// Attacks the server with hostile clients of these kinds. Each attack takes one second.
fn run_attack(kinds: &str, flags: &[&str], server: &TestServer) -> AttackReport {
    let (url, metrics) = (format!("ws://{}/ws", server.address()), server.admin_address().to_string());
    let target = ["--url", &url, "--metrics", &metrics, "--kinds", kinds];
    let scale = ["--honest", "4", "--hostile", "12", "--seconds", "1", "--ramp", "100"];
    let command =
        Command::try_parse_from([&["attack"], &target as &[&str], &scale, flags].concat()).expect("the flags are valid");
    attack::run(&command.options, Brains::<Arena>::of_game()).expect("the simulation runs")
}

/// Statistics of the hostile clients of this kind, from a run with `--each-kind`. In such a run, each kind attacks alone.
fn stats(report: &AttackReport, kind: Kind) -> &KindStats {
    &report.each_kind[&kind].hostile.kinds[&kind]
}

/// Checks that some connections of this kind have ended, and that all of these were closed with this code.
fn check_close_code(stats: &KindStats, code: &str) {
    assert!(!stats.ended.is_empty() && stats.ended.keys().all(|reason| reason.starts_with(code)), "{stats:?}");
}

/// Checks that all honest bots have played without errors.
fn check_honest(honest: &Report) {
    assert_eq!((honest.connected, honest.failed, honest.disconnects), (4, 0, 0), "{honest}");
    assert_eq!((honest.desyncs, honest.decode_errors), (0, 0), "{honest}");
    assert_eq!((honest.newcomers.tried, honest.newcomers.admitted), (1, 1), "{honest}");
}

#[test]
fn hostile_clients_are_disconnected_and_honest_ones_keep_playing() {
    let server = start(100);
    let report = run_attack("flood,huge-lengths,churn,garbage", &[], &server);
    let Attack { attacked, hostile, .. } = report.combined.as_ref().expect("all kinds attacked at once");
    check_close_code(&hostile.kinds[&Kind::HugeLengths], "1009");
    check_close_code(&hostile.kinds[&Kind::Churn], "1000");
    let flood = &hostile.kinds[&Kind::Flood];
    assert!(flood.ended.keys().any(|reason| reason.starts_with("4006")), "{:?}", flood.ended);
    assert!(hostile.kinds[&Kind::Garbage].bytes_sent > 0);
    check_honest(&report.calm);
    check_honest(attacked);
    let figures = &report.server;
    assert_eq!(figures.sessions_after, 0.0, "{report}");
    assert_eq!(Page::read(server.admin_address()).value("tickcast_room_panics_total"), 0.0);
    assert!(figures.closes.get("rate_limited").is_some_and(|closes| *closes > 0), "{report}");
    assert!(figures.tick_lateness_p99_ms_calm > 0.0 && figures.tick_lateness_p99_ms_attacked > 0.0, "{report}");
}

#[test]
fn full_snapshots_on_request_are_limited_to_one_per_second() {
    let server = start(100);
    let report = run_attack("resets", &[], &server);
    let Attack { attacked, hostile, .. } = report.combined.as_ref().expect("all kinds attacked at once");
    assert_eq!(attacked.disconnects, 0, "{report}");
    let page = wait_for(&server, "all sessions have ended", |page| page.value("tickcast_sessions") == 0.0);
    let requested = page.value("tickcast_resync_requests_total");
    let sent = page.value("tickcast_full_snapshots_total");
    // Each of the 12 hostile clients gets one full snapshot on joining, and at most one for each second of the attack,
    // rounded up. Each of the 4 honest bots gets one full snapshot on joining. Two newcomers join, the first before the
    // attack, the second during the attack. Each of them gets one full snapshot, too.
    let sent_max = 12.0 * (2.0 + hostile.seconds) + 4.0 + 2.0;
    assert!(
        requested > 5.0 * sent_max && sent <= sent_max,
        "{requested} requested, {sent} sent, at most {sent_max} allowed"
    );
}

#[test]
fn clients_that_violate_no_rule_stay_connected() {
    let server = start(100);
    let report = run_attack("pings,viewports,spectators", &["--each-kind", "--room", "duel"], &server);
    for (kind, Attack { attacked, .. }) in &report.each_kind {
        let stats = stats(&report, *kind);
        assert_eq!((stats.joins, stats.ended.len()), (12, 0), "{kind}: {stats:?}");
        check_honest(attacked);
    }
    assert!(report.combined.is_none() && report.each_kind.len() == 3, "{report}");
}

#[test]
fn http_attacks_are_answered_and_counted_by_status() {
    let server = start(100);
    let report = run_attack("gets,malformed-http,event-streams", &["--each-kind", "--addresses", "3"], &server);
    let gets = stats(&report, Kind::Gets);
    assert!(gets.responses[&200] > 12 && gets.connections > 12, "kept and new connections: {gets:?}");
    assert_eq!(stats(&report, Kind::EventStreams).responses, BTreeMap::from([(200, 12)]), "each client is subscribed once");
    let malformed = stats(&report, Kind::MalformedHttp);
    assert!(malformed.responses.keys().all(|status| *status >= 400), "{malformed:?}");
    assert!(malformed.responses[&400] > 0 && malformed.connections > 12, "{malformed:?}");
}

#[test]
fn seats_are_lost_and_rooms_are_created() {
    let server = start(100);
    let report = run_attack("lost-seats,rooms", &["--each-kind", "--hostile", "2"], &server);
    let lost = stats(&report, Kind::LostSeats);
    assert!(lost.joins > 0 && lost.ended["reset after the Welcome"] == lost.joins, "{lost:?}");
    assert!(stats(&report, Kind::Rooms).responses[&201] > 0, "{report}");
}

#[test]
fn newcomers_without_a_seat_are_counted_as_failed() {
    let server = start(4);
    let report = run_attack("pings", &["--room", "duel"], &server);
    let attacked = &report.combined.as_ref().expect("all kinds attacked at once").attacked;
    for honest in [&report.calm, attacked] {
        assert_eq!((honest.newcomers.tried, honest.newcomers.admitted, honest.newcomers.failed), (1, 0, 1), "{honest}");
        assert_eq!((honest.failed, honest.problems.get("the room is full")), (1, Some(&1)), "{honest}");
    }
}
