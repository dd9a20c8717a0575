//! A client that remembers the checksum of each tick for which it has received a snapshot.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use tickcast_arena::{Arena, Controls};
use tickcast_protocol::codec::{self, SUBPROTOCOL};
use tickcast_protocol::{
    ClientMessage, Digest, Hello, Input, PlayerId, Replica, ResumeToken, Role, ServerMessage, Tick, Viewport, Welcome,
};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

use crate::database::RoomTicks;

/// Maximum time for which a bot waits for the server.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// A server keeps a seat for 30 s after the connection is lost, and for 30 s after the server starts. It keeps an empty
/// room for 30 s, too. In these 25 s after its start, the server therefore loses no seat and no room. Later, it may lose a
/// seat: on a very busy machine, a bot may have been disconnected for more than 30 s.
const SEATS_KEPT: Duration = Duration::from_secs(25);

/// Address of a server, and the time of its start.
type Endpoint = (SocketAddr, Instant);

/// A client that remembers the checksum of each tick for which it has received a snapshot.
pub struct Bot {
    number: usize,
    room: String,
    seat: Option<(PlayerId, ResumeToken)>,
    /// The checksum of each tick for which the bot has received a snapshot since the last verification.
    shown: BTreeMap<u32, u32>,
    /// The last tick for which the bot has received a snapshot.
    last: Option<Tick>,
}

impl Bot {
    pub fn new(number: usize, room: &str) -> Self {
        Self { number, room: room.to_owned(), seat: None, shown: BTreeMap::new(), last: None }
    }

    /// Joins, or resumes its seat, and plays until the server is killed. For each snapshot, sends the bot's number to
    /// `snapshots`.
    pub fn play(&mut self, (address, started): Endpoint, snapshots: &Sender<usize>, is_killed: &AtomicBool) {
        // On a busy machine, the server may close the connection of a bot that does not answer in time.
        while !is_killed.load(Ordering::Relaxed) {
            self.play_until_disconnected((address, started), snapshots);
        }
    }

    fn play_until_disconnected(&mut self, (address, started): Endpoint, snapshots: &Sender<usize>) {
        let Some(mut socket) = self.connect(address) else { return };
        let mut replica = None;
        while let Ok(message) = socket.read() {
            let Message::Binary(bytes) = message else { continue };
            match codec::decode_server::<Arena>(&bytes).expect("the message is valid") {
                ServerMessage::Welcome(welcome) => {
                    self.handle_welcome(&welcome, started.elapsed());
                    replica = Some(Replica::<Arena>::new(&welcome).expect("the Welcome is valid"));
                }
                ServerMessage::Snapshot(snapshot) => {
                    let replica = replica.as_mut().expect("the Welcome comes first");
                    replica.apply(&snapshot).expect("the snapshot applies");
                    let tick = replica.tick().expect("a snapshot was applied");
                    self.handle_shown(tick, replica);
                    // Sending fails only if the test has already failed.
                    let _ = snapshots.send(self.number);
                    if socket.send(self.answer(tick)).is_err() {
                        return;
                    }
                }
                ServerMessage::Pong(_) | ServerMessage::Drain(_) => {}
            }
        }
    }

    fn connect(&self, address: SocketAddr) -> Option<WebSocket<TcpStream>> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_read_timeout(Some(READ_TIMEOUT)).expect("the timeout is not zero");
        let mut request = format!("ws://{address}/ws?room={}", self.room).into_client_request().expect("a valid URL");
        request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse().expect("a valid header"));
        let (mut socket, _) = tungstenite::client(request, stream).ok()?;
        let name = format!("Bot {}", self.number).try_into().expect("the name is valid");
        let resume = self.seat.map(|(_, token)| token);
        let hello = Hello { resume, ..Hello::new::<Arena>(Role::Player(name), Viewport::default()) };
        let hello = codec::encode_client::<Arena>(&ClientMessage::Hello(hello));
        socket.send(Message::Binary(hello.into())).ok()?;
        Some(socket)
    }

    fn handle_welcome(&mut self, welcome: &Welcome<Arena>, uptime: Duration) {
        let seat = welcome.seat.expect("a player has a seat");
        if let Some((player, _)) = self.seat
            && (!seat.resumed || seat.player != player)
        {
            assert!(uptime > SEATS_KEPT, "bot {}: the seat {player:?} is lost after {uptime:?}", self.number);
            // The room may have closed, and this may be a new room.
            (self.last, self.shown) = (None, BTreeMap::new());
        }
        self.seat = Some((seat.player, seat.token));
    }

    fn handle_shown(&mut self, tick: Tick, replica: &Replica<Arena>) {
        let is_next = self.last.is_none_or(|last| tick.is_newer_than(last));
        assert!(is_next, "bot {}: tick {} was shown before: {:?}", self.number, tick.0, self.last);
        self.last = Some(tick);
        self.shown.insert(tick.0, Digest::of_entities::<Arena>(replica.entities().iter()));
    }

    /// An input whose controls differ from tick to tick. If the server lost such an input, the recovered world would differ
    /// from the world in the snapshots that the bots have received.
    fn answer(&self, tick: Tick) -> Message {
        let turn = (tick.0 / 3 + self.number as u32) % 3;
        let bits = (turn | u32::from(tick.0.is_multiple_of(2)) << 11 | u32::from(tick.0.is_multiple_of(7)) << 12) as u16;
        let controls = Controls::from_bits(bits).expect("valid controls");
        let input = Input { tick: tick.plus(2), acknowledged: tick, controls };
        Message::Binary(codec::encode_client::<Arena>(&ClientMessage::Input(input)).into())
    }

    /// Discards the checksums of all ticks after this tick.
    pub fn forget_after(&mut self, tick: u32) {
        self.shown.retain(|shown, _| *shown <= tick);
    }

    /// Compares the checksums of the bot's snapshots with the checksums that a recovery computes. Returns the number of
    /// compared ticks.
    pub fn verify(&mut self, rooms: &BTreeMap<String, RoomTicks>) -> Result<u64, String> {
        let ticks = rooms.get(&self.room).ok_or_else(|| format!("{} is missing", self.room))?;
        let shown = std::mem::take(&mut self.shown);
        let mut verified = 0;
        for (tick, checksum) in shown.into_iter().filter(|(tick, _)| *tick > ticks.first.0) {
            match ticks.checksums.get(&tick) {
                Some(found) if *found == checksum => verified += 1,
                found => {
                    return Err(format!(
                        "bot {}, {}, tick {tick}: {found:?} instead of {checksum}",
                        self.number, self.room
                    ));
                }
            }
        }
        Ok(verified)
    }
}
