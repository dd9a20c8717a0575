//! The servers of the comparison.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use crate::Outcome;
use crate::options::RunOptions;
use crate::protocol::Protocol;

/// A server, with its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    Floor,
    Tickcast,
    TokioTungstenite,
    Ws,
    Socketio,
    SocketioTuned,
    Colyseus,
    ColyseusTuned,
}

impl Peer {
    /// Name in tables and plots.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor (epoll)",
            Self::Tickcast => "tickcast",
            Self::TokioTungstenite => "tokio-tungstenite",
            Self::Ws => "ws",
            Self::Socketio => "Socket.IO, default",
            Self::SocketioTuned => "Socket.IO, tuned",
            Self::Colyseus => "Colyseus, default",
            Self::ColyseusTuned => "Colyseus, tuned",
        }
    }

    /// The protocol between the server and its clients.
    pub(crate) const fn protocol(self) -> Protocol {
        match self {
            Self::Tickcast => Protocol::Tickcast,
            Self::Floor | Self::TokioTungstenite | Self::Ws => Protocol::Packed,
            Self::Socketio => Protocol::SocketIoJson,
            Self::SocketioTuned => Protocol::SocketIoMsgpack,
            Self::Colyseus => Protocol::Colyseus,
            Self::ColyseusTuned => Protocol::ColyseusFixedWidth,
        }
    }

    /// The command that starts the server.
    pub(crate) fn command(self, port: u16, options: &RunOptions) -> Outcome<Command> {
        let room_size = options.room_size.to_string();
        let mut command = match self {
            Self::Tickcast => tickcast(port, options),
            Self::Floor | Self::TokioTungstenite => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args(["serve", if self == Self::Floor { "floor" } else { "tokio-tungstenite" }]);
                command
            }
            Self::Ws => node("ws", options),
            Self::Socketio | Self::SocketioTuned => node("socketio", options),
            Self::Colyseus | Self::ColyseusTuned => node("colyseus", options),
        };
        if self != Self::Tickcast {
            command.args(["--port", &port.to_string(), "--room-size", &room_size]);
        }
        if matches!(self, Self::SocketioTuned | Self::ColyseusTuned) {
            command.arg("--tuned");
        }
        Ok(command)
    }

    /// The versions of the server's software, as the packages and programs report them.
    pub(crate) fn versions(self, options: &RunOptions) -> Outcome<String> {
        match self {
            Self::Tickcast => first_line(Command::new(&options.tickcast).arg("--version")),
            Self::Floor => Ok(format!("rustix {}", locked_version("rustix"))),
            Self::TokioTungstenite => {
                let (tokio, library) = (locked_version("tokio"), locked_version("tokio-tungstenite"));
                Ok(format!("tokio-tungstenite {library}, tokio {tokio}"))
            }
            Self::Ws => package_versions(&options.node_peers.join("ws")),
            Self::Socketio | Self::SocketioTuned => package_versions(&options.node_peers.join("socketio")),
            Self::Colyseus | Self::ColyseusTuned => package_versions(&options.node_peers.join("colyseus")),
        }
    }
}

/// The command that runs tickcast. Each room has a world of 4000 × 4000 units, and every client sees the whole world. All
/// ships belong to clients.
fn tickcast(port: u16, options: &RunOptions) -> Command {
    let mut command = Command::new(&options.tickcast);
    command.args([
        "--listen",
        &format!("127.0.0.1:{port}"),
        "--admin-listen",
        "off",
        "--data-dir",
        "off",
        "--workers",
        "1",
    ]);
    command.args(["--tick-rate", "20", "--room-size", &options.room_size.to_string()]);
    command.args(["--world-size", "4000", "--view-size", "8000", "--rocks", "0", "--orbs", "0", "--ai-players", "0"]);
    command.env("RUST_LOG", "warn");
    command
}

/// The command that runs the Node server in this folder.
fn node(folder: &str, options: &RunOptions) -> Command {
    let mut command = Command::new(node_program(options));
    command.arg(options.node_peers.join(folder).join("server.mjs")).env("NODE_ENV", "production");
    command
}

/// The program that the npm package `node` contains.
pub(crate) fn node_program(options: &RunOptions) -> PathBuf {
    options.node_peers.join("node/node_modules/node/bin/node")
}

/// The dependencies in the `package.json` of a folder, which are exact versions.
fn package_versions(folder: &Path) -> Outcome<String> {
    let package: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder.join("package.json"))?)?;
    let dependencies = package["dependencies"].as_object().ok_or("package.json has no dependencies")?;
    let versions = dependencies.iter().map(|(name, version)| format!("{name} {}", version.as_str().unwrap_or("?")));
    Ok(versions.collect::<Vec<_>>().join(", "))
}

/// The version of a crate that this program was built with.
fn locked_version(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let entry = format!("name = \"{name}\"\nversion = \"");
    lock.split_once(&entry).and_then(|(_, rest)| rest.split('"').next()).unwrap_or("unknown")
}

/// The first line that a command prints.
pub(crate) fn first_line(command: &mut Command) -> Outcome<String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}
