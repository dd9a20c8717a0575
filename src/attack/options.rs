//! What is attacked, and how.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tickcast_protocol::codec::SUBPROTOCOL;

use super::{AttackReport, Kind};
use crate::bots::endpoint::Endpoint;
use crate::bots::options::{Fraction, LeadChoice};
use crate::bots::{Behaviour, BotsOptions, Requirement};

/// Attack a server, with honest bots beside the attackers, and report what these felt.
#[derive(Args, Clone, Debug)]
pub struct AttackOptions {
    /// The server's WebSocket endpoint
    #[arg(long, env = "TICKCAST_ATTACK_URL", default_value = "ws://127.0.0.1:8080/ws")]
    pub url: Endpoint,
    /// Where the server tells its metrics: they are part of the report, if they can be had
    #[arg(long, env = "TICKCAST_ATTACK_METRICS", value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    pub metrics: Option<SocketAddr>,
    /// Attack a server that is not on this machine; only one's own
    #[arg(long, env = "TICKCAST_ATTACK_I_OWN_THIS_SERVER")]
    pub i_own_this_server: bool,
    /// How many honest bots play
    #[arg(long, env = "TICKCAST_ATTACK_HONEST", value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub honest: u32,
    /// How many attackers there are at a time
    #[arg(long, env = "TICKCAST_ATTACK_HOSTILE", value_name = "N", default_value_t = 40,
        value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub hostile: u32,
    /// What the attackers do, in turn [default: everything]
    #[arg(long, env = "TICKCAST_ATTACK_KINDS", value_enum, value_delimiter = ',', default_values_t = Kind::ALL,
        hide_default_value = true)]
    pub kinds: Vec<Kind>,
    /// How many connections the attackers make each second, all together
    #[arg(long, env = "TICKCAST_ATTACK_CONNECTS", value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub connects: u32,
    /// How long to measure in peace, and how long under attack, once all honest bots are in
    #[arg(long, env = "TICKCAST_ATTACK_SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub seconds: u32,
    /// How many honest bots connect each second
    #[arg(long, env = "TICKCAST_ATTACK_RAMP", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub ramp: u32,
    /// What chances are drawn from
    #[arg(long, env = "TICKCAST_ATTACK_SEED", default_value_t = 0)]
    pub seed: u64,
    /// Write the report to this file, as JSON
    #[arg(long, env = "TICKCAST_ATTACK_JSON", value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Fail unless this holds of the report, as in 'attacked.delivered>=0.99' or 'server.panics==0'; may be repeated
    #[arg(long, env = "TICKCAST_ATTACK_REQUIRE", value_name = "FIELD OP NUMBER", value_delimiter = ',',
        value_parser = Requirement::of::<AttackReport>)]
    pub require: Vec<Requirement>,
}

impl AttackOptions {
    /// Whom to attack: this machine, unless the server is said to be one's own.
    pub(super) fn target(&self) -> Result<SocketAddr, String> {
        let target = self.url.resolve().map_err(|error| format!("--url: {error}"))?;
        if target.ip().is_loopback() || self.i_own_this_server {
            Ok(target)
        } else {
            Err(format!("{target} is not on this machine; --i-own-this-server says that it is yours to attack"))
        }
    }

    /// The honest ones: as `tickcast bots` has them.
    pub(super) fn honest_bots(&self) -> BotsOptions {
        BotsOptions {
            url: self.url.clone(),
            count: self.honest,
            settle: 0,
            seconds: self.seconds,
            room: None,
            ramp: self.ramp,
            behaviour: Behaviour::Wander,
            seed: self.seed,
            lead: LeadChoice::Ticks(1),
            verify: Fraction::ALL,
            viewport: None,
            json: None,
            require: Vec::new(),
        }
    }

    /// What a proper client asks for.
    pub(super) fn upgrade_request(&self) -> Vec<u8> {
        let (path, host) = (self.url.path(), self.url.authority());
        // The key of RFC 6455, section 1.3: nobody looks at the answer.
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        options: AttackOptions,
    }

    fn parse(flags: &[&str]) -> Result<AttackOptions, clap::Error> {
        Command::try_parse_from([&["attack"], flags].concat()).map(|command| command.options)
    }

    #[test]
    fn everything_is_tried_unless_told_otherwise() {
        assert_eq!(parse(&[]).expect("defaults").kinds, Kind::ALL);
        assert_eq!(parse(&["--kinds", "flood,never-read"]).expect("kinds").kinds, [Kind::Flood, Kind::NeverRead]);
    }

    #[test]
    fn other_machines_are_left_alone() {
        let target = |flags: &[&str]| parse(flags).expect("good flags").target();
        assert!(target(&["--url", "ws://127.0.0.1:1/ws"]).is_ok());
        assert!(target(&["--url", "ws://[::1]:1/ws"]).is_ok());
        assert!(target(&["--url", "ws://192.0.2.1:1/ws"]).is_err_and(|why| why.contains("--i-own-this-server")));
        assert!(target(&["--url", "ws://192.0.2.1:1/ws", "--i-own-this-server"]).is_ok());
    }

    #[test]
    fn requirements_are_of_this_report() {
        assert!(parse(&["--require", "attacked.delivered>=0.99", "--require", "server.panics==0"]).is_ok());
        assert!(parse(&["--require", "attacked.input_latency_ms.p99<60"]).is_ok());
        assert!(parse(&["--require", "delivered>=0.99"]).is_err());
    }
}
