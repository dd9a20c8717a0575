//! The program of a game that consists of one call of `tickcast::main`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_coins");

/// Runs the program with these arguments until it ends.
fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("\r\n", "\n")
}

/// Runs the program, which must succeed. Returns what it has printed.
fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    text(&output.stdout)
}

/// A running server, which is killed when it is dropped.
struct Server {
    child: Child,
    /// What the program has printed after it started.
    line: String,
}

impl Server {
    /// Starts a server in a folder, and waits until it accepts connections.
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .current_dir(folder)
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "off"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is piped")).read_line(&mut line).expect("the output is UTF-8");
        Self { child, line }
    }

    fn address(&self) -> &str {
        self.line.trim_end().split_once("://").expect("the line contains a URL").1
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).expect("the server listens");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address());
        stream.write_all(request.as_bytes()).expect("the connection is open");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("the response is UTF-8");
        response
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // `kill` fails if the process has already ended.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn bots_play_the_game_without_desyncs_and_the_match_can_be_verified() {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("the path is UTF-8").to_owned();
    let (data, report, file) = (path("data"), path("report.json"), path("match.replay"));
    let server = Server::start(folder.path(), &["--data-dir", &data, "--persistent-rooms", "main"]);
    assert!(server.line.starts_with("coins serves http://127.0.0.1:"), "{}", server.line);

    let url = format!("ws://{}/ws", server.address());
    let bots = ["bots", "--url", &url, "--room", "main", "--count", "5", "--seconds", "2", "--json", &report];
    printed(&[&bots as &[&str], &["--require", "connected==5,desyncs==0,decode_errors==0,disconnects==0"]].concat());
    let report = std::fs::read_to_string(report).expect("the report exists");
    let report: Value = serde_json::from_str(&report).expect("the report is JSON");
    assert!(report["snapshots_received"].as_u64() > Some(0) && report["inputs_sent"].as_u64() > Some(5), "{report}");
    assert!(report["bytes_by_kind"]["controls"].is_object(), "bots choose different controls: {report}");
    drop(server);

    assert!(printed(&["data", "check", "--data-dir", &data]).contains("room main "));
    printed(&["replay", "export", "--data-dir", &data, "main", &file]);
    assert!(printed(&["replay", "verify", &file]).starts_with("verified: "));
}

#[test]
fn the_program_has_its_own_name_and_the_subcommands_of_every_game() {
    assert_eq!(printed(&["--version"]), format!("coins (tickcast {})\n", env!("CARGO_PKG_VERSION")));
    let help = printed(&["--help"]);
    assert!(help.starts_with("Server of the multiplayer game coins.\n"), "{help}");
    for command in ["serve", "bots", "attack", "ticket", "data", "replay"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
        let usage = printed(&[command, "--help"]);
        let name = Path::new(PROGRAM).file_name().and_then(|name| name.to_str()).expect("the name is UTF-8");
        assert!(usage.contains(&format!("Usage: {name} {command} ")), "{usage}");
    }
    for bundled in ["conformance", "--rocks", "--world-size", "embedded"] {
        assert!(!help.contains(bundled), "{bundled}: {help}");
    }
}

#[test]
fn the_options_of_the_game_are_json_and_the_help_lists_them() {
    assert!(printed(&["--help"]).contains(r#"[default: {"coins":30}]"#));
    for (options, expected) in [
        (r#"{"stones": 1}"#, "for '--game-options <JSON>': unknown field `stones`, expected `coins`"),
        (r#"{"coins": 501}"#, "error: coins is 501, but must be from 0 to 500\n"),
        ("coins", "for '--game-options <JSON>': expected value"),
    ] {
        let output = run(&["serve", "--data-dir", "off", "--game-options", options]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(expected), "{output:?}");
    }
    let folder = TempDir::new().expect("a folder");
    let server = Server::start(folder.path(), &["--data-dir", "off", "--game-options", r#"{"coins": 3}"#]);
    assert!(server.get("/api/rooms/limits").contains(r#""coins":3"#), "{}", server.get("/api/rooms/limits"));
}

#[test]
fn the_page_is_in_the_folder_web_or_in_another_folder() {
    let folder = TempDir::new().expect("a folder");
    let is_served = |arguments: &[&str]| {
        let server = Server::start(folder.path(), &[&["--data-dir", "off"], arguments].concat());
        server.get("/").contains("<title>Coins</title>")
    };
    assert!(!is_served(&[]), "there is no page yet");
    std::fs::create_dir(folder.path().join("web")).expect("the folder is writable");
    std::fs::write(folder.path().join("web/index.html"), "<title>Coins</title>").expect("the folder is writable");
    assert!(is_served(&[]) && is_served(&["--web-dir", "web"]));
    std::fs::rename(folder.path().join("web"), folder.path().join("client")).expect("the folder is writable");
    assert!(!is_served(&[]) && is_served(&["--web-dir", "client"]));
    let output = run(&["--web-dir", "nowhere"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).contains("--web-dir: there is no index.html in nowhere"), "{output:?}");
}
