//! The `tickcast` program as a user starts it.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tickcast");

/// Runs the program with an invalid value in the environment variable of a server option.
fn run_with_invalid_tick_rate(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).env("TICKCAST_TICK_RATE", "often").output().expect("the program starts")
}

#[test]
fn an_invalid_environment_variable_of_the_server_affects_no_other_subcommand() {
    for arguments in [&["serve"] as &[&str], &[], &["--ai-players", "1"]] {
        let output = run_with_invalid_tick_rate(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--tick-rate"), "{output:?}");
    }
    // No server listens on this port: the bots run and fail to connect.
    let output = run_with_invalid_tick_rate(&["bots", "--url", "ws://127.0.0.1:9/ws", "--count", "1"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no bot could join"), "{output:?}");
    assert_eq!(run_with_invalid_tick_rate(&["attack", "--url", "ws://192.0.2.1:9/ws"]).status.code(), Some(2));
    assert_eq!(run_with_invalid_tick_rate(&["bots", "--help"]).status.code(), Some(0));
}

#[test]
fn every_option_of_the_server_is_in_the_readme_and_has_an_environment_variable() {
    let output = Command::new(PROGRAM).args(["serve", "--help"]).output().expect("the program starts");
    let help = String::from_utf8(output.stdout).expect("the help is UTF-8");
    let words: Vec<&str> = help.split_whitespace().collect();
    let options: Vec<&str> =
        words.iter().filter_map(|word| word.strip_prefix("--")).filter(|name| *name != "help").collect();
    assert!(options.len() >= 20, "{options:?}");
    for name in options {
        assert!(include_str!("../README.md").contains(&format!("`--{name}`")), "README.md does not contain --{name}");
        let variable = format!("TICKCAST_{}", name.replace('-', "_").to_uppercase());
        let is_documented = words.iter().any(|word| word.trim_end_matches(['=', ']']) == variable);
        assert!(is_documented, "the help does not contain {variable}");
    }
}

#[test]
fn an_invalid_secret_is_not_printed() {
    const SECRET: &str = "hush";
    for (arguments, variable) in [
        (&["--auth-secret", SECRET] as &[&str], None),
        (&["serve", "--auth-secret=hush"], None),
        (&["ticket", "--name", "Ada", "--auth-secret", SECRET], None),
        (&[], Some(SECRET)),
        (&["serve"], Some(SECRET)),
        (&["ticket", "--name", "Ada"], Some(SECRET)),
    ] {
        let mut program = Command::new(PROGRAM);
        program.args(arguments).envs(variable.map(|secret| ("TICKCAST_AUTH_SECRET", secret)));
        let output = program.output().expect("the program starts");
        let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {printed}");
        assert!(printed.contains("--auth-secret: a secret has at least 32 bytes"), "{printed}");
        assert!(!printed.contains(SECRET), "{printed}");
    }
}

#[test]
fn options_above_their_limits_are_refused() {
    for (flag, limit) in
        [("--room-size", 6_000), ("--spectators", 6_000), ("--spectator-delay", 60), ("--ticket-window", 3_600)]
    {
        let run = |value: u32| {
            // The server does not start, because it has no key for tickets.
            let arguments = ["serve", flag, &value.to_string(), "--room-api", "ticket"];
            let output = Command::new(PROGRAM).args(arguments).output().expect("the program starts");
            assert_eq!(output.status.code(), Some(2), "{output:?}");
            String::from_utf8(output.stderr).expect("messages are UTF-8")
        };
        let (accepted, refused) = (run(limit), run(limit + 1));
        assert!(accepted.contains("the server has no key") && !accepted.contains(flag), "{accepted}");
        assert!(refused.contains(flag), "{refused}");
    }
}

#[test]
fn a_room_api_that_requires_tickets_requires_a_key_for_them() {
    let output = Command::new(PROGRAM).args(["serve", "--room-api", "ticket"]).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(printed.contains("the room API requires tickets, but the server has no key for them"), "{printed}");
}

const PRIVATE_KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIGT7VYJkx13PKgn7vyXBwbLaTc/QDyDcVFxsLsMHwzCY
-----END PRIVATE KEY-----
";
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAfoEiXJD9GKnjjaxcqRObN2/UIJiDuYuEvEmp0bvb26c=
-----END PUBLIC KEY-----
";

/// Writes a key file. Returns the value of `--auth-key` that gives this key the name `ed`.
fn key_file(name: &str, content: &str) -> String {
    let path = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, content).expect("the folder is writable");
    format!("ed={path}")
}

#[test]
fn a_ticket_of_the_program_is_accepted_by_its_server() {
    // The server rejects tickets issued before it started or in the same second, so the first attempts may fail.
    const ATTEMPTS_MAX: usize = 10_000;
    let (public, private) = (key_file("public.pem", PUBLIC_KEY), key_file("private.pem", PRIVATE_KEY));
    let server = Server::start(&["--auth-key", &public, "--ticket-audience", "eu-1"]);
    let issue = |flags: &[&str]| {
        let mut program = Command::new(PROGRAM);
        program.args(["ticket", "--name", "Ada", "--subject", "user-1", "--auth-key", &private]).args(flags);
        String::from_utf8(program.output().expect("the program starts").stdout).expect("a ticket is ASCII")
    };
    let create = |flags: &[&str]| server.create_room(issue(flags).trim_end()).starts_with("HTTP/1.1 201");
    assert!((0..ATTEMPTS_MAX).any(|_| create(&["--audience", "eu-1", "--create", "--no-play"])));
    assert!(!create(&["--audience", "eu-1"]));
    assert!(!create(&["--create"]));
}

#[test]
fn an_unsuitable_key_file_is_refused_without_printing_the_key() {
    let private = key_file("private_for_server.pem", PRIVATE_KEY);
    for (arguments, expected) in [
        (&["serve", "--auth-key", &private] as &[&str], "the PEM text is not an Ed25519 public key"),
        (&["serve", "--auth-key", "ed=/nonexistent/key"], "/nonexistent/key"),
        (&["serve", "--auth-key", "key.pem"], "a key is given as KID=FILE"),
        (&["ticket", "--name", "Ada", "--auth-key", "ed=/nonexistent/key"], "/nonexistent/key"),
        (&["ticket", "--name", "Ada"], "--auth-secret"),
    ] {
        let output = Command::new(PROGRAM).args(arguments).output().expect("the program starts");
        let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {printed}");
        assert!(printed.contains(expected) && !printed.contains("MC4CAQ"), "{printed}");
    }
}

/// Time after which a test that waits for a response fails.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A running server, which is killed when it is dropped.
struct Server {
    address: String,
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Server {
    /// Starts a server on a free port and waits until it accepts connections.
    fn start(arguments: &[&str]) -> Self {
        Self::start_command(Command::new(PROGRAM).args(arguments))
    }

    /// Like [`Server::start`], but runs `command`, which already contains the program and the first arguments.
    fn start_command(command: &mut Command) -> Self {
        Self::spawn(command.args(["--listen", "127.0.0.1:0", "--admin-listen", "off", "--drain-seconds", "3"]))
    }

    /// Runs `command`, and waits until it has printed its address.
    fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .env("TICKCAST_DATA_DIR", "off")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        stdout.read_line(&mut line).expect("the output is UTF-8");
        let (_, address) = line.trim_end().split_once("://").unwrap_or_else(|| panic!("{line}"));
        let address = address.to_owned();
        Self::of_child(child, address)
    }

    /// The server of this process, whose log is piped.
    fn of_child(mut child: Child, address: String) -> Self {
        let log = BufReader::new(child.stderr.take().expect("stderr is piped"));
        Self { address, child, log }
    }

    fn get(&self, path: &str) -> String {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address))
    }

    #[cfg(target_os = "linux")]
    fn open_web_socket(&self) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        stream.set_read_timeout(Some(READ_TIMEOUT)).expect("the timeout is not zero");
        let request = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: tickcast.1\r\n\r\n";
        stream.write_all(request.as_bytes()).expect("the connection is open");
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("the server responds");
        assert_eq!(&status, b"HTTP/1.1 101");
        stream
    }

    /// Creates a room with a ticket.
    fn create_room(&self, ticket: &str) -> String {
        let body = r#"{"name": "duel"}"#;
        self.send(&format!(
            "POST /api/rooms HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {ticket}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        ))
    }

    fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        stream.set_read_timeout(Some(READ_TIMEOUT)).expect("the timeout is not zero");
        stream.write_all(request.as_bytes()).expect("the connection is open");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("the response is UTF-8");
        response
    }

    #[cfg(target_os = "linux")]
    fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).expect("the process exists");
    }

    #[cfg(target_os = "linux")]
    fn wait_for_log(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(self.log.read_line(&mut line).expect("the log is UTF-8"), 0, "the log ended before: {text}");
        }
    }

    #[cfg(target_os = "linux")]
    fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().expect("the process can be waited for").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // `kill` fails if the process has already ended.
        self.child.kill().ok();
    }
}

