//! WebSocket frames of hostile clients.

use std::sync::Arc;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_protocol::{ClientMessage, GameProtocol, Hello, Input, PlayerName, Role, Tick, Viewport, codec};

use super::{NextStep, RequestTarget, frames};
use crate::attack::Kind;
use crate::attack::response_parser::ServerEvent;

/// Inputs of [`Kind::Flood`] per interval: 5,000 per second.
const FLOOD_INPUTS: usize = 50;
/// Number of intervals between two bytes of a slow handshake. [`Kind::NeverRead`] sends its Hello after this time.
const HANDSHAKE_INTERVALS: u32 = 10;
/// Number of intervals between two acknowledgements, which prevent the server's idle timeout.
const ACKNOWLEDGE_INTERVALS: u32 = 50;
/// Number of intervals between two changes of the viewport's size. The viewport thus changes four times per second, as
/// often as the server applies changes.
const VIEWPORT_INTERVALS: u32 = 25;
/// Maximum number of random bytes per interval.
const GARBAGE_BYTES_MAX: usize = 8 << 10;
/// Payload of a WebSocket ping: the longest that RFC 6455 allows.
const PING_PAYLOAD: [u8; 125] = [0; 125];

/// Traffic of one connection.
#[derive(Debug)]
pub(in crate::attack) struct WebSocketTraffic<G: GameProtocol> {
    kind: Kind,
    random: Xoshiro256PlusPlus,
    target: Arc<RequestTarget>,
    /// Number of intervals since the start of the handshake. Restarts at 0 when the server's response completes the handshake.
    intervals: u32,
    is_open: bool,
    messages_received: u32,
    /// Tick of the newest snapshot.
    newest: Option<Tick>,
    /// Sample controls. Empty until the first input, because only few kinds send inputs.
    controls: Vec<G::Controls>,
}

impl<G: GameProtocol> WebSocketTraffic<G> {
    pub(super) const fn new(kind: Kind, random: Xoshiro256PlusPlus, target: Arc<RequestTarget>) -> Self {
        Self {
            kind,
            random,
            target,
            intervals: 0,
            is_open: false,
            messages_received: 0,
            newest: None,
            controls: Vec::new(),
        }
    }

    /// Appends the bytes to send in the next interval.
    pub(super) fn write_interval(&mut self, bytes: &mut Vec<u8>) {
        let interval = self.intervals;
        self.intervals += 1;
        if self.is_open {
            self.write_attack(interval, bytes);
        } else {
            self.write_handshake(interval, bytes);
        }
    }

    /// Handles an event of the server. Appends the immediate answer, if there is one, to `bytes`. After a close frame, only
    /// [`Kind::Churn`] ends the connection; clients of other kinds wait until the server ends it.
    pub(super) fn handle_event(&mut self, event: ServerEvent<'_>, bytes: &mut Vec<u8>) -> NextStep {
        match event {
            ServerEvent::Status(101) => {
                (self.is_open, self.intervals) = (true, 0);
                self.write_hello(bytes);
                NextStep::Continue
            }
            ServerEvent::Message(message) => self.handle_message(message, bytes),
            ServerEvent::Close(_) if self.kind != Kind::Churn => NextStep::Continue,
            ServerEvent::Status(_) | ServerEvent::Close(_) => NextStep::Disconnect,
        }
    }

    fn handle_message(&mut self, message: &[u8], bytes: &mut Vec<u8>) -> NextStep {
        self.messages_received += 1;
        if let Ok(Some(header)) = codec::decode_snapshot_header(message) {
            self.newest = header.full.or(self.newest.map(Tick::next));
        }
        match (self.kind, self.messages_received) {
            // The Welcome shows that the server has read the Hello and assigned a seat. An earlier reset could discard the
            // Hello before the server reads it.
            (Kind::LostSeats, 1) => NextStep::Reset,
            // The second message is the first snapshot. The client has now joined, and leaves.
            (Kind::Churn, 2) => {
                frames::write_close(1000, bytes);
                NextStep::Continue
            }
            _ => NextStep::Continue,
        }
    }

