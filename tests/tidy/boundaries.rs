//! Checks which parts of the code use the clock, I/O, the operating system, and certain crates.

use crate::sources::Source;

/// Checks that the code in a folder, including its tests, contains none of these words. Skips the files and folders in
/// `exceptions`.
fn check_absent(folder: &str, words: &[&str], exceptions: &[&str]) {
    for source in Source::all_of(folder) {
        let is_exempt = exceptions.iter().any(|exception| source.path.starts_with(exception));
        if let Some((line, text)) = Source::find(&source.code, words).filter(|_| !is_exempt) {
            panic!("{}:{line} must not use one of {words:?}: {text}", source.path.display());
        }
    }
}

#[test]
fn the_deterministic_crates_use_no_clock_and_no_io() {
    const CLOCK_AND_IO: [&str; 10] = [
        "std::time",
        "std::net",
        "std::fs",
        "std::io",
        "std::thread",
        "std::env",
        "std::process",
        "SystemTime",
        "Instant",
        "thread_rng",
    ];
    for folder in ["protocol/src", "crates/arena/src", "crates/client/src", "crates/game/src", "crates/room/src"] {
        check_absent(folder, &CLOCK_AND_IO, &[]);
    }
}

#[test]
fn only_the_codec_uses_bincode() {
    for folder in crate::sources::CRATES {
        check_absent(folder, &["bincode::"], &["protocol/src/codec.rs", "protocol/src/codec"]);
    }
}

#[test]
fn only_the_session_and_its_route_use_actix_web_actors() {
    for folder in crate::sources::CRATES {
        check_absent(folder, &["actix_web_actors"], &["src/actors/session.rs", "src/actors/session", "src/http/socket.rs"]);
    }
}

#[test]
fn only_the_platform_crate_distinguishes_operating_systems() {
    let conditions = ["cfg(unix", "cfg(windows", "cfg(not(unix", "cfg(not(windows", "target_os", "target_family"];
    for folder in crate::sources::CRATES {
        check_absent(folder, &conditions, &["crates/platform"]);
    }
}