/// A shell passes sockets on as descriptors 3 and 4, as a service manager would: its standard input and output. The program
/// then has no standard output, so the test waits until the server responds.
#[cfg(target_os = "linux")]
#[test]
fn a_server_serves_the_sockets_that_it_inherits() {
    use std::net::TcpListener;
    use std::os::fd::OwnedFd;
    let free_port = || TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let (clients, admin) = (free_port(), free_port());
    let address = |listener: &TcpListener| listener.local_addr().expect("the listener is bound").to_string();
    let addresses = [address(&clients), address(&admin)];
    let script = "exec 3<&0 4>&1 </dev/null >/dev/null; LISTEN_PID=$$ LISTEN_FDS=2 exec \"$0\" serve --data-dir off";
    let mut command = Command::new("sh");
    command.args(["-c", script, PROGRAM]).stdin(OwnedFd::from(clients)).stdout(OwnedFd::from(admin));
    let child = command.stderr(Stdio::piped()).spawn().expect("a shell exists");
    let mut server = Server::of_child(child, addresses[0].clone());
    // The sockets accept connections before the server starts, and the requests wait for it.
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200 OK\r\n"));
    server.address = addresses[1].clone();
    assert!(server.get("/metrics").contains("tickcast_rooms 0\n"));
}

#[test]
fn the_log_in_json_has_one_object_per_line() {
    let mut server = Server::start(&["--log-format", "json"]);
    let mut line = String::new();
    server.log.read_line(&mut line).expect("the log is UTF-8");
    let line: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
    for field in ["time", "level", "target", "message"] {
        assert!(line[field].is_string(), "{line}");
    }
    assert_eq!(line["level"], "INFO");
}

