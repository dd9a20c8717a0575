//! The command line. Every flag is an environment variable too.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use ipnet::IpNet;
use tickcast_protocol::{PlayerName, RoomName, Ticket};

use crate::admission::{AdmissionLimits, AdmissionOptions, Origin, TrustedProxies};
use crate::arena;
use crate::attack::AttackOptions;
use crate::bots::BotsOptions;
use crate::http::assets::Assets;
use crate::room::RoomOptions;
use crate::server::{AdminListen, ServerOptions};
use crate::simulation::Simulation;
use crate::tickets::{self, Claims, ClaimsError, Nonce, Secret, Tickets};
use crate::transport::Deadlines;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "tickcast",
    version,
    about = "An authoritative multiplayer game state server.\n\n\
             Without a command it serves the bundled game at http://127.0.0.1:8080.",
    args_conflicts_with_subcommands = true,
    max_term_width = 100
)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// `serve` is what is done without a command.
    #[command(flatten)]
    pub serve: Serve,
}

impl CommandLine {
    /// The command line of this process. One that makes no sense ends it with a sentence that says why.
    #[must_use]
    pub fn read() -> Self {
        let words: Vec<_> = std::env::args_os().collect();
        let matches = Self::parser(words.get(1)).get_matches_from(words);
        Self::from_arg_matches(&matches).unwrap_or_else(|why| why.exit())
    }

    /// Where a command is named, the environment is not asked about the flags that stand for `serve` without its name: a bad
    /// value for the server must not keep bots from playing.
    fn parser(first_word: Option<&OsString>) -> clap::Command {
        let parser = Self::command();
        let names_a_command = first_word.is_some_and(|word| parser.find_subcommand(word).is_some());
        if names_a_command { parser.mut_args(|arg| arg.env(None)) } else { parser }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the game and its page (the default)
    Serve(Serve),
    /// Play as many headless clients, and report what they saw
    Bots(BotsOptions),
    /// Attack a server of one's own, and report what honest players felt
    Attack(AttackOptions),
    /// Make a ticket for a server that asks for them
    Ticket(TicketOptions),
}

/// The port that OpenTelemetry's exporters for Prometheus listen on.
const DEFAULT_ADMIN_LISTEN: AdminListen = AdminListen::IfFree(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464));

fn parse_admin_listen(text: &str) -> Result<AdminListen, std::net::AddrParseError> {
    if text == "off" { Ok(AdminListen::Off) } else { text.parse().map(AdminListen::At) }
}

