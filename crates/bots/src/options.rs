//! Command-line options of `bots`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use tickcast_game::Behaviour;
use tickcast_protocol::{RoomName, Viewport};

use crate::endpoint::{Endpoint, SourceAddresses};
use crate::{Report, Requirement};

/// Load-test a server with headless clients.
#[derive(Args, Clone, Debug)]
pub struct BotsOptions {
    /// WebSocket endpoint of the server
    #[arg(long, env = "TICKCAST_BOTS_URL", default_value = "ws://127.0.0.1:8080/ws")]
    pub url: Endpoint,
    /// What carries the messages. `http` is the fallback for clients behind a proxy that blocks WebSocket. `datagrams` is
    /// WebTransport, of which the server at the endpoint announces port and certificate
    #[arg(long, env = "TICKCAST_BOTS_TRANSPORT", value_enum, default_value_t = Transport::Websocket)]
    pub transport: Transport,
    /// PEM file with the certificate authorities to trust for `wss` [default: those that Mozilla trusts]
    #[arg(long, env = "TICKCAST_BOTS_TLS_CA", value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// Number of bots
    #[arg(long, env = "TICKCAST_BOTS_COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub count: u32,
    /// Duration of the measurement in seconds
    #[arg(long, env = "TICKCAST_BOTS_SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub seconds: u32,
    /// Seconds to wait between the last join and the measurement, to exclude the load caused by joining
    #[arg(long, env = "TICKCAST_BOTS_SETTLE", value_name = "SECONDS", default_value_t = 0,
          value_parser = clap::value_parser!(u32).range(0..=600))]
    pub settle: u32,
    /// Room to join [default: selected by the server]
    #[arg(long, env = "TICKCAST_BOTS_ROOM", value_name = "NAME")]
    pub room: Option<RoomName>,
    /// New connections per second
    #[arg(long, env = "TICKCAST_BOTS_RAMP", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub ramp: u32,
    /// Maximum number of bots that join at the same time, from connecting to the first snapshot [default: unlimited]
    #[arg(long, env = "TICKCAST_BOTS_JOINING", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub joining: Option<u32>,
    /// Number of loopback addresses from which the bots connect, starting with 127.1.0.1; only for a server on this machine
    /// [default: the system selects the address]
    #[arg(long, env = "TICKCAST_BOTS_ADDRESSES", value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=SourceAddresses::COUNT_MAX))]
    pub addresses: Option<u32>,
    /// New bots per second that join during the measurement, receive a snapshot, and leave
    #[arg(long, env = "TICKCAST_BOTS_NEWCOMERS", value_name = "N", default_value_t = 0,
        value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub newcomers: u32,
    /// Inputs per second that each bot sends, evenly spread over time, even if its controls have not changed [default: an
    /// input with each change of controls, at least every 0.9 s]
    #[arg(long, env = "TICKCAST_BOTS_INPUTS_PER_SECOND", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=120))]
    pub inputs_per_second: Option<u16>,
    /// Behaviour of the bots
    #[arg(long, env = "TICKCAST_BOTS_BEHAVIOUR", default_value = Behaviour::default().name(),
        value_parser = PossibleValuesParser::new(Behaviour::ALL.map(Behaviour::name)).try_map(|name| name.parse::<Behaviour>()))]
    pub behaviour: Behaviour,
    /// Seed of the bots' decisions; equal seeds give equal decisions
    #[arg(long, env = "TICKCAST_BOTS_SEED", default_value_t = 0)]
    pub seed: u64,
    /// Number of ticks by which inputs are stamped ahead, or `auto` to adapt it to the latency as real clients do
    #[arg(long, env = "TICKCAST_BOTS_LEAD", value_name = "TICKS", default_value = "1")]
    pub lead: LeadChoice,
    /// Fraction of the bots that maintain and verify a replica of the world; the others only count snapshots
    #[arg(long, env = "TICKCAST_BOTS_VERIFY", value_name = "FRACTION", default_value = "1.0")]
    pub verify: Fraction,
    /// Size of a bot's view in world units [default: the maximum that the server allows]
    #[arg(long, env = "TICKCAST_BOTS_VIEWPORT", value_name = "WxH", value_parser = parse_viewport)]
    pub viewport: Option<Viewport>,
    /// Write the report to this file in JSON
    #[arg(long, env = "TICKCAST_BOTS_JSON", value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Exit with status 1 unless the report meets this requirement, such as 'delivered>=0.99' or
    /// 'input_latency_ms.p99<=50'; may be repeated
    #[arg(long, env = "TICKCAST_BOTS_REQUIRE", value_name = "FIELD OP NUMBER", value_delimiter = ',',
        value_parser = |text: &str| Requirement::parse(text, &Report::default()))]
    pub require: Vec<Requirement>,
}

