//! Limits on the total number of connections, and on what one client may use.

use super::Rate;

/// Limits on connections and clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdmissionLimits {
    /// Maximum number of connections in total. Default 10,000; each costs about 7 KiB.
    pub connections_max: usize,
    /// Maximum number of accounts. If this is less than four accounts per permitted connection, the maximum is four times
    /// `connections_max` instead. Default 65,536; at 576 bytes each, the accounts occupy 36 MiB.
    pub accounts_max: usize,
    /// What one client may use.
    pub client: ClientLimits,
}

impl Default for AdmissionLimits {
    fn default() -> Self {
        Self { connections_max: 10_000, accounts_max: 1 << 16, client: ClientLimits::default() }
    }
}

/// Limits on one client, that is, one IPv4 address or one IPv6 /64. All connections from the client count together. All
/// clients of one IPv6 /56 together may use twice as much, and those of one /48 four times as much.
///
/// The defaults suffice for a household, school or office of [`ClientLimits::PLAYERS`] players behind one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientLimits {
    /// Open connections. Default 512, which is eight for each of 64 players: a browser opens up to six connections to load
    /// the page, one for the list of rooms and one for the game.
    pub connections: u32,
    /// New connections per second. Default 50, in bursts of up to 1000: all players may load the page at once.
    pub connects_per_second: u32,
    /// HTTP requests per second. Default 200, in bursts of up to 6400: all players may load the page at once, and each of
    /// them needs about 100 requests for this.
    pub requests_per_second: u32,
    /// Joins and new rooms per second. Default 10, in bursts of up to 20. Resuming a seat does not count.
    pub joins_per_second: u32,
    /// WebSocket messages per second. Default 4000: 64 players who each send 30 inputs and 10 other messages need 2560.
    pub messages_per_second: u32,
    /// Pings per second, of the protocol and of WebSocket. Default 300: every player sends four per second at the start of
    /// a session.
    pub pings_per_second: u32,
    /// Bytes of WebSocket messages per second. Default 128 KiB: twice as much as 4000 inputs need.
    pub bytes_per_second: u32,
    /// Seats and spectators together. Seats that are kept for lost connections count, too. Default 96. A room with default
    /// options has more seats, so one client cannot fill such a room.
    pub seats: u32,
    /// Rooms that exist because the client created them. Default 64: one for each of the
    /// [`PLAYERS`](Self::PLAYERS) players.
    pub rooms: u32,
    /// Total cost of the client's rooms. The cost of a room is its ticks per second × (4 + its AI players). Default 24,000,
    /// the cost of 66 rooms with default options.
    pub room_cost: u32,
    /// Subscriptions to the list of rooms. Default 64: one for each of the
    /// [`PLAYERS`](Self::PLAYERS) players.
    pub event_streams: u32,
    /// Replays that are watched. Default 16: a replay in real time takes as much CPU time as one small room. At 16 times
    /// real time, it takes as much as 16 small rooms.
    pub replays: u32,
    /// Seeks in replays per second. Default 10, in bursts of up to 40: a seek may simulate a minute of a match.
    pub seeks_per_second: u32,
    /// Maximum number of requests per second for descriptions of matches and lists of matches. Default 20, in bursts of up
    /// to 80. All players may open the page at once. In addition, each of the 16 replays requests a description every 4 s.
    pub match_queries_per_second: u32,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            connections: 512,
            connects_per_second: 50,
            requests_per_second: 200,
            joins_per_second: 10,
            messages_per_second: 4_000,
            pings_per_second: 300,
            bytes_per_second: 128 << 10,
            seats: 96,
            rooms: 64,
            room_cost: 24_000,
            event_streams: 64,
            replays: 16,
            seeks_per_second: 10,
            match_queries_per_second: 20,
        }
    }
}

/// The cost of a room: ticks per second × (4 + AI players). The 4 stands for the work of a tick that does not
/// depend on players. Human players do not count, because each of them is limited as a client.
#[must_use]
pub fn room_cost(tick_rate: u16, ai_players: u16) -> u32 {
    const TICK: u32 = 4;
    u32::from(tick_rate) * (TICK + u32::from(ai_players))
}

/// An event whose rate is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A new connection.
    Connect,
    /// An HTTP request.
    Request,
    /// A join or a request to create a room.
    Join,
    /// A WebSocket message.
    Message,
    /// A Ping, as a message or as a WebSocket frame.
    Ping,
    /// A byte of a WebSocket message.
    Byte,
    /// A seek in a replay.
    Seek,
    /// A request for the description of a match, or for the list of finished matches.
    MatchQuery,
}