/// What a server is started with.
#[derive(Args, Clone, Debug)]
pub struct Serve {
    /// Address to listen on; port 0 takes a free one, and the one taken is printed
    #[arg(long, env = "TICKCAST_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address on which metrics are told to those who run the server, or `off` [default: 127.0.0.1:9464, if that is free]
    #[arg(long, env = "TICKCAST_ADMIN_LISTEN", value_name = "ADDRESS", value_parser = parse_admin_listen)]
    pub admin_listen: Option<AdminListen>,
    /// How long stopping may take: players are told, and have so long to go
    #[arg(long, env = "TICKCAST_DRAIN_SECONDS", value_name = "SECONDS", default_value_t = 5,
        value_parser = clap::value_parser!(u16).range(1..=600))]
    pub drain_seconds: u16,
    /// Threads that serve connections, and as many again for rooms [default: one per core]
    #[arg(long, env = "TICKCAST_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    /// Folder to serve the page from, while working on it, instead of the files inside this program
    #[arg(long, env = "TICKCAST_WEB_DIR", value_name = "FOLDER")]
    pub web_dir: Option<PathBuf>,
    /// Steps of the world per second, 10 to 120
    #[arg(long, env = "TICKCAST_TICK_RATE", value_name = "HZ", default_value_t = 30,
        value_parser = clap::value_parser!(u16).range(10..=120), help_heading = "Rooms")]
    pub tick_rate: u16,
    /// People that can play in a room
    #[arg(long, env = "TICKCAST_ROOM_SIZE", value_name = "SEATS", default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(1..=i64::from(RoomOptions::SEATS_MAX)), help_heading = "Rooms")]
    pub room_size: u16,
    /// People that can watch a room
    #[arg(long, env = "TICKCAST_SPECTATORS", value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(0..=i64::from(RoomOptions::SPECTATORS_MAX)), help_heading = "Rooms")]
    pub spectators: u16,
    /// Drones that play while nobody else does; each person takes the place of one
    #[arg(long, env = "TICKCAST_DRONES", value_name = "N", default_value_t = 6,
        value_parser = clap::value_parser!(u16).range(0..=i64::from(RoomOptions::DRONES_MAX)), help_heading = "Rooms")]
    pub drones: u16,
    /// The most world units that a client is shown in each direction
    #[arg(long, env = "TICKCAST_VIEW_SIZE", value_name = "UNITS", default_value_t = 1920,
        value_parser = clap::value_parser!(u16).range(256..=16_384), help_heading = "Rooms")]
    pub view_size: u16,
    /// Where the world's chances come from; rooms made one after the other count up from it [default: random]
    #[arg(long, env = "TICKCAST_SEED", value_name = "NUMBER", help_heading = "Rooms")]
    pub seed: Option<u64>,
    /// Side of the square world, in units, 512 to 16383
    #[arg(long, env = "TICKCAST_WORLD_SIZE", value_name = "UNITS", default_value_t = 4096, help_heading = "World")]
    pub world_size: u16,
    /// Rocks that drift about
    #[arg(long, env = "TICKCAST_ROCKS", value_name = "N", default_value_t = 24, help_heading = "World")]
    pub rocks: u16,
    /// Orbs that heal and score
    #[arg(long, env = "TICKCAST_ORBS", value_name = "N", default_value_t = 60, help_heading = "World")]
    pub orbs: u16,
    /// With a secret of 16 bytes or more, whoever comes in needs a ticket that was made with it. Other users of this machine
    /// can see flags: better put it into the environment
    #[arg(long, env = "TICKCAST_AUTH_SECRET", value_name = "SECRET", hide_env_values = true, value_parser = SecretParser,
        help_heading = "Admission")]
    pub auth_secret: Option<Secret>,
    /// Who is let in.
    #[command(flatten)]
    pub admission: Admission,
}

/// Who is let in.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Admission")]
pub struct Admission {
    /// Connections that are served
    #[arg(long, env = "TICKCAST_CONNECTIONS_MAX", value_name = "N", default_value_t = LIMITS().connections_max)]
    pub connections_max: usize,
    /// Connections from one address; one /64 of IPv6 is one address
    #[arg(long, env = "TICKCAST_CONNECTIONS_PER_ADDRESS", value_name = "N",
        default_value_t = LIMITS().connections_per_address_max)]
    pub connections_per_address: usize,
    /// Joins, and rooms made, from one address each second; twice as many at once
    #[arg(long, env = "TICKCAST_JOINS_PER_SECOND", value_name = "N", default_value_t = LIMITS().joins_per_second,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub joins_per_second: u32,
    /// A page that may connect beside those of this server's own host, as in `https://game.example`; may be repeated
    #[arg(long, env = "TICKCAST_ALLOW_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    pub allow_origin: Vec<Origin>,
    /// A network of proxies that are believed when they say for whom they connect, as in 10.0.0.0/8; may be repeated
    #[arg(long, env = "TICKCAST_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',', value_parser = parse_network)]
    pub trusted_proxy: Vec<IpNet>,
}

/// What a ticket is to say.
#[derive(Args, Clone, Debug)]
pub struct TicketOptions {
    /// The secret that the server has
    #[arg(long, env = "TICKCAST_AUTH_SECRET", value_name = "SECRET", hide_env_values = true, value_parser = SecretParser)]
    pub auth_secret: Secret,
    /// The name that its holder plays under
    #[arg(long, value_name = "NAME", value_parser = |text: &str| PlayerName::try_from(text.to_owned()))]
    pub name: PlayerName,
    /// The room it is for [default: any]
    #[arg(long, value_name = "ROOM")]
    pub room: Option<RoomName>,
    /// For how many seconds it is good
    #[arg(long, value_name = "SECONDS", default_value_t = 3600,
        value_parser = clap::value_parser!(u64).range(1..=Tickets::VALID_S_MAX))]
    pub valid: u64,
}

