//! The load generator: all clients in one thread. The same for every server, except for the protocol.

mod websocket;

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};

use crate::protocol::{Controls, Frames, Message, Protocol, Received, Session};
use crate::{Outcome, TICKS_PER_SECOND};
use websocket::{Frame, WebSocket};

/// Interval between passes. Messages that arrive between two passes are handled together, which saves the generator CPU
/// time. The error of measured latencies is at most this interval.
const PASS_INTERVAL: Duration = Duration::from_millis(1);
const EVENTS_MAX: usize = 1024;
const INPUT_INTERVAL: Duration = Duration::from_nanos(1_000_000_000 / TICKS_PER_SECOND as u64);
/// Time limit within which all clients must have joined.
const JOIN_TIMEOUT: Duration = Duration::from_secs(60);
const LATENCY_US_MAX: u64 = 60_000_000;
/// If a complete check of updates is expensive, only one of this many clients performs it.
const CHECKING_CLIENTS: usize = 25;
/// Maximum number of inputs of a client that wait for an update. Beyond this number, the oldest input counts as lost.
const PENDING_MAX: usize = 200;

pub(crate) struct Generator {
    poll: Poll,
    events: Events,
    read_buffer: Vec<u8>,
    clients: Vec<Client>,
    observed: Observed,
}

/// What the clients have observed since the last reset.
#[derive(Clone, Debug)]
pub(crate) struct Observed {
    /// Updates that arrived.
    pub(crate) updates: u64,
    /// Updates of the client that has received the fewest.
    pub(crate) updates_of_worst_client: u64,
    /// All bytes that arrived, with the headers of WebSocket frames.
    pub(crate) bytes: u64,
    /// Time from sending an input to the first update that reflects it, in microseconds.
    pub(crate) latency_us: Histogram<u64>,
    /// Inputs that no update has reflected.
    pub(crate) inputs_lost: u64,
}

struct Client {
    socket: WebSocket,
    session: Box<dyn Session>,
    /// Number of inputs sent.
    inputs: u32,
    /// The inputs that no update has reflected. For each: its mark, which is the number that identifies it in an update,
    /// and the time at which it was sent.
    pending: VecDeque<(u16, Instant)>,
    is_joined: bool,
    /// Updates since the last reset.
    updates: u64,
}

impl Generator {
    /// Connects all clients, one after the other, and waits until all have joined.
    pub(crate) fn join(address: SocketAddr, protocol: Protocol, clients: u32) -> Outcome<Self> {
        let mut generator = Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_MAX),
            read_buffer: vec![0; 64 << 10],
            clients: Vec::new(),
            observed: Observed::new()?,
        };
        let start = Instant::now();
        while generator.joined() < clients as usize {
            if generator.clients.len() < clients as usize {
                generator.connect(address, protocol)?;
            } else {
                std::thread::sleep(PASS_INTERVAL);
            }
            generator.receive()?;
            if start.elapsed() > JOIN_TIMEOUT {
                return Err(format!("{} of {clients} clients have joined in time", generator.joined()).into());
            }
        }
        Ok(generator)
    }

    /// Number of clients that have received their first state.
    fn joined(&self) -> usize {
        self.clients.iter().filter(|client| client.is_joined).count()
    }

    fn connect(&mut self, address: SocketAddr, protocol: Protocol) -> Outcome<()> {
        let number = self.clients.len();
        let opening = protocol.open(address, number, number.is_multiple_of(CHECKING_CLIENTS))?;
        let mut socket = WebSocket::connect(address, &opening.path, opening.subprotocol)?;
        self.poll.registry().register(&mut socket.stream, Token(number), Interest::READABLE)?;
        socket.send(&opening.first.0)?;
        let session = opening.session;
        let mut client = Client { socket, session, inputs: 0, pending: VecDeque::new(), is_joined: false, updates: 0 };
        client.handle_frames(&mut self.observed)?;
        self.clients.push(client);
        Ok(())
    }

    /// Lets the clients play: they receive updates and send inputs. The inputs of all clients, and those of the clients of each
    /// room, are evenly distributed over time.
    pub(crate) fn play(&mut self, duration: Duration) -> Outcome<()> {
        let start = Instant::now();
        let (interval, stride) = (INPUT_INTERVAL / self.clients.len() as u32, stride(self.clients.len()));
        let (mut sent, mut next_pass) = (0_u32, start);
        while start.elapsed() < duration {
            std::thread::sleep(next_pass.saturating_duration_since(Instant::now()));
            next_pass = Instant::now() + PASS_INTERVAL;
            self.receive()?;
            while interval * sent <= start.elapsed() {
                let client = sent as usize * stride % self.clients.len();
                self.clients[client].send_input(client, &mut self.observed)?;
                sent += 1;
            }
        }
        Ok(())
    }

    /// Handles everything that has arrived.
    fn receive(&mut self) -> Outcome<()> {
        loop {
            match self.poll.poll(&mut self.events, Some(Duration::ZERO)) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
                _ => {}
            }
            for event in &self.events {
                let client = &mut self.clients[event.token().0];
                self.observed.bytes += client.socket.receive(&mut self.read_buffer)? as u64;
                client.handle_frames(&mut self.observed)?;
            }
            if self.events.iter().count() < EVENTS_MAX {
                return Ok(());
            }
        }
    }

    /// Forgets all observations.
    pub(crate) fn reset(&mut self) -> Outcome<()> {
        self.observed = Observed::new()?;
        self.clients.iter_mut().for_each(|client| client.updates = 0);
        Ok(())
    }

    pub(crate) fn observed(&self) -> Observed {
        let updates_of_worst_client = self.clients.iter().map(|client| client.updates).min().unwrap_or(0);
        Observed { updates_of_worst_client, ..self.observed.clone() }
    }

    /// Checks that the clients know all ships of their rooms.
    pub(crate) fn check_ships(&self, room_size: u32) -> Outcome<()> {
        for (number, client) in self.clients.iter().enumerate() {
            if let Some(ships) = client.session.ships()
                && ships != room_size as usize
            {
                return Err(format!("client {number} knows {ships} ships instead of {room_size}").into());
            }
        }
        Ok(())
    }
}

