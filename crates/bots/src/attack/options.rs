//! Command-line options of `attack`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tickcast_game::Behaviour;
use tickcast_protocol::codec::SUBPROTOCOL;

use super::{AttackReport, Kind};
use crate::endpoint::Endpoint;
use crate::options::{Fraction, LeadChoice};
use crate::{BotsOptions, OptionError, Requirement};

/// Simulate attacks on a server, and measure their effect on honest bots.
#[derive(Args, Clone, Debug)]
pub struct AttackOptions {
    /// WebSocket endpoint of the server
    #[arg(long, env = "TICKCAST_ATTACK_URL", default_value = "ws://127.0.0.1:8080/ws")]
    pub url: Endpoint,
    /// IPv4 address of the server's metrics; the report includes them if they are available
    #[arg(long, env = "TICKCAST_ATTACK_METRICS", value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    pub metrics: Option<SocketAddr>,
    /// Permit an attack on a server that is not on this machine; only for a server that you operate
    #[arg(long, env = "TICKCAST_ATTACK_I_OWN_THIS_SERVER")]
    pub i_own_this_server: bool,
    /// Number of honest bots
    #[arg(long, env = "TICKCAST_ATTACK_HONEST", value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub honest: u32,
    /// Number of hostile clients at a time
    #[arg(long, env = "TICKCAST_ATTACK_HOSTILE", value_name = "N", default_value_t = 40,
        value_parser = clap::value_parser!(u32).range(1..=50_000))]
    pub hostile: u32,
    /// Kinds of hostile clients, in equal shares [default: all]
    #[arg(long, env = "TICKCAST_ATTACK_KINDS", value_enum, value_delimiter = ',', default_values_t = Kind::ALL,
        hide_default_value = true)]
    pub kinds: Vec<Kind>,
    /// New connections per second of all hostile clients together
    #[arg(long, env = "TICKCAST_ATTACK_CONNECTS", value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub connects: u32,
    /// Duration of each of the two measurements, without and with hostile clients, in seconds
    #[arg(long, env = "TICKCAST_ATTACK_SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub seconds: u32,
    /// New connections per second of the honest bots
    #[arg(long, env = "TICKCAST_ATTACK_RAMP", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub ramp: u32,
    /// Seed of the random number generators of all clients
    #[arg(long, env = "TICKCAST_ATTACK_SEED", default_value_t = 0)]
    pub seed: u64,
    /// Write the report to this file in JSON
    #[arg(long, env = "TICKCAST_ATTACK_JSON", value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Exit with status 1 unless the report meets this requirement, such as 'attacked.delivered>=0.99' or
    /// 'server.panics==0'; may be repeated
    #[arg(long, env = "TICKCAST_ATTACK_REQUIRE", value_name = "FIELD OP NUMBER", value_delimiter = ',',
        value_parser = |text: &str| Requirement::parse(text, &AttackReport::default()))]
    pub require: Vec<Requirement>,
}

impl AttackOptions {
    /// Address to attack.
    ///
    /// # Errors
    /// Fails if the host has no address. Also fails for another machine, unless [`Self::i_own_this_server`] is set.
    pub(super) fn target(&self) -> Result<SocketAddr, OptionError> {
        let target = self.url.resolve().map_err(OptionError::UnknownHost)?;
        if target.ip().is_loopback() || self.i_own_this_server {
            Ok(target)
        } else {
            Err(OptionError::RemoteTarget(target))
        }
    }

    /// Options of the honest bots. Options that `attack` does not have get the defaults of `tickcast bots`.
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

    /// A valid upgrade request (RFC 6455, section 4.1).
    pub(super) fn upgrade_request(&self) -> Vec<u8> {
        let (path, host) = (self.url.path(), self.url.authority());
        // The key is the example in RFC 6455, section 1.3. The server's answer to it is not verified.
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
    fn all_kinds_are_the_default() {
        assert_eq!(parse(&[]).expect("all options have defaults").kinds, Kind::ALL);
        assert_eq!(
            parse(&["--kinds", "flood,never-read"]).expect("the kinds are valid").kinds,
            [Kind::Flood, Kind::NeverRead]
        );
    }

    #[test]
    fn other_machines_are_attacked_only_with_permission() {
        let target = |flags: &[&str]| parse(flags).expect("the values are valid").target();
        assert!(target(&["--url", "ws://127.0.0.1:1/ws"]).is_ok());
        assert!(target(&["--url", "ws://[::1]:1/ws"]).is_ok());
        assert!(
            target(&["--url", "ws://192.0.2.1:1/ws"]).is_err_and(|error| error.to_string().contains("--i-own-this-server"))
        );
        assert!(target(&["--url", "ws://192.0.2.1:1/ws", "--i-own-this-server"]).is_ok());
    }

    #[test]
    fn requirements_refer_to_the_fields_of_the_attack_report() {
        assert!(parse(&["--require", "attacked.delivered>=0.99", "--require", "server.panics==0"]).is_ok());
        assert!(parse(&["--require", "attacked.input_latency_ms.p99<60"]).is_ok());
        assert!(parse(&["--require", "delivered>=0.99"]).is_err());
    }
}
