//! `serve`: hosts the game.

mod client_limits;
mod datagrams;
mod operation;
mod page;
mod storage;
mod webhooks;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use ipnet::IpNet;
use log::{error, warn};
use tickcast_game::{OptionsError, Simulation};
use tickcast_protocol::Team;

use self::client_limits::ClientLimitArgs;
use self::datagrams::DatagramArgs;
use self::operation::{OperationArgs, OperatorTokenError};
pub(super) use self::page::{NoIndex, Page};
use self::storage::{OpenedStore, StorageArgs};
use self::webhooks::{WebhookArgs, WebhookArgsError};
use super::auth::{AuthArgs, KeyFileError};
use super::{GameFlags, INVALID_ARGUMENTS, logging};
use crate::admission::AdmissionControl;
use crate::{
    AdminListen, AdmissionLimits, AdmissionOptions, ClientLimits, HostName, Networks, Origin, RoomApi, RoomOptions, Server,
    ServerOptions, TlsOptions, TrustedProxies,
};

/// Default address for metrics and readiness. OpenTelemetry's Prometheus exporters have the same default port.
const DEFAULT_ADMIN_LISTEN: AdminListen = AdminListen::IfFree(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464));

/// Number of open files other than those of connections and threads: standard streams, listeners, and static files that are
/// being sent.
const OTHER_FILES: u64 = 64;
/// Number of open files of an HTTP worker and a room thread together. Each of these two threads has an event queue (two
/// descriptors), a descriptor that wakes the thread, and a descriptor for signals.
const FILES_PER_WORKER: u64 = 8;

/// Options of the server. `F` are the flags of the game.
#[derive(Args, Debug)]
pub(super) struct ServeArgs<F: GameFlags> {
    /// Address to listen on. Port 0 selects a free port, which is printed
    #[arg(long, env = "TICKCAST_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Address for metrics and readiness, or `off` [default: 127.0.0.1:9464, if that is free]
    #[arg(long, env = "TICKCAST_ADMIN_LISTEN", value_name = "ADDRESS", value_parser = parse_admin_listen)]
    admin_listen: Option<AdminListen>,
    /// Time limit for an orderly shutdown: clients are informed and their connections closed
    #[arg(long, env = "TICKCAST_DRAIN_SECONDS", value_name = "SECONDS", default_value_t = 5,
        value_parser = clap::value_parser!(u16).range(1..=600))]
    drain_seconds: u16,
    /// Number of threads for connections. The same number of further threads runs the rooms [default: one per core]
    #[arg(long, env = "TICKCAST_WORKERS", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    workers: Option<u16>,
    /// Serve the page from this folder instead of the embedded files, for development
    #[arg(long, env = "TICKCAST_WEB_DIR", value_name = "FOLDER")]
    web_dir: Option<PathBuf>,
    #[command(flatten)]
    rooms: RoomArgs,
    #[command(flatten)]
    game: F,
    #[command(flatten)]
    auth: AuthArgs,
    #[command(flatten)]
    admission: AdmissionArgs,
    #[command(flatten)]
    client_limits: ClientLimitArgs,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    datagrams: DatagramArgs,
    #[command(flatten)]
    storage: StorageArgs,
    #[command(flatten)]
    webhooks: WebhookArgs,
    #[command(flatten)]
    operation: OperationArgs,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Rooms")]
