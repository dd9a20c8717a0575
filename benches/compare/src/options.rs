//! Command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::peer::Peer;

/// Compare tickcast with other servers under the same load
#[derive(Debug, Parser)]
#[command(name = "compare", max_term_width = 100)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure the servers in turn
    Run(RunOptions),
    /// Run one of the servers that are written in Rust
    Serve(ServeOptions),
}

#[derive(Debug, Args)]
pub(crate) struct RunOptions {
    /// Numbers of clients to measure, multiples of the room size
    #[arg(long, value_delimiter = ',', default_value = "100,500,1000", value_name = "N,…")]
    pub(crate) clients: Vec<u32>,
    /// Duration of each measurement in seconds
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) seconds: u32,
    /// Number of rounds; each server is measured once per round and number of clients
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// Clients per room; each client sees all ships of its room
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) room_size: u32,
    /// Seconds of play between the last join and the measurement
    #[arg(long, default_value_t = 3)]
    pub(crate) settle: u32,
    /// The servers to measure [default: all]
    #[arg(long, value_delimiter = ',', value_enum)]
    pub(crate) peers: Vec<Peer>,
    /// Core of the server
    #[arg(long, default_value_t = 0)]
    pub(crate) server_core: usize,
    /// Core of the load generator
    #[arg(long, default_value_t = 1)]
    pub(crate) client_core: usize,
    /// Mark a measurement as invalid if other processes used more than this fraction of the server's core during it
    #[arg(long, default_value_t = 0.1, value_name = "FRACTION")]
    pub(crate) others_max: f64,
    /// The tickcast program
    #[arg(long, value_name = "FILE")]
    pub(crate) tickcast: PathBuf,
    /// Folder with the Node servers
    #[arg(long, value_name = "FOLDER")]
    pub(crate) node_peers: PathBuf,
    /// Folder for the results
    #[arg(long, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ServeOptions {
    pub(crate) server: RustServer,
    #[arg(long)]
    pub(crate) port: u16,
    #[arg(long)]
    pub(crate) room_size: u16,
}

/// A server of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RustServer {
    Floor,
    TokioTungstenite,
}