#[test]
fn the_health_check_succeeds_only_while_a_server_responds() {
    let server = Server::start(&[]);
    let url = format!("http://{}/healthz", server.address);
    let check = |url: &str| Command::new(PROGRAM).args(["health", url]).output().expect("the program starts").status.code();
    assert_eq!(check(&url), Some(0));
    assert_eq!(check(&url.replace("healthz", "nothing")), Some(1));
    drop(server);
    assert_eq!(check("http://127.0.0.1:9/healthz"), Some(1));
}

#[test]
fn the_demo_page_is_embedded_in_the_program() {
    let server = Server::start(&[]);
    let page = server.get("/");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("<canvas"), "{page}");
    let module = server.get("/netcode/replica.js");
    assert!(module.starts_with("HTTP/1.1 200 OK\r\n"), "{module}");
}

#[test]
fn a_web_folder_without_a_page_is_refused() {
    let output = Command::new(PROGRAM).args(["--web-dir", "tests"]).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--web-dir: there is no index.html in tests"), "{output:?}");
}

#[test]
fn the_seed_of_a_room_is_not_logged() {
    let mut server = Server::start(&["--seed", "47114711"]);
    let room = "{\"name\": \"quiet\"}";
    let head = "POST /api/rooms HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let response = server.send(&format!("{head}Content-Length: {}\r\n\r\n{room}", room.len()));
    assert!(response.starts_with("HTTP/1.1 201"), "{response}");
    server.child.kill().expect("the server runs");
    let mut log = String::new();
    server.log.read_to_string(&mut log).expect("the log is UTF-8");
    assert!(log.contains("room quiet opens"), "{log}");
    assert!(!log.contains("seed") && !log.contains("47114711"), "{log}");
}