struct RoomArgs {
    /// Simulation steps per second, 10 to 120
    #[arg(long, env = "TICKCAST_TICK_RATE", value_name = "HZ", default_value_t = 30,
        value_parser = clap::value_parser!(u16).range(10..=120))]
    tick_rate: u16,
    /// Seats for players in a room
    #[arg(long, env = "TICKCAST_ROOM_SIZE", value_name = "SEATS", default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(1..=i64::from(RoomOptions::SEATS_MAX)))]
    room_size: u16,
    /// Maximum number of spectators in a room
    #[arg(long, env = "TICKCAST_SPECTATORS", value_name = "N", default_value_t = 100,
        value_parser = clap::value_parser!(u16).range(0..=i64::from(RoomOptions::SPECTATORS_MAX)))]
    spectators: u16,
    /// Delay with which spectators see the world, up to 60. Choose 10 for ranked games or with tickets: otherwise, players
    /// can see the whole world by connecting as spectators, too
    #[arg(long, env = "TICKCAST_SPECTATOR_DELAY", value_name = "SECONDS", default_value_t = 0,
        value_parser = clap::value_parser!(u16).range(0..=i64::from(RoomOptions::SPECTATOR_DELAY_S_MAX)))]
    spectator_delay: u16,
    /// AI players in a room without human players; each human player replaces one
    #[arg(long, alias = "drones", env = "TICKCAST_AI_PLAYERS", value_name = "N", default_value_t = default_ai_players(),
        value_parser = clap::value_parser!(u16).range(0..=i64::from(RoomOptions::AI_PLAYERS_MAX)))]
    ai_players: u16,
    /// Maximum width and height of a client's view in world units, 256 to 16384
    #[arg(long, env = "TICKCAST_VIEW_SIZE", value_name = "UNITS", default_value_t = 1920,
        value_parser = clap::value_parser!(u16).range(256..=16_384))]
    view_size: u16,
    /// Number of teams in a room, up to 16 [default: the game's number, for most games none]
    #[arg(long, env = "TICKCAST_TEAMS", value_name = "N", default_value_t = 0, hide_default_value = true,
        value_parser = clap::value_parser!(u16).range(0..=i64::from(Team::COUNT_MAX)))]
    teams: u16,
    /// A match begins when all players are ready, or after this time, up to 600. The time begins with the first player. 0: the
    /// match begins at once
    #[arg(long, env = "TICKCAST_READY_UP", value_name = "SECONDS", default_value_t = 0,
        value_parser = clap::value_parser!(u16).range(0..=i64::from(RoomOptions::READY_UP_S_MAX)))]
    ready_up: u16,
    /// Secret number from which the seed of each room is derived, for reproducible rooms [default: random]
    #[arg(long, env = "TICKCAST_SEED", value_name = "NUMBER")]
    seed: Option<u64>,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Admission")]
struct AdmissionArgs {
    /// Limit on connections
    #[arg(long, env = "TICKCAST_CONNECTIONS_MAX", value_name = "N", default_value_t = AdmissionLimits::default().connections_max)]
    connections_max: usize,
    /// Origin of pages that may connect, in addition to those of this server's host, as in `https://game.example`; repeatable
    #[arg(long, env = "TICKCAST_ALLOW_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    allow_origin: Vec<Origin>,
    /// Name of this server, as in `game.example`: pages loaded under it may connect. Not needed for IP addresses, localhost and
    /// hosts of allowed origins; repeatable
    #[arg(long, env = "TICKCAST_ALLOW_HOST", value_name = "HOST", value_delimiter = ',')]
    allow_host: Vec<HostName>,
    /// Network of proxies whose forwarding headers are trusted, as in 10.0.0.0/8; repeatable
    #[arg(long, env = "TICKCAST_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',', value_parser = parse_network)]
    trusted_proxy: Vec<IpNet>,
    /// Trusted proxies begin each connection with a PROXY protocol header, version 2
    #[arg(long, env = "TICKCAST_PROXY_PROTOCOL", requires = "trusted_proxy")]
    proxy_protocol: bool,
    /// Network whose addresses are exempt from the limits on clients; trusted proxies in it are not exempt. Repeatable
    #[arg(long, env = "TICKCAST_EXEMPT_NETWORK", value_name = "NETWORK", value_delimiter = ',', value_parser = parse_network,
        default_values = ["127.0.0.1", "::1"])]
    exempt_network: Vec<IpNet>,
    /// Who may create rooms with `POST /api/rooms`: nobody, clients with a ticket, or everyone
    /// [default: `ticket` if clients need a ticket to play, otherwise `open`]
    #[arg(long, env = "TICKCAST_ROOM_API", value_name = "off|ticket|open", value_parser = parse_room_api)]
    room_api: Option<RoomApi>,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "TLS")]
