//! Dependencies of the crates, as cargo resolves them.

use std::collections::BTreeSet;
use std::process::Command;

use crate::sources::root;

/// Names of the packages that `cargo tree` lists for a package, without development and build dependencies.
fn dependencies(package: &str, arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--offline", "--package", package, "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).expect("the output is UTF-8");
    let names = lines.lines().filter_map(|line| line.split_whitespace().next());
    let names: BTreeSet<_> = names.filter(|name| *name != package).map(str::to_owned).collect();
    assert!(!names.is_empty(), "{package} has dependencies");
    names
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Keeps only the names of packages of this workspace.
fn of_this_workspace(names: BTreeSet<String>) -> BTreeSet<String> {
    names.into_iter().filter(|name| name.starts_with("tickcast-")).collect()
}

#[test]
fn the_library_without_its_program_depends_on_no_game_and_no_tool() {
    let program_only = [
        "clap",
        "indicatif",
        "tungstenite",
        "hdrhistogram",
        "tickcast-arena",
        "tickcast-bots",
        "tickcast-conformance",
        "env_logger",
        "include_dir",
        "rustls",
        "ring",
        "tokio-rustls",
        "webpki-roots",
    ];
    let library = dependencies("tickcast", &["--no-default-features"]);
    let found: Vec<_> = library.intersection(&set(&program_only)).cloned().collect();
    assert!(found.is_empty(), "the library depends on {found:?}");
    let program = dependencies("tickcast", &[]);
    assert!(set(&program_only).is_subset(&program), "the program depends on all of {program_only:?}: {program:?}");
}

#[test]
fn tls_in_the_library_adds_no_root_certificates_and_one_crypto_provider() {
    let library = dependencies("tickcast", &["--no-default-features", "--features", "tls"]);
    assert!(set(&["rustls", "ring", "tokio-rustls"]).is_subset(&library), "{library:?}");
    let unwanted = set(&["webpki-roots", "rustls-native-certs", "aws-lc-rs"]);
    let found: Vec<_> = library.intersection(&unwanted).cloned().collect();
    assert!(found.is_empty(), "the library depends on {found:?}");
}

#[test]
fn the_protocol_depends_on_three_crates() {
    assert_eq!(dependencies("tickcast-protocol", &["--depth", "1"]), set(&["bincode", "serde", "thiserror"]));
}

#[test]
fn a_game_depends_on_the_game_api_and_on_no_server() {
    let direct = dependencies("tickcast-arena", &["--depth", "1"]);
    assert_eq!(of_this_workspace(direct), set(&["tickcast-game"]));
    let all = of_this_workspace(dependencies("tickcast-arena", &[]));
    assert_eq!(all, set(&["tickcast-game", "tickcast-protocol"]));
}

#[test]
fn a_room_depends_on_no_runtime() {
    let room = dependencies("tickcast-room", &[]);
    let runtimes: Vec<_> = room.iter().filter(|name| name.starts_with("actix") || name.starts_with("tokio")).collect();
    assert!(runtimes.is_empty(), "the room depends on {runtimes:?}");
    assert_eq!(of_this_workspace(room), set(&["tickcast-game", "tickcast-protocol"]));
}
