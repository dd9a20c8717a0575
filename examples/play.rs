//! Client that plays without drawing: it flies in a circle and prints the position of its ship. `docs/CLIENTS.md` explains it.
//!
//! ```sh
//! cargo run --release --example play -- ws://127.0.0.1:8080/ws?room=NAME 10
//! ```

use std::error::Error;
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;

use tickcast_arena::{Arena, Controls, Steering};
use tickcast_protocol::codec::{self, SUBPROTOCOL};
use tickcast_protocol::{
    ClientMessage, GameProtocol, Hello, Input, Lead, PlayerId, Position, Prediction, Replica, Role, ServerMessage,
    Snapshot, TailProbe, Viewport, Welcome,
};
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket, connect};

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

/// Time without a message from the server after which the newest tick is acknowledged again.
const SILENCE_MAX: Duration = Duration::from_millis(500);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "ws://127.0.0.1:8080/ws".to_owned());
    let seconds = arguments.next().map_or(Ok(10), |text| text.parse())?;
    let pilot = play(&url, seconds)?;
    println!("{} ticks, {} checksums verified, {} corrections", pilot.ticks, pilot.checksums, pilot.corrections);
    Ok(())
}

/// Plays for `seconds`, then leaves. Measures the time by counting the room's ticks.
///
/// # Errors
/// If the URL is invalid, the server refuses or closes the connection, or a message cannot be decoded.
pub fn play(url: &str, seconds: u32) -> Result<Pilot, Box<dyn Error>> {
    let mut socket = join(url)?;
    let mut pilot = Pilot::new(&receive_welcome(&mut socket)?)?;
    while pilot.ticks < seconds * pilot.tick_rate {
        let answer = match receive(&mut socket)? {
            Some(ServerMessage::Snapshot(snapshot)) => pilot.handle(&snapshot),
            Some(_) => None,
            None => pilot.replica.tick().map(ClientMessage::Acknowledge),
        };
        if let Some(answer) = answer {
            send(&mut socket, &answer)?;
        }
    }
    socket.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() }))?;
    while socket.read().is_ok() {}
    Ok(pilot)
}

fn join(url: &str) -> Result<Socket, Box<dyn Error>> {
    let mut request = url.into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse()?);
    let (mut socket, _) = connect(request)?;
    tcp(&socket)?.set_read_timeout(Some(SILENCE_MAX))?;
    let role = Role::Player("Ada".to_owned().try_into()?);
    send(&mut socket, &ClientMessage::Hello(Hello::new::<Arena>(role, Viewport { width: 1600, height: 900 })))?;
    Ok(socket)
}

fn send(socket: &mut Socket, message: &ClientMessage<Arena>) -> Result<(), Box<dyn Error>> {
    Ok(socket.send(Message::Binary(codec::encode_client(message).into()))?)
}

/// The next message, or `None` if there is none for [`SILENCE_MAX`].
fn receive(socket: &mut Socket) -> Result<Option<ServerMessage<Arena>>, Box<dyn Error>> {
    loop {
        match socket.read() {
            Ok(Message::Binary(bytes)) => return Ok(Some(codec::decode_server(&bytes)?)),
            Ok(Message::Close(frame)) => return Err(format!("the server closed the connection: {frame:?}").into()),
            Ok(_) => {}
            Err(tungstenite::Error::Io(error)) if is_timeout(error.kind()) => return Ok(None),
            Err(error) => return Err(error.into()),
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

fn receive_welcome(socket: &mut Socket) -> Result<Welcome<Arena>, Box<dyn Error>> {
    loop {
        if let Some(ServerMessage::Welcome(welcome)) = receive(socket)? {
            return Ok(welcome);
        }
    }
}

/// State of a player's client: its replica of the world, and the prediction of its own ship.
pub struct Pilot {
    player: PlayerId,
    tick_rate: u32,
    replica: Replica<Arena>,
    prediction: Prediction<Arena>,
    lead: Lead,
    tail_probe: TailProbe,
    /// Number of snapshots that could not be applied since the last one that was applied.
    discarded: u32,
    /// Number of snapshots applied.
    pub ticks: u32,
    /// Number of snapshots whose checksum matched. On a mismatch, `Replica::apply` returns an error.
    pub checksums: u32,
    /// Number of snapshots in which the ship was not at its predicted position.
    pub corrections: u32,
}

impl Pilot {
    fn new(welcome: &Welcome<Arena>) -> Result<Self, Box<dyn Error>> {
        let player = welcome.seat.as_ref().ok_or("the Welcome of a player has a seat")?.player;
        Ok(Self {
            player,
            tick_rate: welcome.tick_rate.into(),
            replica: Replica::new(welcome)?,
            prediction: Prediction::new(player),
            lead: Lead::for_room(welcome),
            tail_probe: TailProbe::default(),
            discarded: 0,
            ticks: 0,
            checksums: 0,
            corrections: 0,
        })
    }

    /// Applies a snapshot; returns the message to send, if any.
    fn handle(&mut self, snapshot: &Snapshot<Arena>) -> Option<ClientMessage<Arena>> {
        let avatar = Arena::avatar(self.player);
        let predicted = self.replica.tick().map(|tick| self.prediction.predict(&self.replica, tick.next()));
        if self.replica.apply(snapshot).is_err() {
            let is_due = self.discarded.is_multiple_of(self.tick_rate);
            self.discarded += 1;
            return is_due.then_some(ClientMessage::Resync);
        }
        self.discarded = 0;
        let tick = self.replica.tick()?;
        let report = snapshot.header.report;
        self.prediction.confirm(&self.replica, report);
        if let Some(report) = report {
            self.lead.handle_report(report, tick);
            self.tail_probe.handle_report(report);
        }

        let predicted = predicted.as_ref().and_then(|entities| entities.get(avatar));
        if let (Some(predicted), Some(ship)) = (predicted, self.replica.entities().get(avatar)) {
            self.corrections += u32::from(predicted.position() != ship.position());
        }
        self.checksums += u32::from(snapshot.header.checksum.is_some());
        self.ticks += 1;

        // An input is due twice per second. It also acknowledges the applied ticks, and prevents an idle timeout.
        if !self.ticks.is_multiple_of(self.tick_rate / 2) {
            return self.tail_probe.poll().then_some(ClientMessage::Acknowledge(tick));
        }
        let stamp = self.lead.stamp(tick);
        let controls = Controls { steering: Steering::Left, thrust: true, fire: false, dash: false, choice: None };
        self.prediction.record(stamp, controls);
        let predicted = self.prediction.predict(&self.replica, stamp);
        self.tail_probe.handle_input(stamp);
        if let Some(ship) = predicted.get(avatar) {
            let Position { x, y } = ship.position();
            let (x, y, visible) = (x / Position::UNIT, y / Position::UNIT, self.replica.entities().len());
            println!("at {x}, {y}, {visible} entities in view");
        }
        Some(ClientMessage::Input(Input { tick: stamp, acknowledged: tick, controls }))
    }
}
