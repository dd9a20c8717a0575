//! Rules about the sources that a machine can check.

use std::fs;
use std::path::{Path, PathBuf};

use tickcast::AdmissionLimits;
use tickcast::Timeouts;
use tickcast::actors::feed::LISTENERS_MAX;
use tickcast::actors::lobby;
use tickcast::actors::session::MESSAGES_PER_SECOND;
use tickcast::http::api::BODY_BYTES_MAX;
use tickcast_protocol::codec::CLIENT_MESSAGE_BYTES_MAX;
use tickcast_room::RoomOptions;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

/// Every file below a folder that has one of these endings; for Rust, the file of the folder's name too.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let folder_path = root().join(folder);
    let module = folder_path.with_extension("rs");
    let mut found: Vec<_> = Some(module).filter(|module| module.is_file()).into_iter().collect();
    let mut folders = vec![folder_path];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("output") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|it| ending == *it)) {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no files of {endings:?}");
    found
}

/// The code of a file: what is no comment, before its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("text");
    let tests = text.find("#[cfg(test)]").unwrap_or(text.len());
    text[..tests].lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// No file below these folders has any of these words in its code.
fn check_absent(folders: &[&str], words: &[&str]) {
    for path in folders.iter().flat_map(|folder| files(folder, &["rs"])) {
        let code = code(&path);
        for word in words {
            assert!(!code.contains(word), "{} must do without `{word}`", path.display());
        }
    }
}

#[test]
fn the_pure_parts_have_no_clock_no_sockets_and_no_actors() {
    let impure = [
        "std::time",
        "Instant",
        "SystemTime",
        "std::net",
        "std::fs",
        "std::thread",
        "tokio",
        "actix",
        "info!",
        "rand::rng",
    ];
    check_absent(&["protocol/src", "src/arena", "src/replication", "src/room"], &impure);
}

#[test]
fn the_exact_parts_have_no_floats() {
    check_absent(&["protocol/src", "src/arena"], &["f32", "f64", "HashMap", "HashSet"]);
}

#[test]
fn arrows_run_one_way() {
    check_absent(&["src/replication"], &["crate::room", "crate::arena", "crate::actors", "crate::http"]);
    check_absent(&["src/room"], &["crate::arena", "crate::actors", "crate::http", "crate::server"]);
    check_absent(&["src/actors"], &["crate::arena", "crate::http", "crate::config"]);
    check_absent(&["src/arena"], &["crate::room", "crate::replication", "crate::actors"]);
}

#[test]
fn only_the_codec_touches_bincode() {
    for path in ["protocol/src", "src", "fuzz/fuzz_targets"].iter().flat_map(|folder| files(folder, &["rs"])) {
        let is_codec = path.ends_with("protocol/src/codec.rs");
        assert!(is_codec || !code(&path).contains("bincode::"), "{} touches bincode", path.display());
    }
}

#[test]
fn only_the_session_and_its_route_touch_actix_web_actors() {
    for path in files("src", &["rs"]) {
        let may = path.ends_with("actors/session.rs") || path.ends_with("http/socket.rs");
        assert!(may || !code(&path).contains("actix_web_actors"), "{} touches actix_web_actors", path.display());
    }
}

#[test]
fn documents_and_javascript_name_the_fingerprint() {
    let bytes = tickcast_protocol::codec::fingerprint::<tickcast_arena::Arena>().map(|byte| format!("{byte:02x}"));
    let (joined, spaced) = (bytes.concat(), bytes.join(" "));
    for (path, forms) in [("PROTOCOL.md", vec![&joined, &spaced]), ("web/netcode/codec.js", vec![&joined])] {
        let text = text(path);
        for form in forms {
            assert!(text.contains(form.as_str()), "{path} is to name the fingerprint as {form}");
        }
    }
    let told = format!("`{spaced}` for this version");
    assert!(text("PROTOCOL.md").contains(&told), "PROTOCOL.md is to tell clients their constant: {told}");
}

