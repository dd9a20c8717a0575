//! Dependencies of the crates, as cargo resolves them.

use std::collections::BTreeSet;
use std::process::Command;

use crate::sources::root;

/// Names of the packages that `cargo tree` lists for a package. Without the argument `--edges`, development and build
/// dependencies are left out.
fn dependencies(package: &str, arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--offline", "--package", package, "--prefix", "none", "--format", "{p}"])
        .args(if arguments.contains(&"--edges") { &[] } else { &["--edges", "normal"] as &[&str] })
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

/// Dependencies of the program of every game.
const PROGRAM_ONLY: [&str; 10] = [
    "clap",
    "indicatif",
    "tungstenite",
    "hdrhistogram",
    "tickcast-bots",
    "env_logger",
    "rustls",
    "ring",
    "tokio-rustls",
    "webpki-roots",
];
/// Dependencies of the program that contains the bundled game.
const BUNDLED_ONLY: [&str; 4] = ["tickcast-arena", "tickcast-conformance", "tickcast-new", "include_dir"];

#[test]
fn the_library_without_its_program_depends_on_no_game_and_no_tool() {
    let library = dependencies("tickcast", &["--no-default-features"]);
    let tools = &set(&PROGRAM_ONLY) | &set(&BUNDLED_ONLY);
    let found: Vec<_> = library.intersection(&tools).cloned().collect();
    assert!(found.is_empty(), "the library depends on {found:?}");
    let program = dependencies("tickcast", &[]);
    assert!(tools.is_subset(&program), "the program depends on all of {tools:?}: {program:?}");
}

#[test]
fn the_program_of_another_game_does_not_depend_on_the_bundled_game_and_its_page() {
    let with_build = ["--edges", "normal,build"];
    for program in [
        dependencies("tickcast", &[&with_build as &[&str], &["--no-default-features", "--features", "cli"]].concat()),
        dependencies("coins", &with_build),
        dependencies("sumo", &with_build),
        dependencies("dice", &with_build),
    ] {
        assert!(set(&PROGRAM_ONLY).is_subset(&program), "the program depends on all of {PROGRAM_ONLY:?}: {program:?}");
        let unwanted = &set(&BUNDLED_ONLY) | &set(&["tickcast-pack"]);
        let found: Vec<_> = program.intersection(&unwanted).cloned().collect();
        assert!(found.is_empty(), "the program depends on {found:?}");
    }
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
    for game in ["tickcast-arena", "sumo-rules", "dice-rules"] {
        let direct = dependencies(game, &["--depth", "1"]);
        assert_eq!(of_this_workspace(direct), set(&["tickcast-game"]));
        let all = of_this_workspace(dependencies(game, &[]));
        assert_eq!(all, set(&["tickcast-game", "tickcast-protocol"]));
    }
}

/// The client for WebAssembly must depend only on the crates that games depend on, because it contains the code of all its
/// dependencies.
#[test]
fn a_webassembly_client_depends_on_the_game_api_only() {
    let direct = dependencies("tickcast-client", &["--depth", "1"]);
    assert_eq!(direct, set(&["serde", "tickcast-game", "tickcast-protocol"]));
}

#[test]
fn a_room_depends_on_no_runtime() {
    let room = dependencies("tickcast-room", &[]);
    let runtimes: Vec<_> = room.iter().filter(|name| name.starts_with("actix") || name.starts_with("tokio")).collect();
    assert!(runtimes.is_empty(), "the room depends on {runtimes:?}");
    assert_eq!(of_this_workspace(room), set(&["tickcast-game", "tickcast-protocol"]));
}

/// Authors of games compile the test kit for each test, without a server.
#[test]
fn the_test_kit_depends_on_no_runtime_and_no_server() {
    let kit = dependencies("tickcast-testing", &[]);
    let runtimes: Vec<_> = kit.iter().filter(|name| name.starts_with("actix") || name.starts_with("tokio")).collect();
    assert!(runtimes.is_empty(), "the test kit depends on {runtimes:?}");
    assert_eq!(of_this_workspace(kit), set(&["tickcast-game", "tickcast-protocol", "tickcast-room"]));
}
