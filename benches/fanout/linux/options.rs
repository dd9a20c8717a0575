//! Options of the benchmark.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Parser, ValueEnum};

/// Compare the server with a minimal epoll server (the floor), both on one core
#[derive(Clone, Debug, Parser)]
#[command(name = "fanout", max_term_width = 100)]
pub(crate) struct FanoutOptions {
    /// Number of clients, or several numbers, which are measured one after the other
    #[arg(long, default_value = "1000", value_delimiter = ',', num_args = 1,
        value_parser = clap::value_parser!(u16).range(1..=12_000))]
    pub(crate) clients: Vec<u16>,
    /// Draw the results over the number of clients into this file (SVG)
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    /// Measure only how long an idle server takes to answer the only player
    #[arg(long)]
    pub(crate) idle: bool,
    /// Ticks per second
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(10..=120))]
    pub(crate) rate: u16,
    /// Duration of each measurement in seconds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) seconds: u32,
    /// Width and height of a client's view in one world for all; or `rooms` for rooms of 100 clients that see everything
    #[arg(long, default_value = "800", value_name = "UNITS|rooms")]
    pub(crate) view: View,
    /// Number of rounds; both servers are measured once per round
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) rounds: u16,
    /// Ignore rounds in which other processes used more than this fraction of the servers' core, unless no round would
    /// remain
    #[arg(long, default_value_t = 0.1, value_name = "FRACTION")]
    pub(crate) others_max: f64,
    /// Inputs per second that each client sends, evenly spread over time [default: clients of tickcast send an input with each
    /// change of controls, about one per second]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=120))]
    pub(crate) inputs_per_second: Option<u16>,
    /// Inputs per second that each client sends to the floor [default: as many as to tickcast; if not given, one per tick]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=120))]
    pub(crate) floor_inputs_per_second: Option<u16>,
    /// Fraction of tickcast's bots that maintain and verify a replica of the world
    #[arg(long, default_value = "0.01", value_name = "FRACTION")]
    pub(crate) verify: String,
    /// New connections per second
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) ramp: u32,
    /// Maximum number of tickcast's clients that join at the same time [default: unlimited]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) joining: Option<u32>,
    /// Core of the servers
    #[arg(long, default_value_t = 0)]
    pub(crate) server_core: usize,
    /// Core of the clients
    #[arg(long, default_value_t = 1)]
    pub(crate) client_core: usize,
    /// Also measure the server with stored rooms. `process`: the rooms survive the end of the process. `disk`: they also
    /// survive a loss of power. The database is in the folder for temporary files
    #[arg(long, value_enum)]
    pub(crate) durability: Option<RoomDurability>,
    /// Also measure the server with TLS
    #[arg(long)]
    pub(crate) tls: bool,
    /// Also measure the server with TLS and this number of further handshakes per second
    #[arg(long, requires = "tls", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) handshakes: Option<u32>,
    /// The certificate of the server that this process runs
    #[arg(long, hide = true)]
    pub(crate) certificate: Option<PathBuf>,
    /// The private key of the certificate
    #[arg(long, hide = true)]
    pub(crate) key: Option<PathBuf>,
    /// The folder of the database of the server that this process runs
    #[arg(long, hide = true)]
    pub(crate) data_dir: Option<PathBuf>,
    /// The server that this process runs
    #[arg(long, hide = true, value_enum)]
    pub(crate) part: Option<ServerKind>,
    /// Number of clients of the present measurement
    #[arg(long, hide = true)]
    pub(crate) current: Option<u16>,
    /// Length of the floor's frames in bytes
    #[arg(long, hide = true, default_value_t = 0)]
    pub(crate) frame_bytes: usize,
    /// Passed by `cargo bench`
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
}

/// The part of the world that each client sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// A square with this side, in one world for all clients.
    Units(u16),
    /// Everything, in rooms of 100 clients.
    Rooms,
}

impl FromStr for View {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "rooms" {
            return Ok(Self::Rooms);
        }
        match text.parse() {
            Ok(units) if (256..=16_384).contains(&units) => Ok(Self::Units(units)),
            _ => Err("a view is `rooms`, or a number of units from 256 to 16384"),
        }
    }
}

/// What stored rooms survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoomDurability {
    /// The end of the process.
    Process,
    /// Also a loss of power.
    Disk,
}

/// A server of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServerKind {
    /// The real server.
    Tickcast,
    /// The real server with stored rooms.
    Stored,
    /// The real server with TLS.
    Tls,
    /// The real server with TLS, while other clients perform handshakes.
    TlsHandshakes,
    /// The minimal server.
    Floor,
}

impl ServerKind {
    /// Name on the command line and in the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tickcast => "tickcast",
            Self::Stored => "stored",
            Self::Tls => "tls",
            Self::TlsHandshakes => "tls-handshakes",
            Self::Floor => "floor",
        }
    }
}

impl FanoutOptions {
    /// Number of clients of the present measurement.
    pub(crate) fn clients(&self) -> u16 {
        self.current.unwrap_or(self.clients[0])
    }

    /// Inputs per second that each client sends to the minimal server (the floor).
    pub(crate) fn floor_inputs(&self) -> u16 {
        self.floor_inputs_per_second.or(self.inputs_per_second).unwrap_or(self.rate)
    }
}