struct TlsArgs {
    /// PEM file with the certificate, followed by intermediate ones; enables `https` and `wss`. SIGHUP reloads it
    #[arg(long, env = "TICKCAST_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// PEM file with the private key of the certificate
    #[arg(long, env = "TICKCAST_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Address on which plain HTTP requests are redirected to `https`
    #[arg(long, env = "TICKCAST_REDIRECT_LISTEN", value_name = "ADDRESS", requires = "tls_cert")]
    redirect_listen: Option<SocketAddr>,
}

/// Hosts the game until a signal arrives. `name` is the name of the program.
pub(super) fn run<S, F>(args: ServeArgs<F>, name: &str, page: Page) -> ExitCode
where
    S: Simulation,
    F: GameFlags<Options = S::Options>,
{
    let _log = logging::init(args.operation.log_format());
    let storage = args.storage.clone();
    let mut options = match args.into_options::<S>(page) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("error: {error}\n\nFor more information, try '--help'.");
            return INVALID_ARGUMENTS.into();
        }
    };
    if let Some(files_max) = tickcast_platform::raise_open_files_limit()
        && let Err(error) = fit_open_files(&mut options, files_max)
    {
        error!("{error}");
        return ExitCode::FAILURE;
    }
    let mut server = Server::<S>::builder().options(options).shutdown_on_signals().reload_certificate_on_signals();
    match storage.open() {
        Ok(Some(OpenedStore { store, incidents, ban_file })) => {
            server = server.store(store).incident_folder(incidents).ban_file(ban_file);
        }
        Ok(None) => {}
        Err(error) => {
            error!("--data-dir: {error}");
            return ExitCode::FAILURE;
        }
    }
    match tickcast_platform::inherited_listeners() {
        Ok(listeners) => server = server.inherited_listeners(listeners),
        Err(error) => {
            error!("the inherited sockets cannot be used: {error}");
            return ExitCode::FAILURE;
        }
    }
    match server.run_with(|server| println!("{name} serves {}", server.url())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The limit on open files is too low for even one connection.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit on open files is {files_max}, but the server needs {needed}; raise it, for example with `ulimit -n`")]
struct TooFewFiles {
    files_max: u64,
    needed: u64,
}

/// Lowers the limit on connections if the limit on open files requires this, because each connection needs an open file.
/// Reserves some open files. With these, even a full server can open files, and can accept further connections in order to
/// refuse them with a response.
fn fit_open_files<O>(options: &mut ServerOptions<O>, files_max: u64) -> Result<(), TooFewFiles> {
    let other_files = OTHER_FILES + FILES_PER_WORKER * options.workers as u64 + AdmissionControl::REFUSED_MAX as u64;
    let fitting = files_max.checked_sub(other_files).filter(|fitting| *fitting > 0);
    let fitting = fitting.ok_or(TooFewFiles { files_max, needed: other_files + 1 })?;
    let limits = &mut options.admission.limits;
    let fitting = usize::try_from(fitting).unwrap_or(usize::MAX);
    if limits.connections_max > fitting {
        let wanted = std::mem::replace(&mut limits.connections_max, fitting);
        warn!("--connections-max lowered from {wanted} to {fitting}, because the limit on open files is {files_max}");
    }
    Ok(())
}

/// Reason for rejecting arguments that the parser has accepted.
#[derive(Debug, thiserror::Error)]
enum ServeArgsError {
    #[error(transparent)]
    Options(#[from] OptionsError),
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    #[error(transparent)]
    Webhooks(#[from] WebhookArgsError),
    #[error(transparent)]
    OperatorToken(#[from] OperatorTokenError),
    #[error(transparent)]
    NoIndex(#[from] NoIndex),
}

impl<F: GameFlags> ServeArgs<F> {
    #[cfg(test)]
    pub(super) const fn tick_rate(&self) -> u16 {
        self.rooms.tick_rate
    }

    fn into_options<S>(self, page: Page) -> Result<ServerOptions<S::Options>, ServeArgsError>
    where
        S: Simulation,
        F: GameFlags<Options = S::Options>,
    {
        let defaults = ServerOptions::default();
        let mut options = ServerOptions {
            listen: self.listen,
            seed: self.rooms.seed.unwrap_or(defaults.seed),
            room: self.rooms.into_options(),
            world: self.game.into_options(),
            admission: self.admission.to_options(self.client_limits.to_limits()),
            room_api: self.admission.room_api,
            tickets: self.auth.into_options()?,
            admin_listen: self.admin_listen.unwrap_or(DEFAULT_ADMIN_LISTEN),
            drain: Duration::from_secs(self.drain_seconds.into()),
            tls: self.tls.into_options(),
            datagrams: self.datagrams.listen(),
            on_disk_error: self.storage.on_disk_error(),
            persistent_rooms: self.storage.persistent_rooms().to_vec(),
            webhooks: self.webhooks.into_options()?,
            operator_token: self.operation.into_token()?,
            ..defaults
        };
        S::validate(&options.world)?;
        options.room.validate()?;
        options.validate_room_api()?;
        if let Some(workers) = self.workers {
            options.workers = workers.into();
        }
        options.assets = page.assets(self.web_dir)?;
        Ok(options)
    }
}

impl RoomArgs {
    fn into_options(self) -> RoomOptions {
        RoomOptions::default().with(|room| {
            room.tick_rate = self.tick_rate;
            room.seats = self.room_size;
            room.spectators = self.spectators;
            room.spectator_delay_s = self.spectator_delay;
            room.ai_players = self.ai_players;
            room.view_size = self.view_size;
            room.teams = self.teams;
            room.ready_up_s = self.ready_up;
        })
    }
}

impl AdmissionArgs {
    fn to_options(&self, client: ClientLimits) -> AdmissionOptions {
        AdmissionOptions {
            limits: AdmissionLimits { connections_max: self.connections_max, client, ..AdmissionLimits::default() },
            allowed_origins: self.allow_origin.clone(),
            allowed_hosts: self.allow_host.clone(),
            trusted_proxies: TrustedProxies::new(self.trusted_proxy.clone()),
            proxy_protocol: self.proxy_protocol,
            exempt_networks: Networks::new(self.exempt_network.clone()),
        }
    }
}

impl TlsArgs {
    fn into_options(self) -> Option<TlsOptions> {
        let (certificate, key) = self.tls_cert.zip(self.tls_key)?;
        let mut options = TlsOptions::new(certificate, key);
        options.redirect_listen = self.redirect_listen;
        Some(options)
    }
}

/// The default of `--ai-players`: the value of the deprecated environment variable `TICKCAST_DRONES` if it is set,
/// otherwise that of [`RoomOptions`].
fn default_ai_players() -> u16 {
    std::env::var("TICKCAST_DRONES").ok().and_then(|text| text.parse().ok()).unwrap_or(RoomOptions::default().ai_players)
}

fn parse_admin_listen(text: &str) -> Result<AdminListen, std::net::AddrParseError> {
    if text == "off" { Ok(AdminListen::Off) } else { text.parse().map(AdminListen::At) }
}

fn parse_room_api(text: &str) -> Result<RoomApi, &'static str> {
    match text {
        "off" => Ok(RoomApi::Off),
        "ticket" => Ok(RoomApi::Ticket),
        "open" => Ok(RoomApi::Open),
        _ => Err("expected off, ticket or open"),
    }
}

/// Parses a network or a single address.
fn parse_network(text: &str) -> Result<IpNet, &'static str> {
    let single_address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| single_address()).map_err(|_| "a network is an address and a length, as in 10.0.0.0/8")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Applies [`fit_open_files`] to a server with two workers, and returns the resulting limit on connections.
    fn fitted(connections_max: usize, files_max: u64) -> Result<usize, TooFewFiles> {
        let mut options = ServerOptions::<()> { workers: 2, ..ServerOptions::default() };
        options.admission.limits.connections_max = connections_max;
        fit_open_files(&mut options, files_max).map(|()| options.admission.limits.connections_max)
    }

    #[test]
    fn the_limit_on_connections_is_lowered_to_fit_the_limit_on_open_files() {
        assert_eq!(fitted(10_000, 20_000), Ok(10_000));
        assert_eq!(fitted(10_000, 1_024), Ok(1_024 - 336));
        assert_eq!(fitted(usize::MAX, 1_024), Ok(1_024 - 336));
        assert_eq!(fitted(usize::MAX, 337), Ok(1));
        assert_eq!(fitted(1, 336), Err(TooFewFiles { files_max: 336, needed: 337 }));
    }
}