#[test]
fn the_limits_that_are_told_are_those_of_the_code() {
    let security = text("SECURITY.md");
    let (admission, deadlines) = (AdmissionLimits::default(), Timeouts::default());
    let seconds = |time: std::time::Duration| format!("{} s", time.as_secs_f64());
    let bursts = |rate: u32| format!("{rate}, and bursts of twice as many");
    for (limit, value) in [
        ("connections", admission.connections_max.to_string()),
        ("connections from one address (one /64 of IPv6)", admission.connections_per_address_max.to_string()),
        ("joins and new rooms from one address each second", bursts(admission.joins_per_second)),
        ("rooms", lobby::ROOMS_MAX.to_string()),
        ("seats in a room", RoomOptions::default().seats.to_string()),
        ("spectators of a room", RoomOptions::default().spectators.to_string()),
        ("bytes of a client's message", CLIENT_MESSAGE_BYTES_MAX.to_string()),
        ("messages of a client each second", bursts(MESSAGES_PER_SECOND)),
        ("bytes of a request that makes a room", BODY_BYTES_MAX.to_string()),
        ("listeners to the list of rooms", LISTENERS_MAX.to_string()),
        ("from connecting to a whole request", seconds(deadlines.request)),
        ("from the upgrade to the first message", seconds(deadlines.hello)),
        ("from the first message to being in a room", seconds(deadlines.joining)),
        ("between two messages of a client", seconds(deadlines.silence)),
        ("without taking any byte of what waits", seconds(deadlines.stall)),
        ("from the server's goodbye to the end of the connection", seconds(deadlines.goodbye)),
    ] {
        let row = format!("| {limit} | {value} |");
        assert!(security.contains(&row), "SECURITY.md is to say: {row}");
    }
}

#[test]
fn every_fuzz_target_is_run_and_told_of_and_begins_with_a_few_small_inputs() {
    const INPUTS_MAX: usize = 100;
    const INPUT_BYTES_MAX: u64 = 1 << 10;
    for target in files("fuzz/fuzz_targets", &["rs"]) {
        let name = target.file_stem().and_then(|name| name.to_str()).expect("a name");
        assert!(text("fuzz/Cargo.toml").contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "cargo-fuzz lists {name}");
        assert!(text("fuzz/README.md").contains(&format!("| `{name}` |")), "fuzz/README.md tells of {name}");
        let inputs = fs::read_dir(root().join("fuzz/corpus").join(name)).expect("it has a corpus");
        let sizes: Vec<_> = inputs.map(|input| input.and_then(|input| input.metadata()).expect("a file").len()).collect();
        assert!((1..=INPUTS_MAX).contains(&sizes.len()), "{name} begins with {} inputs", sizes.len());
        assert!(sizes.iter().all(|bytes| *bytes <= INPUT_BYTES_MAX), "{name} begins with small inputs: {sizes:?}");
    }
}

#[test]
fn nothing_is_left_over_and_no_line_is_too_long() {
    const WIDTH_MAX: usize = 132;
    let left_over = [concat!("FIX", "ME"), concat!("to", "do!("), concat!("db", "g!("), concat!("#[ign", "ore")];
    let folders = ["protocol", "src", "tests", "web", "examples", "benches", "fuzz/fuzz_targets"];
    for path in folders.iter().flat_map(|folder| files(folder, &["rs", "js", "mjs", "css", "html", "sh"])) {
        let text = fs::read_to_string(&path).expect("text");
        for (number, line) in text.lines().enumerate() {
            let place = || format!("{}:{}", path.display(), number + 1);
            let is_table = line.contains("0x") || path.ends_with("sine.js");
            assert!(line.chars().count() <= WIDTH_MAX || is_table, "{} is too long", place());
            assert!(!left_over.iter().any(|mark| line.contains(mark)), "{} is left over", place());
        }
    }
}
