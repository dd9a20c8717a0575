//! What the bots are told to do.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use tickcast_protocol::{RoomName, Viewport};

use super::{Report, Requirement, endpoint::Endpoint};

/// Load-test a server with headless clients.
#[derive(Args, Clone, Debug)]
pub struct BotsOptions {
    /// The server's WebSocket endpoint
    #[arg(long, env = "TICKCAST_BOTS_URL", default_value = "ws://127.0.0.1:8080/ws")]
    pub url: Endpoint,
    /// How many bots play
    #[arg(long, env = "TICKCAST_BOTS_COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub count: u32,
    /// How long to measure, once all of them are in
    #[arg(long, env = "TICKCAST_BOTS_SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub seconds: u32,
    /// How many seconds to wait before that: that thousands have come is a load of its own
    #[arg(long, env = "TICKCAST_BOTS_SETTLE", value_name = "SECONDS", default_value_t = 0,
          value_parser = clap::value_parser!(u32).range(0..=600))]
    pub settle: u32,
    /// The room they play in [default: wherever the lobby puts them]
    #[arg(long, env = "TICKCAST_BOTS_ROOM", value_name = "NAME")]
    pub room: Option<RoomName>,
    /// How many of them connect each second
    #[arg(long, env = "TICKCAST_BOTS_RAMP", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub ramp: u32,
    /// How they play
    #[arg(long, env = "TICKCAST_BOTS_BEHAVIOUR", value_enum, default_value_t)]
    pub behaviour: Behaviour,
    /// What their decisions are drawn from: equal seeds decide alike
    #[arg(long, env = "TICKCAST_BOTS_SEED", default_value_t = 0)]
    pub seed: u64,
    /// How many ticks ahead inputs are stamped, or `auto` to tune it as players' clients do
    #[arg(long, env = "TICKCAST_BOTS_LEAD", value_name = "TICKS", default_value = "1")]
    pub lead: LeadChoice,
    /// The part of the bots that keep and check a copy of the world; the others only count
    #[arg(long, env = "TICKCAST_BOTS_VERIFY", value_name = "FRACTION", default_value = "1.0")]
    pub verify: Fraction,
    /// How many world units a bot's window shows [default: whatever the server shows]
    #[arg(long, env = "TICKCAST_BOTS_VIEWPORT", value_name = "WxH", value_parser = parse_viewport)]
    pub viewport: Option<Viewport>,
    /// Write the report to this file, as JSON
    #[arg(long, env = "TICKCAST_BOTS_JSON", value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Fail unless this holds of the report, as in 'delivered>=0.99' or 'input_latency_ms.p99<=50'; may be repeated
    #[arg(long, env = "TICKCAST_BOTS_REQUIRE", value_name = "FIELD OP NUMBER", value_delimiter = ',',
        value_parser = Requirement::of::<Report>)]
    pub require: Vec<Requirement>,
}

/// How a bot plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Behaviour {
    /// Hold thrust, and change direction about once a second
    #[default]
    Wander,
    /// Aim at the nearest ship, and fire continuously
    Hunt,
    /// Do nothing
    Idle,
}

/// How far ahead of the newest snapshot inputs are stamped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadChoice {
    /// As [`tickcast_protocol::Lead`] has it: so that inputs arrive just in time. It shows what players' clients do.
    Auto,
    /// Always this many ticks. One asks for the next tick, which shows how fast the server answers.
    Ticks(u8),
}

impl FromStr for LeadChoice {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            _ if text == "auto" => Ok(Self::Auto),
            Ok(ticks) if ticks > 0 => Ok(Self::Ticks(ticks)),
            _ => Err("a lead is `auto` or a number of ticks from 1 to 255"),
        }
    }
}

/// A part of the whole, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fraction(f64);

impl Fraction {
    /// The whole.
    pub const ALL: Self = Self(1.0);

    /// Whether the thing of that number is among this part of all things, which is spread evenly over them.
    #[must_use]
    pub fn includes(self, number: u32) -> bool {
        let chosen_of = |count: f64| (count * self.0 + 1e-9).floor();
        chosen_of(f64::from(number) + 1.0) > chosen_of(f64::from(number))
    }
}

impl FromStr for Fraction {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().ok().filter(|part| (0.0..=1.0).contains(part)).map(Self).ok_or("a fraction is a number from 0 to 1")
    }
}

fn parse_viewport(text: &str) -> Result<Viewport, &'static str> {
    let parse = |text: &str| {
        let (width, height) = text.split_once('x')?;
        Some(Viewport { width: width.parse().ok()?, height: height.parse().ok()? })
    };
    parse(text).ok_or("a viewport is a width and a height in world units, as in 800x600")
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
    fn every_bot_verifies_unless_told_otherwise() {
        let options = parse(&[]).expect("defaults");
        assert_eq!((options.count, options.behaviour, options.verify), (100, Behaviour::Wander, Fraction::ALL));
        assert!((0..1000).all(|number| Fraction::ALL.includes(number)));
    }

    #[test]
    fn flags_are_understood() {
        let flags =
            ["--require", "delivered>=0.99", "--require", "desyncs == 0", "--viewport", "800x600", "--lead", "auto"];
        let options = parse(&flags).expect("good flags");
        assert_eq!(options.require.len(), 2);
        assert_eq!(options.viewport, Some(Viewport { width: 800, height: 600 }));
        assert_eq!(options.lead, LeadChoice::Auto);
    }

    #[test]
    fn bad_values_are_refused() {
        let bad = [
            ["--url", "http://127.0.0.1/"],
            ["--count", "0"],
            ["--verify", "1.5"],
            ["--lead", "0"],
            ["--viewport", "800"],
            ["--room", "a room"],
            ["--require", "delivered"],
            ["--require", "deliverd>=1"],
        ];
        for flags in bad {
            assert!(parse(&flags).is_err_and(|error| error.exit_code() == 2), "{flags:?}");
        }
    }

    #[test]
    fn a_fraction_is_spread_evenly() {
        let fraction: Fraction = "0.1".parse().expect("a fraction");
        let chosen: Vec<u32> = (0..100).filter(|number| fraction.includes(*number)).collect();
        assert_eq!(chosen, [9, 19, 29, 39, 49, 59, 69, 79, 89, 99]);
        assert!(!(0..100).any(|number| Fraction(0.0).includes(number)));
    }
}