impl Event {
    /// All events, in the order of their discriminants.
    pub const ALL: [Self; 8] =
        [Self::Connect, Self::Request, Self::Join, Self::Message, Self::Ping, Self::Byte, Self::Seek, Self::MatchQuery];

    /// The number of seconds in which the maximum burst refills.
    const fn burst_s(self) -> u32 {
        match self {
            Self::Connect => 20,
            Self::Request => 32,
            Self::Seek | Self::MatchQuery => 4,
            Self::Join | Self::Message | Self::Ping | Self::Byte => 2,
        }
    }
}

/// Something of which a client can hold a limited amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// An open connection.
    Connection,
    /// A subscription to the list of rooms.
    EventStream,
    /// A room that the client has created.
    Room,
    /// A unit of [`room_cost`].
    RoomCost,
    /// A player's seat or a spectator's place.
    Seat,
    /// A replay that the client watches.
    Replay,
}

impl Resource {
    /// All resources, in the order of their discriminants.
    pub const ALL: [Self; 6] = [Self::Connection, Self::EventStream, Self::Room, Self::RoomCost, Self::Seat, Self::Replay];
}

impl ClientLimits {
    /// Number of players behind one address for whom the defaults suffice.
    pub const PLAYERS: u32 = 64;

    /// The maximum rate of an event.
    #[must_use]
    pub const fn rate(&self, event: Event) -> Rate {
        let per_second = match event {
            Event::Connect => self.connects_per_second,
            Event::Request => self.requests_per_second,
            Event::Join => self.joins_per_second,
            Event::Message => self.messages_per_second,
            Event::Ping => self.pings_per_second,
            Event::Byte => self.bytes_per_second,
            Event::Seek => self.seeks_per_second,
            Event::MatchQuery => self.match_queries_per_second,
        };
        Rate { per_second, burst: per_second.saturating_mul(event.burst_s()) }
    }

    /// The maximum amount of a resource.
    #[must_use]
    pub const fn maximum(&self, resource: Resource) -> u32 {
        match resource {
            Resource::Connection => self.connections,
            Resource::EventStream => self.event_streams,
            Resource::Room => self.rooms,
            Resource::RoomCost => self.room_cost,
            Resource::Seat => self.seats,
            Resource::Replay => self.replays,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_suffice_for_a_school() {
        /// Requests of one player: the files of the page, the list of rooms, the upgrade, and retries.
        const REQUESTS: u32 = 100;
        /// Up to 30 inputs of a player who uses a mouse, and up to 10 acknowledgements, Pings, viewports and others.
        const MESSAGES_PER_SECOND: u32 = 30 + 10;
        /// The Pings of a session's first seconds.
        const PINGS_PER_SECOND: u32 = 4;
        /// A frame header of 6 bytes, and an input of 10 bytes.
        const MESSAGE_BYTES: u32 = 16;
        /// Six for the page, one for the list of rooms, one for the game.
        const CONNECTIONS: u32 = 8;
        let limits = ClientLimits::default();
        let players = ClientLimits::PLAYERS;
        assert!(limits.rate(Event::Request).burst >= players * REQUESTS);
        assert!(limits.rate(Event::Connect).burst >= players * CONNECTIONS);
        assert!(limits.rate(Event::MatchQuery).burst >= players);
        assert!(limits.messages_per_second >= players * MESSAGES_PER_SECOND);
        assert!(limits.bytes_per_second >= players * MESSAGES_PER_SECOND * MESSAGE_BYTES);
        assert!(limits.pings_per_second >= players * PINGS_PER_SECOND);
        assert!(limits.connections >= players * CONNECTIONS);
        assert!(limits.seats >= players && limits.rooms >= players && limits.event_streams >= players);
        let default = tickcast_room::RoomOptions::default();
        assert!(limits.room_cost >= players * room_cost(default.tick_rate, default.ai_players));
    }

    #[test]
    fn one_address_cannot_fill_a_room_of_the_default_size() {
        assert!(ClientLimits::default().seats < u32::from(tickcast_room::RoomOptions::default().seats));
    }

    #[test]
    fn events_and_resources_are_listed_in_the_order_of_their_discriminants() {
        assert!(Event::ALL.iter().enumerate().all(|(index, event)| *event as usize == index));
        assert!(Resource::ALL.iter().enumerate().all(|(index, resource)| *resource as usize == index));
    }
}
