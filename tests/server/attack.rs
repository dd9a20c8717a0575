//! What the server does to attackers, and what `tickcast attack` says of it.

use clap::Parser;
use tickcast_arena::Arena;
use tickcast_bots::attack::{self, AttackOptions, AttackReport, Kind};
use tickcast_room::RoomOptions;

use crate::hosting::{Hosted, host_arena, quiet};
use crate::metrics::{Page, wait_for};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    options: AttackOptions,
}

fn host() -> Hosted {
    host_arena(RoomOptions { seats: 100, ..quiet() })
}

/// What comes of a second's attack by these.
fn attack_by(kinds: &str, server: &Hosted) -> AttackReport {
    let (url, metrics) = (format!("ws://{}/ws", server.address()), server.admin_address().to_string());
    let flags = ["--url", &url, "--metrics", &metrics, "--kinds", kinds];
    let scale = ["--honest", "4", "--hostile", "12", "--seconds", "1", "--ramp", "100"];
    let command = Command::try_parse_from([&["attack"], &flags as &[&str], &scale].concat()).expect("good flags");
    attack::run::<Arena>(&command.options).expect("a report")
}

/// Whether all attackers of that kind whose connections have ended heard that code.
fn check(report: &AttackReport, kind: Kind, code: &str) {
    let ended = &report.hostile.kinds[&kind].ended;
    assert!(!ended.is_empty() && ended.keys().all(|reason| reason.starts_with(code)), "{kind}: {ended:?}");
}

#[test]
fn attackers_are_ended_for_what_they_do_and_the_honest_play_on() {
    let host = host();
    let report = attack_by("flood,huge-lengths,churn,garbage", &host);
    check(&report, Kind::HugeLengths, "1009");
    check(&report, Kind::Churn, "1000");
    let flood = &report.hostile.kinds[&Kind::Flood];
    assert!(flood.ended.keys().any(|reason| reason.starts_with("4006")), "{:?}", flood.ended);
    assert!(report.hostile.kinds[&Kind::Garbage].bytes_sent > 0);
    for honest in [&report.calm, &report.attacked] {
        assert_eq!((honest.connected, honest.failed, honest.disconnects), (4, 0, 0), "{report}");
        assert_eq!((honest.desyncs, honest.decode_errors), (0, 0), "{report}");
    }
    let server = &report.server;
    assert_eq!(server.sessions_after, 0.0, "{report}");
    assert_eq!(Page::read(host.admin_address()).value("tickcast_room_panics_total"), 0.0);
    assert!(server.closes.get("flooding").is_some_and(|closes| *closes > 0), "{report}");
    assert!(server.tick_lateness_p99_ms_calm > 0.0 && server.tick_lateness_p99_ms_attacked > 0.0, "{report}");
}

#[test]
fn who_asks_for_everything_anew_all_the_time_gets_it_once_a_second() {
    let server = host();
    let report = attack_by("resets", &server);
    assert_eq!(report.attacked.disconnects, 0, "{report}");
    let page = wait_for(&server, "all are gone", |page| page.value("tickcast_sessions") == 0.0);
    let (asked, told) = (page.value("tickcast_recoveries_total"), page.value("tickcast_resets_total"));
    // Each of 12 begins with one and gets another a second; and each of the honest has one, twice.
    let most = 12.0 * (2.0 + report.hostile.seconds) + 2.0 * 4.0;
    assert!(asked > 5.0 * most && told <= most, "{asked} asked for, {told} told, {most} at most");
}
