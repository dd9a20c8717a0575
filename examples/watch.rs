//! Watches a room in the terminal, as a live text map: a client made of nothing but the protocol crate and a WebSocket
//! library.
//!
//! ```sh
//! cargo run --release --example watch -- ws://127.0.0.1:8080/ws?room=NAME
//! ```

use std::error::Error;

use tickcast_arena::{Arena, Entity, Rules};
use tickcast_protocol::codec::{self, SUBPROTOCOL};
use tickcast_protocol::{ClientMessage, CloseReason, Hello, PlayerKind, Position, Replica, Role, ServerMessage, Viewport};
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::CloseFrame;
use tungstenite::{Message, connect};

const COLUMNS: usize = 96;
const ROWS: usize = 32;
/// Draw, and say that we are still there, this often.
const PER_SECOND: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:8080/ws".to_owned());
    let mut request = url.into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse()?);
    let (mut socket, _) = connect(request)?;
    let hello = Hello::new::<Arena>(Role::Spectator, Viewport::default());
    socket.send(Message::Binary(codec::encode_client::<Arena>(&ClientMessage::Hello(hello)).into()))?;

    let mut replica: Option<(Replica<Arena>, u32)> = None;
    loop {
        let bytes = match socket.read()? {
            Message::Binary(bytes) => bytes,
            Message::Close(Some(CloseFrame { code, reason })) => {
                let reason = CloseReason::from_code(code.into()).map_or(reason.to_string(), |it| it.text().to_owned());
                println!("The server closed the connection: {reason}.");
                return Ok(());
            }
            _ => continue,
        };
        match codec::decode_server::<Arena>(&bytes)? {
            ServerMessage::Welcome(welcome) => {
                let every = (u32::from(welcome.tick_rate) / PER_SECOND).max(1);
                replica = Some((Replica::new(&welcome)?, every));
            }
            ServerMessage::Snapshot(snapshot) => {
                let (replica, every) = replica.as_mut().ok_or("a snapshot came before the welcome")?;
                let answer = match replica.apply(&snapshot) {
                    Ok(_) => replica.tick().filter(|tick| tick.0.is_multiple_of(*every)).map(ClientMessage::Acknowledge),
                    Err(_) => Some(ClientMessage::Resync),
                };
                if let Some(answer) = answer {
                    draw(replica);
                    socket.send(Message::Binary(codec::encode_client::<Arena>(&answer).into()))?;
                }
            }
            ServerMessage::Pong(_) | ServerMessage::Drain(_) => {}
        }
    }
}

/// Puts the map in the place of the last one.
fn draw(replica: &Replica<Arena>) {
    let mut map = vec![vec![' '; COLUMNS]; ROWS];
    for (_, entity) in replica.entities().iter() {
        let (column, row) = place(replica.rules(), entity.position());
        let sign = sign(entity);
        if rank(sign) >= rank(map[row][column]) {
            map[row][column] = sign;
        }
    }
    let border = format!("+{}+", "-".repeat(COLUMNS));
    let rows: Vec<String> = map.into_iter().map(|row| format!("|{}|", row.into_iter().collect::<String>())).collect();
    let people = replica.members().values().filter(|member| member.kind == PlayerKind::Human).count();
    let (players, tick) = (replica.members().len(), replica.tick().unwrap_or_default().0);
    print!("\x1b[2J\x1b[H{border}\n{}\n{border}\n", rows.join("\n"));
    println!("tick {tick}, {people} people, {} drones   ^>v< ship   . bullet   O o rock   + orb", players - people);
}

fn place(rules: &Rules, position: Position) -> (usize, usize) {
    let along = |at: i32, cells: usize| (at as usize * cells / rules.extent() as usize).min(cells - 1);
    (along(position.x, COLUMNS), along(position.y, ROWS))
}

fn sign(entity: &Entity) -> char {
    match entity {
        Entity::Ship(ship) => ['>', 'v', '<', '^'][((ship.heading.steps() + 128) / 256 % 4) as usize],
        Entity::Bullet(_) => '.',
        Entity::Rock(rock) if rock.size == tickcast_arena::RockSize::Large => 'O',
        Entity::Rock(_) => 'o',
        Entity::Orb(_) => '+',
    }
}

/// What is drawn over what.
fn rank(sign: char) -> usize {
    " +.oO".find(sign).unwrap_or(5)
}
