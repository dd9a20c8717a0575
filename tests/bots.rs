//! Runs the bots against a small server that speaks the real protocol over real sockets, either correctly or with one
//! fault.

#[path = "bots/fake_server.rs"]
mod fake_server;
#[path = "bots/fake_world.rs"]
mod fake_world;

use std::collections::BTreeMap;

use clap::Parser;
use fake_server::FakeServer;
use fake_world::{Fault, Observations};
use tickcast_arena::Arena;
use tickcast_bots::{BotsError, BotsOptions, Brains, Report};
use tickcast_protocol::CloseReason;

/// Number of bots in each test.
const BOTS: u32 = 20;

/// The close code that a bot sends when it leaves.
const NORMAL: u16 = 1000;

#[derive(Parser)]
#[command(args_override_self = true)]
struct Command {
    #[command(flatten)]
    options: BotsOptions,
}

/// Runs the bots for a second. Returns their report, and what the server observed.
fn run(fault: Fault, flags: &[&str]) -> (Result<Report, BotsError>, Observations) {
    let server = FakeServer::start(fault);
    let (url, count) = (format!("ws://{}/ws", server.address), BOTS.to_string());
    let common = ["bots", "--count", &count, "--seconds", "1", "--ramp", "500", "--url", &url];
    let command = Command::try_parse_from([&common, flags].concat()).expect("the flags are valid");
    let report = tickcast_bots::run(&command.options, Brains::<Arena>::of_game());
    (report, server.stop())
}

fn run_with_fault(fault: Fault, flags: &[&str]) -> (Report, Observations) {
    let (report, observations) = run(fault, flags);
    (report.expect("the bots join"), observations)
}

fn run_without_fault(flags: &[&str]) -> (Report, Observations) {
    let (report, observations) = run_with_fault(Fault::None, flags);
    assert_eq!((report.connected, report.failed, report.disconnects), (BOTS.into(), 0, 0), "{report}");
    assert_eq!((report.desyncs, report.decode_errors), (0, 0), "{report}");
    (report, observations)
}

#[test]
fn a_correct_server_has_no_errors() {
    let (report, observations) = run_without_fault(&["--room", "duel"]);
    assert!(report.delivered > 0.75, "{report}");
    assert_eq!(report.visible_entities_mean, f64::from(BOTS), "every bot sees every ship");
    assert!(report.inputs_sent >= BOTS.into() && report.bytes_by_kind.contains_key("controls"), "{report}");
    assert!(report.input_latency_ms.p50 > 0.0 && report.rtt_ms.p50 > 0.0, "{report}");
    assert!(observations.request_targets.iter().all(|target| target == "/ws?room=duel"), "{observations:?}");
    assert_eq!(observations.close_codes, BTreeMap::from([(NORMAL, BOTS)]));
}

#[test]
fn the_breakdown_sums_to_the_size_of_a_snapshot() {
    let (report, _) = run_without_fault(&["--behaviour", "hunt"]);
    let sum: f64 = report.bytes_by_kind.values().map(|share| share.bytes).sum();
    assert!((sum - report.bytes_per_snapshot).abs() < 1e-6, "{report}");
}

#[test]
fn bots_that_only_count_snapshots_also_track_ticks_and_inputs() {
    let (report, _) = run_without_fault(&["--verify", "0"]);
    assert!(report.delivered > 0.75 && report.input_latency_ms.p50 > 0.0, "{report}");
    assert!(report.visible_entities_mean.is_nan() && report.bytes_by_kind.is_empty(), "{report}");
}

#[test]
fn idle_bots_acknowledge_snapshots() {
    let (report, observations) = run_without_fault(&["--behaviour", "idle", "--seconds", "3"]);
    assert!(report.inputs_sent >= 2 * u64::from(BOTS), "{report}");
    assert!((1..150).contains(&observations.unacknowledged_ticks_max), "{observations:?}");
}

