//! What is measured.

use std::str::FromStr;

use clap::{Parser, ValueEnum};

/// Compare the server with a raw floor, on one core
#[derive(Clone, Debug, Parser)]
#[command(name = "fanout", max_term_width = 100)]
pub(crate) struct FanoutOptions {
    /// How many clients are connected
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=12_000))]
    pub(crate) clients: u16,
    /// Ticks a second
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(10..=120))]
    pub(crate) rate: u16,
    /// How long each server is measured each time
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) seconds: u32,
    /// The units a client sees in each direction of one world for all; or `rooms`: rooms of 100 where all see all
    #[arg(long, default_value = "800", value_name = "UNITS|rooms")]
    pub(crate) view: View,
    /// How often the two servers take turns
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) rounds: u16,
    /// A round counts if others used at most this part of the servers' core; while none does, all count
    #[arg(long, default_value_t = 0.1, value_name = "FRACTION")]
    pub(crate) others_max: f64,
    /// How many inputs each client sends the floor [default: one each tick]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=120))]
    pub(crate) floor_inputs_per_second: Option<u16>,
    /// The part of tickcast's bots that check a full copy of the world
    #[arg(long, default_value = "0.01", value_name = "FRACTION")]
    pub(crate) verify: String,
    /// How many clients connect each second
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) ramp: u32,
    /// The core the servers run on
    #[arg(long, default_value_t = 0)]
    pub(crate) server_core: usize,
    /// The core their clients run on
    #[arg(long, default_value_t = 1)]
    pub(crate) client_core: usize,
    /// Which part this process plays
    #[arg(long, hide = true, value_enum)]
    pub(crate) part: Option<Part>,
    /// How long the floor's frames are
    #[arg(long, hide = true, default_value_t = 0)]
    pub(crate) frame_bytes: usize,
    /// What `cargo bench` says
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
}

/// What each client sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// So many units in each direction of one world for all.
    Units(u16),
    /// All of a room of 100.
    Rooms,
}

impl FromStr for View {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            _ if text == "rooms" => Ok(Self::Rooms),
            Ok(units) if (256..=16_384).contains(&units) => Ok(Self::Units(units)),
            _ => Err("a view is `rooms`, or a number of units from 256 to 16384"),
        }
    }
}

/// What a child of the benchmark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The real server.
    Tickcast,
    /// The raw one.
    Floor,
}

impl FanoutOptions {
    /// How many inputs each client sends the floor in a second.
    pub(crate) fn floor_inputs(&self) -> u16 {
        self.floor_inputs_per_second.map_or(self.rate, |inputs| inputs.min(self.rate))
    }
}
