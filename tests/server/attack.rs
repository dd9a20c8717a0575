//! Attack simulation against a server: hostile clients are disconnected, honest ones are not affected.

use clap::Parser;
use tickcast_arena::Arena;
use tickcast_bots::attack::{self, AttackOptions, AttackReport, Kind};

use crate::metrics::{Page, wait_for};
use crate::test_server::{TestServer, room_options};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    options: AttackOptions,
}

fn start() -> TestServer {
    TestServer::arena(room_options().with(|room| room.seats = 100))
}

/// Runs an attack for a second with hostile clients of these kinds.
fn run_attack(kinds: &str, server: &TestServer) -> AttackReport {
    let (url, metrics) = (format!("ws://{}/ws", server.address()), server.admin_address().to_string());
    let target = ["--url", &url, "--metrics", &metrics, "--kinds", kinds];
    let scale = ["--honest", "4", "--hostile", "12", "--seconds", "1", "--ramp", "100"];
    let command = Command::try_parse_from([&["attack"], &target as &[&str], &scale].concat()).expect("the flags are valid");
    attack::run::<Arena>(&command.options).expect("the simulation runs")
}

/// Checks that every connection of this kind that ended was closed with this code.
fn check_close_code(report: &AttackReport, kind: Kind, code: &str) {
    let ended = &report.hostile.kinds[&kind].ended;
    assert!(!ended.is_empty() && ended.keys().all(|reason| reason.starts_with(code)), "{kind}: {ended:?}");
}

#[test]
fn hostile_clients_are_disconnected_and_honest_ones_keep_playing() {
    let server = start();
    let report = run_attack("flood,huge-lengths,churn,garbage", &server);
    check_close_code(&report, Kind::HugeLengths, "1009");
    check_close_code(&report, Kind::Churn, "1000");
    let flood = &report.hostile.kinds[&Kind::Flood];
    assert!(flood.ended.keys().any(|reason| reason.starts_with("4006")), "{:?}", flood.ended);
    assert!(report.hostile.kinds[&Kind::Garbage].bytes_sent > 0);
    for honest in [&report.calm, &report.attacked] {
        assert_eq!((honest.connected, honest.failed, honest.disconnects), (4, 0, 0), "{report}");
        assert_eq!((honest.desyncs, honest.decode_errors), (0, 0), "{report}");
    }
    let figures = &report.server;
    assert_eq!(figures.sessions_after, 0.0, "{report}");
    assert_eq!(Page::read(server.admin_address()).value("tickcast_room_panics_total"), 0.0);
    assert!(figures.closes.get("rate_limited").is_some_and(|closes| *closes > 0), "{report}");
    assert!(figures.tick_lateness_p99_ms_calm > 0.0 && figures.tick_lateness_p99_ms_attacked > 0.0, "{report}");
}

#[test]
fn full_snapshots_on_request_are_limited_to_one_per_second() {
    let server = start();
    let report = run_attack("resets", &server);
    assert_eq!(report.attacked.disconnects, 0, "{report}");
    let page = wait_for(&server, "all sessions have ended", |page| page.value("tickcast_sessions") == 0.0);
    let requested = page.value("tickcast_resync_requests_total");
    let sent = page.value("tickcast_full_snapshots_total");
    // Each of the 12 hostile clients gets one full snapshot on joining, and at most one for each second of the attack,
    // rounded up. Each of the 4 honest bots gets one in each of the two measurements.
    let sent_max = 12.0 * (2.0 + report.hostile.seconds) + 2.0 * 4.0;
    assert!(
        requested > 5.0 * sent_max && sent <= sent_max,
        "{requested} requested, {sent} sent, at most {sent_max} allowed"
    );
}