impl TicketOptions {
    /// The ticket.
    ///
    /// # Errors
    /// When it would be longer than tickets may be.
    pub fn into_ticket(self) -> Result<Ticket, ClaimsError> {
        let expires_s = tickets::now_s() + self.valid;
        let claims = Claims { room: self.room, name: self.name, expires_s, nonce: Nonce::random() };
        Tickets::new(self.auth_secret).issue(&claims)
    }
}

const LIMITS: fn() -> AdmissionLimits = AdmissionLimits::default;

impl Admission {
    fn into_options(self) -> AdmissionOptions {
        AdmissionOptions {
            limits: AdmissionLimits {
                connections_max: self.connections_max,
                connections_per_address_max: self.connections_per_address,
                joins_per_second: self.joins_per_second,
            },
            allowed_origins: self.allow_origin,
            trusted_proxies: TrustedProxies::new(self.trusted_proxy),
        }
    }
}

impl Serve {
    /// The options of the server that is asked for.
    ///
    /// # Errors
    /// A sentence that says which values do not fit.
    pub fn into_options(self) -> Result<ServerOptions<arena::Options>, String> {
        let world = arena::Options { world_size: self.world_size, rocks: self.rocks, orbs: self.orbs };
        arena::World::check(&world)?;
        let room = RoomOptions {
            tick_rate: self.tick_rate,
            seats: self.room_size,
            spectators: self.spectators,
            drones: self.drones,
            view_size: self.view_size,
            seed: self.seed.unwrap_or_else(rand::random),
        };
        room.check()?;
        if let Some(folder) = self.web_dir.as_ref().filter(|folder| !folder.join("index.html").is_file()) {
            return Err(format!("--web-dir: there is no index.html in {}", folder.display()));
        }
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(ServerOptions {
            listen: self.listen,
            workers: self.workers.map_or_else(cores, usize::from),
            room,
            world,
            assets: self.web_dir.map_or(Assets::Embedded, Assets::Folder),
            admission: self.admission.into_options(),
            deadlines: Deadlines::default(),
            auth_secret: self.auth_secret,
            admin_listen: self.admin_listen.unwrap_or(DEFAULT_ADMIN_LISTEN),
            drain: Duration::from_secs(self.drain_seconds.into()),
        })
    }
}

/// A network, or a single address.
fn parse_network(text: &str) -> Result<IpNet, &'static str> {
    let single = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| single()).map_err(|_| "a network is an address and a length, as in 10.0.0.0/8")
}

/// Reads a secret. Other values are repeated when they are refused; this one is not.
#[derive(Clone)]
struct SecretParser;

impl TypedValueParser for SecretParser {
    type Value = Secret;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&Arg>, value: &OsStr) -> Result<Secret, clap::Error> {
        let flag = arg.and_then(Arg::get_long).unwrap_or_default();
        let refuse = |why: &dyn Display| clap::Error::raw(ErrorKind::ValueValidation, format!("--{flag}: {why}\n"));
        let text = value.to_str().ok_or_else(|| refuse(&"a secret is UTF-8"));
        text.and_then(|text| text.parse().map_err(|why| refuse(&why))).map_err(|error| error.with_cmd(command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves() {
        let line = CommandLine::try_parse_from(["tickcast", "--tick-rate", "60"]).expect("a flag of serve");
        assert!(line.command.is_none());
        assert_eq!(line.serve.tick_rate, 60);
    }

    #[test]
    fn bad_values_are_refused() {
        for flags in [
            ["--tick-rate", "9"],
            ["--tick-rate", "121"],
            ["--room-size", "0"],
            ["--listen", "nowhere"],
            ["--trusted-proxy", "10/8"],
        ] {
            assert!(CommandLine::try_parse_from(["tickcast", "serve"].iter().chain(&flags)).is_err(), "{flags:?}");
        }
        let line = CommandLine::try_parse_from(["tickcast", "--world-size", "100"]).expect("a number");
        assert!(line.serve.into_options().is_err());
    }
}
