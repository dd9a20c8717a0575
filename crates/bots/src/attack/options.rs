//! Command-line options of `attack`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tickcast_game::Behaviour;
use tickcast_protocol::RoomName;
use tickcast_protocol::codec::SUBPROTOCOL;

use super::traffic::RequestTarget;
use super::{AttackReport, Kind};
use crate::endpoint::{Connector, Endpoint, SourceAddresses};
use crate::options::{Fraction, LeadChoice, Transport};
use crate::{BotsOptions, OptionError, Requirement};

/// Simulate attacks on a server, and measure their effect on honest bots.
#[derive(Args, Clone, Debug)]
pub struct AttackOptions {
    /// WebSocket endpoint of the server
    #[arg(long, env = "TICKCAST_ATTACK_URL", default_value = "ws://127.0.0.1:8080/ws")]
    pub url: Endpoint,
    /// PEM file with the certificate authorities to trust for `wss` [default: those that Mozilla trusts]
    #[arg(long, env = "TICKCAST_ATTACK_TLS_CA", value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
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
    /// Attack with each kind alone, one after another, instead of with all kinds at once
    #[arg(long, env = "TICKCAST_ATTACK_EACH_KIND")]
    pub each_kind: bool,
    /// Number of addresses of the hostile clients, 127.0.0.2 and up, if the server is on this machine [default: 1 if the
    /// server listens in 127.0.0.0/8; otherwise the system selects the address]
    #[arg(long, env = "TICKCAST_ATTACK_ADDRESSES", value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=SourceAddresses::COUNT_MAX))]
    pub addresses: Option<u32>,
    /// Number of addresses of the honest bots, 127.1.0.1 and up, if the server is on this machine [default: the system selects
    /// the address]
    #[arg(long, env = "TICKCAST_ATTACK_HONEST_ADDRESSES", value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..=SourceAddresses::COUNT_MAX))]
    pub honest_addresses: Option<u32>,
    /// Room of all clients, honest and hostile [default: selected by the server]
    #[arg(long, env = "TICKCAST_ATTACK_ROOM", value_name = "NAME")]
    pub room: Option<RoomName>,
    /// Honest bots per second that join during each measurement, receive a snapshot, and leave
    #[arg(long, env = "TICKCAST_ATTACK_NEWCOMERS", value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(0..=1_000))]
    pub newcomers: u32,
    /// Duration of each measurement, without and with hostile clients, in seconds
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
        value_parser = |text: &str| Requirement::parse(text, &AttackReport::sample()))]
    pub require: Vec<Requirement>,
}

impl AttackOptions {
    /// Creates the connector of the hostile clients.
    ///
    /// # Errors
    /// Fails if the host cannot be resolved, if clients cannot connect to it from the addresses that the options require,
    /// or if TLS cannot be prepared. Also fails if the server is on another machine, unless
    /// [`Self::i_own_this_server`] is set.
    pub(super) fn hostile_connector(&self) -> Result<Connector, OptionError> {
        let target = self.url.resolve().map_err(OptionError::UnknownHost)?;
        if !target.ip().is_loopback() && !self.i_own_this_server {
            return Err(OptionError::RemoteTarget(target));
        }
        let count = self.addresses.or(SourceAddresses::can_reach(target).then_some(1));
        let encryption = self.url.encryption(self.tls_ca.as_deref())?;
        Connector::new(target, encryption, count.map(SourceAddresses::hostile))
    }

    /// Options of the honest bots. Options that `attack` does not have get the defaults of `tickcast bots`.
    pub(super) fn honest_bots(&self) -> BotsOptions {
        BotsOptions {
            url: self.url.clone(),
            transport: Transport::Websocket,
            tls_ca: self.tls_ca.clone(),
            count: self.honest,
            settle: 0,
            seconds: self.seconds,
            room: self.room.clone(),
            ramp: self.ramp,
            joining: None,
            addresses: self.honest_addresses,
            newcomers: self.newcomers,
            inputs_per_second: None,
            behaviour: Behaviour::Wander,
            seed: self.seed,
            lead: LeadChoice::Ticks(1),
            verify: Fraction::ALL,
            viewport: None,
            json: None,
            require: Vec::new(),
        }
    }

    /// What hostile clients need for their requests: the value of the `Host` header, and a valid upgrade request.
    pub(super) fn request_target(&self) -> RequestTarget {
        let (path, host) = (self.url.path(self.room.as_ref()), self.url.authority().to_owned());
        // The key is the example in RFC 6455, section 1.3. The server's answer to it is not verified.
        let upgrade_request = format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
        );
        RequestTarget { host, upgrade_request: upgrade_request.into_bytes() }
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
        let target = |flags: &[&str]| parse(flags).expect("the values are valid").hostile_connector();
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
        assert!(parse(&["--require", "attacked.newcomers.failed==0,ratio.input_latency_p99<=1.1"]).is_ok());
        assert!(parse(&["--require", "each_kind.*.ratio.delivered>=0.99"]).is_ok());
        assert!(parse(&["--require", "each_kind.lost_seats.hostile.kinds.lost_seats.joins>0"]).is_ok());
        assert!(parse(&["--require", "hostile.kinds.rooms.responses.201>0"]).is_ok());
        assert!(parse(&["--require", "delivered>=0.99"]).is_err());
        assert!(parse(&["--require", "each_kind.*.delivered>=0.99"]).is_err());
        assert!(parse(&["--require", "each_kind.lost-seats.attacked.delivered>=0.99"]).is_err());
    }

    #[test]
    fn several_addresses_require_a_server_in_the_ipv4_loopback_network() {
        let connector = |flags: &[&str]| parse(flags).expect("the values are valid").hostile_connector();
        assert!(connector(&["--addresses", "50"]).is_ok());
        assert!(connector(&["--url", "ws://[::1]:1/ws"]).is_ok(), "the system selects the address");
        let error = connector(&["--url", "ws://[::1]:1/ws", "--addresses", "1"]).expect_err("::1 is not in 127.0.0.0/8");
        assert!(error.to_string().contains("[::1]:1"), "{error}");
        assert!(parse(&["--addresses", "0"]).is_err());
    }

    #[test]
    fn hostile_clients_join_the_room_of_the_honest_bots() {
        let options = parse(&["--room", "duel", "--honest-addresses", "7"]).expect("the values are valid");
        let request = String::from_utf8(options.request_target().upgrade_request).expect("the request is a text");
        assert!(request.starts_with("GET /ws?room=duel HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"), "{request}");
        let honest = options.honest_bots();
        assert_eq!((honest.room, honest.addresses), ("duel".parse().ok(), Some(7)));
    }
}
