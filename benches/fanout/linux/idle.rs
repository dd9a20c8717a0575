//! Latency of the only player of an idle server. Event coalescing must not increase it.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tickcast_arena::{Arena, Controls};
use tickcast_protocol::{ClientMessage, Hello, Input, PlayerName, Role, ServerMessage, Tick, Viewport, codec};
use tungstenite::{ClientRequestBuilder, Message, WebSocket};

use super::Outcome;
use super::options::{FanoutOptions, ServerKind};
use super::server_process::ServerProcess;

/// Interval between two inputs, about that of a player who aims with a mouse.
const INPUT_INTERVAL: Duration = Duration::from_millis(16);
/// Upper bound of the histogram.
const LATENCY_US_MAX: u64 = 1_000_000;

/// Measures the time from sending an input until the server has handled it. The client sends a Ping together with each input.
/// The server handles messages in order, so the input is in the room's queue before the server sends the Pong. The measured
/// time also includes the transmission of the Pong to the client.
pub(crate) fn run(options: &FanoutOptions) -> Outcome<()> {
    let server = ServerProcess::start(ServerKind::Tickcast, options, [])?;
    let mut player = Player::join(&server)?;
    let mut latency_us = Histogram::<u64>::new_with_max(LATENCY_US_MAX, 3)?;
    let end = Instant::now() + Duration::from_secs(options.seconds.into());
    for number in 0.. {
        if Instant::now() >= end {
            break;
        }
        let sent_at = player.send_input(number)?;
        player.receive_pong(number)?;
        latency_us.saturating_record(sent_at.elapsed().as_micros() as u64);
        std::thread::sleep(INPUT_INTERVAL);
    }
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|quantile| latency_us.value_at_quantile(quantile));
    println!("one player, {} inputs: input until answer p50 {p50} µs, p99 {p99} µs, max {max} µs", latency_us.len());
    Ok(())
}

/// The only player.
struct Player {
    socket: WebSocket<TcpStream>,
    newest: Tick,
}

impl Player {
    fn join(server: &ServerProcess) -> Outcome<Self> {
        let stream = TcpStream::connect(server.address())?;
        stream.set_nodelay(true)?;
        let request = ClientRequestBuilder::new(format!("ws://{}/ws", server.address()).parse()?)
            .with_sub_protocol(codec::SUBPROTOCOL);
        let (mut socket, _) = tungstenite::client(request, stream).map_err(|error| error.to_string())?;
        let name = PlayerName::try_from("idle".to_owned())?;
        let hello = ClientMessage::<Arena>::Hello(Hello::new::<Arena>(Role::Player(name), Viewport::default()));
        socket.send(Message::binary(codec::encode_client(&hello)))?;
        let mut player = Self { socket, newest: Tick(0) };
        while !matches!(player.receive()?, ServerMessage::Snapshot(_)) {}
        Ok(player)
    }

    /// Sends an input and a Ping. Returns the time just before sending.
    fn send_input(&mut self, number: u32) -> Outcome<Instant> {
        let input = Input { tick: self.newest.next(), acknowledged: self.newest, controls: Controls::default() };
        let sent_at = Instant::now();
        self.socket.write(Message::binary(codec::encode_client(&ClientMessage::<Arena>::Input(input))))?;
        self.socket.write(Message::binary(codec::encode_client(&ClientMessage::<Arena>::Ping(number))))?;
        self.socket.flush()?;
        Ok(sent_at)
    }

    fn receive_pong(&mut self, number: u32) -> Outcome<()> {
        while !matches!(self.receive()?, ServerMessage::Pong(answered) if answered == number) {}
        Ok(())
    }

    fn receive(&mut self) -> Outcome<ServerMessage<Arena>> {
        loop {
            if let Message::Binary(bytes) = self.socket.read()? {
                let message = codec::decode_server::<Arena>(&bytes)?;
                if let ServerMessage::Snapshot(snapshot) = &message {
                    self.newest = snapshot.header.full.unwrap_or(self.newest.next());
                }
                return Ok(message);
            }
        }
    }
}