/// What carries the messages between a bot and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Transport {
    /// A WebSocket.
    Websocket,
    /// A streamed HTTP response, and HTTP requests.
    Http,
    /// WebTransport: datagrams and a stream, over QUIC.
    Datagrams,
}

impl Transport {
    /// Number of sockets that a bot needs.
    pub(crate) const fn sockets(self) -> u32 {
        match self {
            Self::Websocket | Self::Datagrams => 1,
            Self::Http => 2,
        }
    }
}

/// Number of ticks by which inputs are stamped ahead of the newest snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadChoice {
    /// Adapted by [`tickcast_protocol::Lead`] so that inputs arrive just in time, as in real clients.
    Auto,
    /// A fixed number. With 1, the server applies every input at its next tick, so the input latency includes no time in the
    /// server's input buffer.
    Ticks(u8),
}

impl FromStr for LeadChoice {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        text.parse().ok().filter(|ticks| *ticks > 0).map(Self::Ticks).ok_or(ValueError::Lead)
    }
}

/// A fraction from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fraction(f64);

impl Fraction {
    /// The fraction 1.
    pub const ALL: Self = Self(1.0);

    /// Selects this fraction of the elements of a sequence, at even intervals. Returns whether the element at `index` is
    /// selected.
    #[must_use]
    pub fn includes(self, index: u32) -> bool {
        let included_before = |index: f64| (index * self.0 + 1e-9).floor();
        included_before(f64::from(index) + 1.0) > included_before(f64::from(index))
    }
}

impl FromStr for Fraction {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        text.parse().ok().filter(|fraction| (0.0..=1.0).contains(fraction)).map(Self).ok_or(ValueError::Fraction)
    }
}

/// Error of parsing the value of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The value of [`BotsOptions::lead`] is invalid.
    #[error("a lead is `auto` or a number of ticks from 1 to 255")]
    Lead,
    /// The value of [`BotsOptions::verify`] is invalid.
    #[error("a fraction is a number from 0 to 1")]
    Fraction,
    /// The value of [`BotsOptions::viewport`] is invalid.
    #[error("a viewport is a width and a height in world units, such as 800x600")]
    Viewport,
}

fn parse_viewport(text: &str) -> Result<Viewport, ValueError> {
    let parse = |text: &str| {
        let (width, height) = text.split_once('x')?;
        Some(Viewport { width: width.parse().ok()?, height: height.parse().ok()? })
    };
    parse(text).ok_or(ValueError::Viewport)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        options: BotsOptions,
    }

    fn parse(flags: &[&str]) -> Result<BotsOptions, clap::Error> {
        Command::try_parse_from([&["bots"], flags].concat()).map(|command| command.options)
    }

    #[test]
    fn every_bot_verifies_by_default() {
        let options = parse(&[]).expect("all options have defaults");
        assert_eq!((options.count, options.behaviour, options.verify), (100, Behaviour::Wander, Fraction::ALL));
        assert!((0..1000).all(|index| Fraction::ALL.includes(index)));
    }

    #[test]
    fn values_are_parsed() {
        let flags =
            ["--require", "delivered>=0.99", "--require", "desyncs == 0", "--viewport", "800x600", "--lead", "auto"];
        let options = parse(&flags).expect("all values are valid");
        assert_eq!(options.require.len(), 2);
        assert_eq!(options.viewport, Some(Viewport { width: 800, height: 600 }));
        assert_eq!(options.lead, LeadChoice::Auto);
        assert_eq!(parse(&["--transport", "http"]).map(|options| options.transport).ok(), Some(Transport::Http));
    }

    #[test]
    fn invalid_values_are_rejected() {
        let invalid = [
            ["--url", "http://127.0.0.1/"],
            ["--count", "0"],
            ["--verify", "1.5"],
            ["--lead", "0"],
            ["--viewport", "800"],
            ["--room", "a room"],
            ["--require", "delivered"],
            ["--require", "deliverd>=1"],
        ];
        for flags in invalid {
            assert!(parse(&flags).is_err_and(|error| error.exit_code() == 2), "{flags:?}");
        }
    }

    #[test]
    fn included_elements_are_spread_evenly() {
        let fraction: Fraction = "0.1".parse().expect("0.1 is from 0 to 1");
        let included: Vec<u32> = (0..100).filter(|index| fraction.includes(*index)).collect();
        assert_eq!(included, [9, 19, 29, 39, 49, 59, 69, 79, 89, 99]);
        assert!(!(0..100).any(|index| Fraction(0.0).includes(index)));
    }
}