#[cfg(target_os = "linux")]
#[test]
fn malformed_requests_cause_a_few_log_lines_and_the_log_is_complete_at_the_end() {
    const REQUESTS: usize = 200;
    let mut server = Server::start(&[]);
    for _ in 0..REQUESTS {
        let mut stream = TcpStream::connect(&server.address).expect("the server listens");
        stream.write_all(b"GET / HTTP/1.1\r\n\0\r\n\r\n").expect("the connection is open");
        // Reading may end with an error, because the server may reset the connection after its response.
        let mut response = Vec::new();
        let _ = stream.read_to_end(&mut response);
        assert!(response.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&response));
    }
    server.signal(rustix::process::Signal::TERM);
    assert_eq!(server.exit_code(), Some(0));
    let mut log = String::new();
    server.log.read_to_string(&mut log).expect("the log is UTF-8");
    let errors = log.matches(" ERROR ").count();
    assert_eq!(errors, 5, "{log}");
    assert!(log.contains(&format!("{} similar log lines suppressed", REQUESTS - 5)), "{log}");
    assert!(log.contains("shutting down"), "{log}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_that_nobody_reads_does_not_block_the_server() {
    /// Capacity of a pipe. A write to a full pipe blocks.
    const PIPE_BYTES: usize = 64 << 10;
    /// A line of up to this size is written as a whole. If it does not fit into the pipe, none of it is written.
    const LINE_BYTES: usize = 4 << 10;
    let mut server = Server::start_command(Command::new(PROGRAM).env("RUST_LOG", "trace"));
    for _ in 0..300 {
        assert!(server.get("/healthz").starts_with("HTTP/1.1 200 "));
    }
    server.child.kill().expect("the server runs");
    let mut log = Vec::new();
    server.log.read_to_end(&mut log).expect("the log is readable");
    assert!(log.len() > PIPE_BYTES - LINE_BYTES, "the pipe was not full: {} bytes", log.len());
}

