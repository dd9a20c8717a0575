//! Flags of the limits on clients.

use clap::Args;

use crate::ClientLimits;

/// Parses a limit. Rejects zero, because such a limit would refuse every client.
fn limit() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..=1_000_000_000)
}

/// What one client may use. A client is an IPv4 address or an IPv6 /64.
#[derive(Args, Clone, Debug)]
#[command(
    next_help_heading = "Limits of one client: an address or IPv6 /64 (a /56 may use twice as much, a /48 four times)"
)]
pub(super) struct ClientLimitArgs {
    /// Open connections
    #[arg(long, alias = "connections-per-address", env = "TICKCAST_CONNECTIONS_PER_CLIENT", value_name = "N",
        default_value_t = default_connections(), value_parser = limit())]
    connections_per_client: u32,
    /// New connections per second, in bursts of up to 20 times as many
    #[arg(long, env = "TICKCAST_CONNECTS_PER_SECOND", value_name = "N",
        default_value_t = ClientLimits::default().connects_per_second, value_parser = limit())]
    connects_per_second: u32,
    /// HTTP requests per second, in bursts of up to 32 times as many
    #[arg(long, env = "TICKCAST_REQUESTS_PER_SECOND", value_name = "N",
        default_value_t = ClientLimits::default().requests_per_second, value_parser = limit())]
    requests_per_second: u32,
    /// Joins and new rooms per second, in bursts of up to twice as many. Resuming a seat does not count
    #[arg(long, env = "TICKCAST_JOINS_PER_SECOND", value_name = "N",
        default_value_t = ClientLimits::default().joins_per_second, value_parser = limit())]
    joins_per_second: u32,
    /// WebSocket messages per second over all connections, in bursts of up to twice as many
    #[arg(long, env = "TICKCAST_MESSAGES_PER_SECOND", value_name = "N",
        default_value_t = ClientLimits::default().messages_per_second, value_parser = limit())]
    messages_per_second: u32,
    /// Pings per second over all connections, in bursts of up to twice as many
    #[arg(long, env = "TICKCAST_PINGS_PER_SECOND", value_name = "N",
        default_value_t = ClientLimits::default().pings_per_second, value_parser = limit())]
    pings_per_second: u32,
    /// Bytes of WebSocket messages per second over all connections, in bursts of up to twice as many
    #[arg(long, env = "TICKCAST_BYTES_PER_SECOND", value_name = "N",
        default_value_t = ClientLimits::default().bytes_per_second, value_parser = limit())]
    bytes_per_second: u32,
    /// Seats and spectators, including seats kept for lost connections
    #[arg(long, env = "TICKCAST_SEATS_PER_CLIENT", value_name = "N",
        default_value_t = ClientLimits::default().seats, value_parser = limit())]
    seats_per_client: u32,
    /// Rooms that the client has created
    #[arg(long, env = "TICKCAST_ROOMS_PER_CLIENT", value_name = "N",
        default_value_t = ClientLimits::default().rooms, value_parser = limit())]
    rooms_per_client: u32,
    /// Cost of the rooms that the client has created: the sum of ticks per second × (4 + AI players)
    #[arg(long, env = "TICKCAST_ROOM_COST_PER_CLIENT", value_name = "N",
        default_value_t = ClientLimits::default().room_cost, value_parser = limit())]
    room_cost_per_client: u32,
    /// Subscriptions to the list of rooms
    #[arg(long, env = "TICKCAST_EVENT_STREAMS_PER_CLIENT", value_name = "N",
        default_value_t = ClientLimits::default().event_streams, value_parser = limit())]
    event_streams_per_client: u32,
}

impl ClientLimitArgs {
    pub(super) fn to_limits(&self) -> ClientLimits {
        ClientLimits {
            connections: self.connections_per_client,
            connects_per_second: self.connects_per_second,
            requests_per_second: self.requests_per_second,
            joins_per_second: self.joins_per_second,
            messages_per_second: self.messages_per_second,
            pings_per_second: self.pings_per_second,
            bytes_per_second: self.bytes_per_second,
            seats: self.seats_per_client,
            rooms: self.rooms_per_client,
            room_cost: self.room_cost_per_client,
            event_streams: self.event_streams_per_client,
            ..ClientLimits::default()
        }
    }
}

/// The default of `--connections-per-client`: the value of the former environment variable
/// `TICKCAST_CONNECTIONS_PER_ADDRESS` if it is set, otherwise the default of [`ClientLimits`].
fn default_connections() -> u32 {
    let former = std::env::var("TICKCAST_CONNECTIONS_PER_ADDRESS").ok().and_then(|text| text.parse().ok());
    former.unwrap_or(ClientLimits::default().connections)
}