    fn write_handshake(&mut self, interval: u32, bytes: &mut Vec<u8>) {
        match self.kind {
            Kind::SlowHandshake if interval.is_multiple_of(HANDSHAKE_INTERVALS) => {
                bytes.extend(self.target.upgrade_request.get(interval as usize / HANDSHAKE_INTERVALS as usize));
            }
            Kind::SlowHandshake => {}
            // This client does not read the response to its upgrade request, so it sends the Hello after a fixed time.
            Kind::NeverRead if interval == HANDSHAKE_INTERVALS => {
                self.is_open = true;
                self.write_hello(bytes);
            }
            _ if interval == 0 => bytes.extend(&self.target.upgrade_request),
            _ => {}
        }
    }

    fn write_hello(&mut self, bytes: &mut Vec<u8>) {
        let role = match self.kind {
            Kind::Garbage | Kind::HugeLengths | Kind::SlowHandshake => return,
            Kind::NeverRead | Kind::Resyncs | Kind::Pings | Kind::Spectators => Role::Spectator,
            Kind::Churn => Role::Player(self.longest_name()),
            _ => Role::Player(PlayerName::try_from("Mallory".to_owned()).expect("the name is short")),
        };
        // The default viewport requests the largest view that the server allows.
        write_message::<G>(&ClientMessage::Hello(Hello::new::<G>(role, Viewport::default())), bytes);
    }

    /// A name of the maximum length: 16 emoji.
    fn longest_name(&mut self) -> PlayerName {
        let mut emoji = || self.random.random_range('\u{1f600}'..='\u{1f64f}');
        let name: String = (0..PlayerName::BYTES_MAX / 4).map(|_| emoji()).collect();
        PlayerName::try_from(name).expect("each emoji has four bytes")
    }

    fn write_attack(&mut self, interval: u32, bytes: &mut Vec<u8>) {
        match self.kind {
            Kind::Flood => (0..FLOOD_INPUTS).for_each(|_| write_message::<G>(&self.random_input(), bytes)),
            Kind::Garbage => self.write_garbage(bytes),
            Kind::HalfFrames if interval == 1 => {
                frames::write_header(frames::BINARY, 100, bytes);
                bytes.extend([0; 10]);
            }
            Kind::NeverRead if interval.is_multiple_of(ACKNOWLEDGE_INTERVALS) => {
                write_message::<G>(&ClientMessage::Acknowledge(Tick(u32::MAX / 2)), bytes);
            }
            Kind::HugeLengths if interval == 0 => frames::write_header(frames::BINARY, 1 << 30, bytes),
            Kind::HugeLengths => bytes.extend([0x55; GARBAGE_BYTES_MAX]),
            Kind::Resyncs if self.messages_received > 0 => write_message::<G>(&ClientMessage::Resync, bytes),
            Kind::Pings | Kind::Viewports | Kind::Spectators => self.write_valid(interval, bytes),
            _ => {}
        }
    }

    /// Appends at most one message or WebSocket ping, which violates no rule. With one per interval, a client sends 100 per
    /// second, which is below the rate limit.
    fn write_valid(&self, interval: u32, bytes: &mut Vec<u8>) {
        let Some(newest) = self.newest else { return };
        match self.kind {
            _ if interval.is_multiple_of(ACKNOWLEDGE_INTERVALS) => {
                write_message::<G>(&ClientMessage::Acknowledge(newest), bytes);
            }
            Kind::Pings if interval.is_multiple_of(2) => write_message::<G>(&ClientMessage::Ping(interval), bytes),
            Kind::Pings => frames::write_ping(&PING_PAYLOAD, bytes),
            Kind::Viewports => {
                let is_small = (interval / VIEWPORT_INTERVALS).is_multiple_of(2);
                let size = if is_small { 1 } else { u16::MAX };
                write_message::<G>(&ClientMessage::Viewport(Viewport { width: size, height: size }), bytes);
            }
            _ => {}
        }
    }

    fn random_input(&mut self) -> ClientMessage<G> {
        if self.controls.is_empty() {
            self.controls = G::samples().controls;
        }
        let controls = self.controls[self.random.random_range(0..self.controls.len() as u32) as usize];
        let tick = Tick(self.random.random_range(0..=u32::MAX));
        ClientMessage::Input(Input { tick, acknowledged: tick, controls })
    }