#[cfg(target_os = "linux")]
#[test]
fn a_low_limit_on_open_files_lowers_the_limit_on_connections_or_prevents_the_start() {
    let run = |files: u32| {
        let start =
            format!("ulimit -n {files}; exec {PROGRAM} --listen 192.0.2.1:1 --admin-listen off --data-dir off --workers 2");
        let output = Command::new("sh").args(["-c", &start]).output().expect("the shell starts");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let log = run(1_000);
    assert!(log.contains("--connections-max lowered from 10000 to 664, because the limit on open files is 1000"), "{log}");
    let log = run(300);
    assert!(log.contains("the limit on open files is 300, but the server needs 337"), "{log}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_with_few_open_files_refuses_connections_before_it_runs_out_of_files() {
    const CONNECTIONS: u32 = 9;
    let start = format!("ulimit -n {}; exec \"$0\" \"$@\"", 336 + CONNECTIONS);
    let server = Server::start_command(Command::new("sh").args(["-c", &start, PROGRAM, "--workers", "2"]));
    let open = || {
        let mut stream = TcpStream::connect(&server.address).expect("the server listens");
        stream.set_read_timeout(Some(READ_TIMEOUT)).expect("the timeout is not zero");
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").expect("the connection is open");
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("the server responds");
        assert_eq!(&status, b"HTTP/1.1 200");
        stream
    };
    let held: Vec<_> = (0..CONNECTIONS).map(|_| open()).collect();
    let refused = server.get("/healthz");
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    drop(held);
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_shuts_the_server_down_and_a_second_one_stops_it_at_once() {
    use rustix::process::Signal;

    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::start(&[]);
        server.signal(signal);
        assert_eq!(server.exit_code(), Some(0), "{signal:?}");
    }
    let mut server = Server::start(&[]);
    // The shutdown waits for this client, because the client does not answer the Close frame.
    let _client = server.open_web_socket();
    server.signal(Signal::TERM);
    server.wait_for_log("shutting down");
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_reloads_the_certificate_for_new_connections() {
    use std::sync::Arc;

    use rustix::process::Signal;
    use rustls::ALL_VERSIONS;
    use test_certificate::{CertificateFiles, TestCertificate};

    let [old, new] = [TestCertificate::generate(), TestCertificate::generate()];
    let files = CertificateFiles::write(&old);
    let [certificate, key] = [&files.certificate, &files.key].map(|path| path.to_str().expect("the path is UTF-8"));
    let mut server = Server::start(&["--tls-cert", certificate, "--tls-key", key]);
    let address = server.address.parse().expect("the server prints its address");
    // Each connection has its own TLS configuration, so that it does not resume the TLS session of an earlier connection.
    let connect = |trusted: &TestCertificate| tls_client::connect(address, &Arc::new(trusted.client_config(ALL_VERSIONS)));
    let mut player = tls_client::TlsPlayer::join(connect(&old).expect("the handshake succeeds"));
    player.play(10);

    std::fs::write(key, "no key").expect("the file is writable");
    server.signal(Signal::HUP);
    server.wait_for_log("the previous certificate stays in use");
    assert!(connect(&old).is_ok());

    files.replace(&new);
    server.signal(Signal::HUP);
    server.wait_for_log("certificate reloaded");
    assert!(connect(&old).is_err());
    assert!(connect(&new).is_ok());
    player.play(30);
}

#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "certificate/test_certificate.rs"]
mod test_certificate;
#[cfg(target_os = "linux")]
#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "certificate/tls_client.rs"]
mod tls_client;

#[test]
fn the_exit_status_of_an_examination_tells_whether_the_client_has_followed_the_rules() {
    let unknown_rule = Command::new(PROGRAM).args(["conformance", "--skip", "politeness"]).output();
    assert_eq!(unknown_rule.expect("the program starts").status.code(), Some(2));

    let mut server = Command::new(PROGRAM)
        .args(["conformance", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut output = BufReader::new(server.stdout.take().expect("the output is piped"));
    let mut line = String::new();
    output.read_line(&mut line).expect("the program prints its address");
    let address = line.split("ws://").nth(1).and_then(|url| url.split('/').next()).expect("the line contains a URL");
    let mut client = TcpStream::connect(address).expect("the server listens");
    let upgrade = "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13";
    write!(client, "GET /ws HTTP/1.1\r\nHost: x\r\n{upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        .expect("the connection is open");

    let mut report = String::new();
    output.read_to_string(&mut report).expect("the report is UTF-8");
    assert_eq!(server.wait().expect("the program ends").code(), Some(1));
    assert!(report.starts_with("FAILED       subprotocol "), "{report}");
}

#[test]
fn a_second_server_on_the_same_data_is_refused_and_told_which_process_uses_it() {
    let data = tempfile::TempDir::new().expect("a directory");
    let folder = data.path().to_str().expect("the path is UTF-8");
    let first = Server::start(&["--data-dir", folder]);
    let second = Command::new(PROGRAM)
        .args(["--listen", "127.0.0.1:0", "--admin-listen", "off", "--data-dir", folder])
        .output()
        .expect("the program starts");
    let log = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{log}");
    assert!(log.contains(&format!("in use by process {}", first.child.id())), "{log}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_room_continues_after_the_server_was_stopped_by_a_signal() {
    let data = tempfile::TempDir::new().expect("a directory");
    let arguments = ["--data-dir", data.path().to_str().expect("the path is UTF-8"), "--persistent-rooms", "main"];
    for _ in 0..2 {
        let mut server = Server::start(&arguments);
        let rooms = server.get("/api/rooms");
        assert!(rooms.contains(r#""name":"main","players":0,"seats":100"#), "{rooms}");
        server.signal(rustix::process::Signal::TERM);
        assert_eq!(server.exit_code(), Some(0));
    }
}

/// Runs `tickcast replay`. Returns whether it succeeded, and its output.
fn replay(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(PROGRAM).arg("replay").args(arguments).output().expect("the program starts");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn a_replay_file_is_shown_without_any_room() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/arena.replay");
    let mut server = Server::spawn(Command::new(PROGRAM).args(["replay", "serve", file, "--listen", "127.0.0.1:0"]));
    let (address, id) = server.address.split_once("/?replay=").expect("the URL of the match is printed");
    let (address, id) = (address.to_owned(), id.to_owned());
    server.address = address;
    let description = server.get(&format!("/api/rooms/{id}/replay"));
    assert!(description.starts_with("HTTP/1.1 200") && description.contains(&id), "{description}");
    assert!(description.contains("\"running\":false"), "{description}");
    assert!(server.get("/api/replays").contains(&id));
    assert!(server.get("/").contains("<html"));
    assert!(server.create_room("none").starts_with("HTTP/1.1 403"));
    let url = format!("ws://{}/ws", server.address);
    let bots = ["bots", "--url", &url, "--count", "1", "--seconds", "1"];
    let output = Command::new(PROGRAM).args(bots).output().expect("the program starts");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no bot could join"), "{output:?}");
    assert!(server.get("/api/rooms").ends_with("[]"));
    server.child.kill().expect("the server runs");
    server.child.wait().expect("the process can be waited for");
    let (is_shown, error) = replay(&["serve", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    assert!(!is_shown && error.contains("not a replay file"), "{error}");
}

#[test]
fn the_match_of_a_room_is_exported_from_a_running_and_from_a_stopped_server_and_verified() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let path = |name: &str| directory.path().join(name).to_str().expect("the path is UTF-8").to_owned();
    let (data, running, stopped) = (path("data"), path("running"), path("stopped"));
    let mut server = Server::start(&["--data-dir", &data, "--persistent-rooms", "main"]);
    let url = format!("ws://{}/ws", server.address);
    let bots = ["bots", "--url", &url, "--count", "2", "--seconds", "1", "--room", "main"];
    assert!(Command::new(PROGRAM).args(bots).output().expect("the program starts").status.success());

    let export = |room, file: &str| replay(&["export", "--data-dir", &data, room, file]);
    let (_, error) = export("nowhere", &running);
    assert_eq!(error, "error: there is no room nowhere\n");
    let (is_exported, output) = export("main", &running);
    assert!(is_exported, "{output}");
    server.child.kill().expect("the server runs");
    server.child.wait().expect("the process can be waited for");
    let (is_exported, output) = export("main", &stopped);
    assert!(is_exported, "{output}");
    assert!(!export("main", &stopped).0, "a file is not overwritten");

    for file in [&running, &stopped] {
        let (is_verified, output) = replay(&["verify", file]);
        assert!(is_verified && output.starts_with("verified: "), "{output}");
        let (_, info) = replay(&["info", file]);
        assert!(info.contains("room        main\n") && !info.contains("ticks       0\n"), "{info}");
    }
}

#[test]
fn the_recorded_match_in_the_repository_is_verified_and_a_damaged_copy_is_not() {
    const RECORDED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/arena.replay");
    let (is_verified, output) = replay(&["verify", RECORDED]);
    assert!(is_verified, "{output}");

    let directory = tempfile::TempDir::new().expect("a directory");
    let damaged = directory.path().join("damaged");
    let damaged = damaged.to_str().expect("the path is UTF-8");
    let mut bytes = std::fs::read(RECORDED).expect("the file is readable");
    bytes[40] ^= 1;
    std::fs::write(damaged, bytes).expect("the folder is writable");
    for command in ["verify", "info"] {
        let (is_accepted, output) = replay(&[command, damaged]);
        let expected = format!("error: {damaged}: the file is damaged at byte 28: the hash of this record is wrong\n");
        assert_eq!((is_accepted, output), (false, expected));
    }
    assert!(!replay(&["export", "--data-dir", damaged, "main", damaged]).0, "there is no database");
}