#[test]
fn an_adaptive_lead_stamps_inputs_early() {
    let (report, _) = run_without_fault(&["--lead", "auto", "--behaviour", "hunt"]);
    assert!(report.input_latency_ms.p50 > 20.0, "the lead is two ticks of 20 ms: {report}");
}

#[test]
fn newcomers_join_and_leave_during_the_measurement() {
    let (report, observations) = run_with_fault(Fault::None, &["--newcomers", "10", "--addresses", "3"]);
    assert_eq!((report.newcomers.tried, report.newcomers.admitted, report.newcomers.failed), (10, 10, 0), "{report}");
    assert_eq!((report.connected, report.failed, report.disconnects), (BOTS.into(), 0, 0), "{report}");
    assert_eq!(observations.close_codes, BTreeMap::from([(NORMAL, BOTS + 10)]), "newcomers leave in an orderly way");
}

#[test]
fn missing_snapshots_are_counted() {
    let (report, _) = run_with_fault(Fault::HalfTickRate, &[]);
    assert!(report.delivered < 0.75, "{report}");
}

#[test]
fn a_wrong_checksum_is_a_desync_and_is_resynchronized() {
    let (report, observations) = run_with_fault(Fault::WrongChecksum, &[]);
    assert_eq!((report.desyncs, observations.resyncs), (BOTS.into(), BOTS), "one per bot: {report}");
    assert!(report.problems.keys().any(|problem| problem.contains("the checksum differs")), "{report}");
}

/// The close codes that the server receives from the bots after it has violated the protocol: every bot closes its
/// connection with `InvalidMessage`.
fn violation() -> BTreeMap<u16, u32> {
    BTreeMap::from([(CloseReason::InvalidMessage.code(), BOTS)])
}

#[test]
fn a_message_that_violates_the_protocol_ends_the_connection() {
    for (fault, decode_errors, expected) in [
        (Fault::InvalidMessage, BOTS, "invalid message"),
        (Fault::SecondWelcome, BOTS, "a second welcome"),
        (Fault::TextMessage, 0, "a text message"),
    ] {
        let (report, observations) = run_with_fault(fault, &[]);
        let errors = (report.decode_errors, report.desyncs, report.disconnects);
        assert_eq!(errors, (decode_errors.into(), 0, BOTS.into()), "{fault:?}: {report}");
        assert!(report.problems.keys().any(|problem| problem.contains(expected)), "{fault:?}: {report}");
        assert_eq!((observations.resyncs, observations.close_codes), (0, violation()), "{fault:?}");
    }
}

#[test]
fn a_snapshot_before_the_welcome_ends_the_connection() {
    let (result, observations) = run(Fault::EarlySnapshot, &[]);
    let error = result.expect_err("no bot joins").to_string();
    assert!(error.contains("a snapshot before the welcome"), "{error}");
    // When no bot can join, the run ends at once. The server then stops, perhaps before it has read all Close frames. The
    // test therefore checks the close code, but not the number of Close frames.
    assert!(observations.close_codes.keys().eq(violation().keys()), "{observations:?}");
}

#[test]
fn a_closed_room_is_reported_with_its_reason_and_bots_join_a_new_one() {
    let (report, _) = run_with_fault(Fault::CloseRoom, &["--seconds", "3"]);
    assert_eq!((report.disconnects, report.reconnected, report.resumed), (BOTS.into(), BOTS.into(), 0), "{report}");
    assert_eq!(report.problems.get("the room has closed"), Some(&BOTS.into()), "{report}");
    assert!(report.outage_ms.p50 >= 250.0, "{report}");
    assert!(report.delivered < 0.95, "snapshots to disconnected bots count as not delivered: {report}");
}

#[test]
fn a_server_that_refuses_every_bot_is_an_error() {
    let error = run(Fault::RefuseJoins, &[]).0.expect_err("every bot is refused");
    assert_eq!(error.to_string(), "no bot could join: the room is full");
}
