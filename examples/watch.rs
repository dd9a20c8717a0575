//! Spectator in the terminal: draws a room as a text map. Uses only the protocol, the game's types and a WebSocket library.
//!
//! ```sh
//! cargo run --release --example watch -- ws://127.0.0.1:8080/ws?room=NAME
//! ```

use std::error::Error;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;

use tickcast_arena::{Arena, Entity, RockSize, Rules};
use tickcast_protocol::codec::{self, SUBPROTOCOL};
use tickcast_protocol::{
    ClientMessage, CloseReason, Hello, PlayerKind, Position, Replica, Role, ServerMessage, Snapshot, Viewport, Welcome,
};
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::CloseFrame;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket, connect};

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

const COLUMNS: usize = 96;
const ROWS: usize = 32;
/// Rate of drawing, and of acknowledgements.
const UPDATES_PER_SECOND: u32 = 5;
/// Time without a message from the server after which the newest tick is acknowledged again.
const SILENCE_MAX: Duration = Duration::from_millis(500);

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:8080/ws".to_owned());
    println!("The server closed the connection: {}.", watch(&url)?);
    Ok(())
}

/// Watches a room until the server closes the connection. Returns the reason.
///
/// # Errors
/// Fails if the URL is invalid, if the server refuses the connection, if the connection is lost, or if a message cannot be
/// decoded.
pub fn watch(url: &str) -> Result<String, Box<dyn Error>> {
    let mut request = url.into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse()?);
    let (mut socket, _) = connect(request)?;
    tcp(&socket)?.set_read_timeout(Some(SILENCE_MAX))?;
    send(&mut socket, &ClientMessage::Hello(Hello::new::<Arena>(Role::Spectator, Viewport::default())))?;

    let mut spectator: Option<Spectator> = None;
    loop {
        let bytes = match socket.read() {
            Ok(Message::Binary(bytes)) => bytes,
            Ok(Message::Close(Some(frame))) => return Ok(close_text(&frame)),
            Ok(_) => continue,
            Err(tungstenite::Error::Io(error)) if is_timeout(error.kind()) => {
                if let Some(tick) = spectator.as_ref().and_then(|spectator| spectator.replica.tick()) {
                    send(&mut socket, &ClientMessage::Acknowledge(tick))?;
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        match codec::decode_server::<Arena>(&bytes)? {
            ServerMessage::Welcome(welcome) => spectator = Some(Spectator::new(&welcome)?),
            ServerMessage::Snapshot(snapshot) => {
                let spectator = spectator.as_mut().ok_or("a snapshot arrived before the Welcome")?;
                if let Some(answer) = spectator.handle(&snapshot) {
                    send(&mut socket, &answer)?;
                }
            }
            ServerMessage::Pong(_) | ServerMessage::Drain(_) => {}
        }
    }
}

/// Whether a read has timed out. The kind of the error depends on the operating system.
fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// The TCP connection of a socket.
fn tcp(socket: &Socket) -> Result<&TcpStream, Box<dyn Error>> {
    match socket.get_ref() {
        MaybeTlsStream::Plain(stream) => Ok(stream),
        MaybeTlsStream::Rustls(stream) => Ok(stream.get_ref()),
        _ => Err("unknown kind of connection".into()),
    }
}

fn send(socket: &mut Socket, message: &ClientMessage<Arena>) -> Result<(), Box<dyn Error>> {
    Ok(socket.send(Message::Binary(codec::encode_client(message).into()))?)
}

/// The protocol's text for a known close code, otherwise the text that the server sent.
fn close_text(frame: &CloseFrame) -> String {
    match CloseReason::from_code(frame.code.into()) {
        Some(reason) => reason.text().to_owned(),
        None => frame.reason.to_string(),
    }
}

/// State of a spectator's client.
struct Spectator {
    replica: Replica<Arena>,
    tick_rate: u32,
    ticks_per_update: u32,
    /// Number of snapshots that could not be applied since the last one that was applied.
    discarded: u32,
}

impl Spectator {
    fn new(welcome: &Welcome<Arena>) -> Result<Self, Box<dyn Error>> {
        let tick_rate = u32::from(welcome.tick_rate);
        let ticks_per_update = (tick_rate / UPDATES_PER_SECOND).max(1);
        Ok(Self { replica: Replica::new(welcome)?, tick_rate, ticks_per_update, discarded: 0 })
    }

    /// Applies a snapshot. Draws the map [`UPDATES_PER_SECOND`] times per second. Returns the message to send, if any.
    fn handle(&mut self, snapshot: &Snapshot<Arena>) -> Option<ClientMessage<Arena>> {
        if self.replica.apply(snapshot).is_err() {
            let is_due = self.discarded.is_multiple_of(self.tick_rate);
            self.discarded += 1;
            return is_due.then_some(ClientMessage::Resync);
        }
        self.discarded = 0;
        let tick = self.replica.tick().filter(|tick| tick.0.is_multiple_of(self.ticks_per_update))?;
        draw(&self.replica);
        Some(ClientMessage::Acknowledge(tick))
    }
}

/// Draws the map over the previous one.
fn draw(replica: &Replica<Arena>) {
    let mut map = vec![vec![' '; COLUMNS]; ROWS];
    for (_, entity) in replica.entities().iter() {
        let (column, row) = map_position(replica.rules(), entity.position());
        let symbol = symbol(entity);
        if layer(symbol) >= layer(map[row][column]) {
            map[row][column] = symbol;
        }
    }
    let border = format!("+{}+", "-".repeat(COLUMNS));
    let rows: Vec<String> = map.into_iter().map(|row| format!("|{}|", row.into_iter().collect::<String>())).collect();
    let players = replica.players();
    let humans = players.values().filter(|player| player.kind == PlayerKind::Human).count();
    let (ai_players, tick) = (players.len() - humans, replica.tick().unwrap_or_default().0);
    print!("\x1b[2J\x1b[H{border}\n{}\n{border}\n", rows.join("\n"));
    println!("tick {tick}, {humans} players, {ai_players} AI players   ^>v< ship   . bullet   O o rock   + orb");
}

/// Column and row of a position in the text map.
fn map_position(rules: &Rules, position: Position) -> (usize, usize) {
    let scale = |coordinate: i32, cells: usize| (coordinate as usize * cells / rules.extent() as usize).min(cells - 1);
    (scale(position.x, COLUMNS), scale(position.y, ROWS))
}

fn symbol(entity: &Entity) -> char {
    match entity {
        Entity::Ship(ship) => ['>', 'v', '<', '^'][((ship.heading.steps() + 128) / 256 % 4) as usize],
        Entity::Bullet(_) => '.',
        Entity::Rock(rock) if rock.size == RockSize::Large => 'O',
        Entity::Rock(_) => 'o',
        Entity::Orb(_) => '+',
    }
}

/// A symbol of a higher layer is drawn over one of a lower layer.
fn layer(symbol: char) -> usize {
    const SHIPS: usize = 5;
    " +.oO".find(symbol).unwrap_or(SHIPS)
}
