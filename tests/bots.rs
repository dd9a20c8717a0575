//! The bots against a small server that speaks the real protocol over real sockets, soundly or not.

#[path = "bots/fake_server.rs"]
mod fake_server;

use clap::Parser;
use fake_server::{FakeServer, FrameError, Seen};
use tickcast_arena::Arena;
use tickcast_bots::{self, BotsError, BotsOptions, Report};

#[derive(Parser)]
#[command(args_override_self = true)]
struct Command {
    #[command(flatten)]
    options: BotsOptions,
}

/// What 20 bots report after a second, and what the server previous_view of them.
fn play(fault: FrameError, flags: &[&str]) -> (Result<Report, BotsError>, Seen) {
    let server = FakeServer::start(fault);
    let url = format!("ws://{}/ws", server.address);
    let common = ["bots", "--count", "20", "--seconds", "1", "--ramp", "500", "--url", &url];
    let command = Command::try_parse_from([&common, flags].concat()).expect("good flags");
    let report = bots::run::<Arena>(&command.options);
    (report, server.stop())
}

fn play_soundly(flags: &[&str]) -> (Report, Seen) {
    let (report, seen) = play(FrameError::None, flags);
    let report = report.expect("a report");
    assert_eq!((report.connected, report.failed, report.disconnects), (20, 0, 0), "{report}");
    assert_eq!((report.desyncs, report.decode_errors), (0, 0), "{report}");
    (report, seen)
}

#[test]
fn a_sound_server_passes() {
    let (report, seen) = play_soundly(&["--room", "duel"]);
    assert!(report.delivered > 0.75, "{report}");
    assert_eq!(report.visible_entities_mean, 20.0, "everybody sees everybody");
    assert!(report.inputs_sent >= 20 && report.bytes_by_kind.contains_key("controls"), "{report}");
    assert!(report.input_latency_ms.p50 > 0.0 && report.rtt_ms.p50 > 0.0, "{report}");
    assert!(seen.addresses.iter().all(|address| address == "/ws?room=duel"), "{seen:?}");
    assert_eq!(seen.goodbyes, 20);
}

#[test]
fn the_breakdown_adds_up_to_a_snapshot() {
    let (report, _) = play_soundly(&["--behaviour", "hunt"]);
    let sum: f64 = report.bytes_by_kind.values().map(|share| share.bytes).sum();
    assert!((sum - report.bytes_per_snapshot).abs() < 1e-6, "{report}");
}

#[test]
fn bots_that_only_count_follow_ticks_and_inputs_too() {
    let (report, _) = play_soundly(&["--verify", "0"]);
    assert!(report.delivered > 0.75 && report.input_latency_ms.p50 > 0.0, "{report}");
    assert!(report.visible_entities_mean.is_nan() && report.bytes_by_kind.is_empty(), "{report}");
}

#[test]
fn the_idle_acknowledge_all_the_same() {
    let (report, seen) = play_soundly(&["--behaviour", "idle", "--seconds", "3"]);
    assert!(report.inputs_sent >= 2 * 20, "{report}");
    assert!((1..150).contains(&seen.behind_max), "{seen:?}");
}

#[test]
fn a_lead_tuned_to_the_server_is_early() {
    let (report, _) = play_soundly(&["--lead", "auto", "--behaviour", "hunt"]);
    assert!(report.input_latency_ms.p50 > 20.0, "two ticks ahead, of 20 ms each: {report}");
}

#[test]
fn missing_snapshots_are_noticed() {
    let report = play(FrameError::Slow, &[]).0.expect("a report");
    assert!(report.delivered < 0.75, "{report}");
}

#[test]
fn a_wrong_checksum_is_a_desync_and_heals() {
    let (report, seen) = play(FrameError::WrongChecksum, &[]);
    let report = report.expect("a report");
    assert_eq!((report.desyncs, seen.resyncs), (20, 20), "one each: {report}");
    assert!(report.problems.keys().any(|problem| problem.contains("the checksum differs")), "{report}");
}

#[test]
fn bytes_that_are_no_message_are_counted() {
    let report = play(FrameError::Garbage, &[]).0.expect("a report");
    assert_eq!((report.decode_errors, report.desyncs, report.disconnects), (20, 0, 0), "{report}");
}

#[test]
fn a_room_that_closes_is_named() {
    let report = play(FrameError::Closes, &["--seconds", "3"]).0.expect("a report");
    assert_eq!(report.disconnects, 20, "{report}");
    assert_eq!(report.problems.get("the room has closed"), Some(&20), "{report}");
    assert!(report.delivered < 0.75, "what a lost bot does not get is not delivered: {report}");
}

#[test]
fn a_server_that_lets_nobody_in_is_an_error() {
    let error = play(FrameError::Full, &[]).0.expect_err("nobody got in");
    assert_eq!(error.to_string(), "no bot could join: the room is full");
}