impl Observed {
    fn new() -> Outcome<Self> {
        let latency_us = Histogram::new_with_max(LATENCY_US_MAX, 3)?;
        Ok(Self { updates: 0, updates_of_worst_client: 0, bytes: 0, latency_us, inputs_lost: 0 })
    }
}

impl Client {
    /// Handles the frames that have arrived completely.
    fn handle_frames(&mut self, observed: &mut Observed) -> Outcome<()> {
        let (now, mut replies) = (Instant::now(), Frames::default());
        while let Some(frame) = self.socket.next_frame()? {
            let received = match frame {
                Frame::Text(payload) => self.session.handle(Message::Text(payload), &mut replies)?,
                Frame::Binary(payload) => self.session.handle(Message::Binary(payload), &mut replies)?,
                Frame::Ping(payload) => {
                    websocket::push_pong(payload, &mut replies);
                    Received::Other
                }
            };
            self.is_joined |= received != Received::Other;
            if let Received::Update { mark } = received {
                self.updates += 1;
                observed.updates += 1;
                if let Some(mark) = mark {
                    reflect(&mut self.pending, mark, now, observed);
                }
            }
        }
        self.socket.send(&replies.0)
    }

    fn send_input(&mut self, number: usize, observed: &mut Observed) -> Outcome<()> {
        let mut frames = Frames::default();
        self.inputs += 1;
        let mark = self.session.encode_input(Controls::of(number, self.inputs), &mut frames);
        if self.pending.len() == PENDING_MAX {
            self.pending.pop_front();
            observed.inputs_lost += 1;
        }
        self.pending.push_back((mark, Instant::now()));
        self.socket.send(&frames.0)
    }
}

/// Difference between the numbers of two clients that send one after the other. The difference has no common divisor with
/// the number of clients, so every client sends in its turn. The difference is about 0.618 times the number of clients (the
/// reciprocal of the golden ratio). Therefore, clients with consecutive numbers, which are in the same room, send at times
/// that are far apart.
fn stride(clients: usize) -> usize {
    let is_coprime = |stride: &usize| greatest_common_divisor(clients, *stride) == 1;
    (1..=clients * 618 / 1000).rev().find(is_coprime).unwrap_or(1)
}

const fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Records that an update reflects the input with this mark and all earlier inputs.
fn reflect(pending: &mut VecDeque<(u16, Instant)>, mark: u16, now: Instant, observed: &mut Observed) {
    let Some(newest) = pending.iter().position(|(other, _)| *other == mark) else { return };
    for (_, sent_at) in pending.drain(..=newest) {
        observed.latency_us.saturating_record((now - sent_at).as_micros() as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_sends_once_per_interval_and_those_of_a_room_at_different_times() {
        for clients in [1, 2, 25, 100, 1000] {
            let order: Vec<_> = (0..clients).map(|sent| sent * stride(clients) % clients).collect();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..clients).collect::<Vec<_>>(), "{clients} clients");
            let rooms =
                order.chunks(clients.div_ceil(4)).map(|quarter| quarter.iter().filter(|client| **client < 25).count());
            assert!(
                clients < 100 || rooms.clone().all(|sends| (4..=9).contains(&sends)),
                "{:?}",
                rooms.collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn an_update_reflects_the_marked_input_and_earlier_ones_once() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut pending = VecDeque::from([(3, start), (4, at(50)), (5, at(100))]);
        let mut observed = Observed::new().expect("the bounds are valid");
        reflect(&mut pending, 4, at(90), &mut observed);
        reflect(&mut pending, 4, at(140), &mut observed);
        assert_eq!((observed.latency_us.len(), pending.len()), (2, 1));
        assert!((89_000..91_000).contains(&observed.latency_us.max()));
    }
}