    /// Appends a well-formed frame with a random payload, a frame header with random fields, or two random bytes. Then
    /// appends random bytes.
    fn write_garbage(&mut self, bytes: &mut Vec<u8>) {
        let length = self.random.random_range(0..GARBAGE_BYTES_MAX as u32) as usize;
        let mut random =
            |length: usize| -> Vec<u8> { (0..length).map(|_| self.random.random_range(0..=u8::MAX)).collect() };
        let shape = random(2);
        match shape[0] % 4 {
            0 => frames::write_binary(&random(usize::from(shape[1])), bytes),
            1 => frames::write_header(0x80 | shape[1] & 0xf, length as u64, bytes),
            2 => frames::write_header(shape[1], length as u64, bytes),
            _ => bytes.extend(shape),
        }
        bytes.extend(random(length));
    }
}

fn write_message<G: GameProtocol>(message: &ClientMessage<G>, bytes: &mut Vec<u8>) {
    frames::write_binary(&codec::encode_client(message), bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use tickcast_arena::Arena;
    use tickcast_protocol::{ServerMessage, Snapshot, SnapshotHeader};

    /// Traffic of a client that has joined: it has received the Welcome, and a full snapshot of tick 7.
    fn joined(kind: Kind) -> WebSocketTraffic<Arena> {
        let target = RequestTarget { host: String::new(), upgrade_request: b"GET".to_vec() };
        let mut traffic = WebSocketTraffic::new(kind, Xoshiro256PlusPlus::seed_from_u64(1), Arc::new(target));
        let mut bytes = Vec::new();
        traffic.handle_event(ServerEvent::Status(101), &mut bytes);
        traffic.messages_received = 1;
        traffic.handle_event(ServerEvent::Message(&snapshot(Some(Tick(7)))), &mut bytes);
        traffic
    }

    fn snapshot(full: Option<Tick>) -> Vec<u8> {
        let header = SnapshotHeader { full, ..SnapshotHeader::default() };
        codec::encode_server::<Arena>(&ServerMessage::Snapshot(Snapshot { header, ..Snapshot::default() }))
    }

    /// The messages that the client sends in this number of intervals, without WebSocket pings.
    fn messages(traffic: &mut WebSocketTraffic<Arena>, intervals: u32) -> Vec<ClientMessage<Arena>> {
        let mut messages = Vec::new();
        for _ in 0..intervals {
            let mut bytes = Vec::new();
            traffic.write_interval(&mut bytes);
            if bytes.first() == Some(&frames::BINARY) {
                messages.push(codec::decode_client(&bytes[6..]).expect("the message is valid"));
            }
        }
        messages
    }

    #[test]
    fn a_spectator_acknowledges_the_newest_snapshot() {
        let mut spectator = joined(Kind::Spectators);
        spectator.handle_event(ServerEvent::Message(&snapshot(None)), &mut Vec::new());
        assert_eq!(messages(&mut spectator, 10), [ClientMessage::Acknowledge(Tick(8))]);
    }

    #[test]
    fn pings_stay_within_the_rate_limit_and_alternate_with_those_of_websocket() {
        let mut pings = joined(Kind::Pings);
        let sent = messages(&mut pings, 100);
        assert_eq!(sent.iter().filter(|message| matches!(message, ClientMessage::Ping(_))).count(), 48, "{sent:?}");
    }

    #[test]
    fn viewports_alternate_between_the_smallest_and_the_largest() {
        let mut sizes: Vec<u16> = Vec::new();
        for message in messages(&mut joined(Kind::Viewports), 100) {
            if let ClientMessage::Viewport(viewport) = message {
                sizes.push(viewport.width);
            }
        }
        sizes.dedup();
        assert_eq!(sizes, [1, u16::MAX, 1, u16::MAX]);
    }

    #[test]
    fn names_of_churning_clients_have_the_maximum_length() {
        let name = joined(Kind::Churn).longest_name();
        assert_eq!((name.as_str().len(), name.as_str().chars().count()), (PlayerName::BYTES_MAX, 16));
    }

    #[test]
    fn a_seat_is_lost_as_soon_as_the_welcome_has_arrived() {
        let mut lost = joined(Kind::LostSeats);
        lost.messages_received = 0;
        assert_eq!(lost.handle_event(ServerEvent::Message(&[1]), &mut Vec::new()), NextStep::Reset);
    }
}
