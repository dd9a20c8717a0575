//! Links alone, with messages of all sizes: each message arrives exactly once and in order, and none is missing.

use std::collections::VecDeque;

use tickcast_arena::Arena;
use tickcast_protocol::codec;
use tickcast_protocol::codec::datagrams::{ClientLink, DATAGRAM_BYTES_MAX, ServerLink};
use tickcast_protocol::{ServerMessage, Snapshot, SnapshotHeader, Tick};

use super::line::{Line, Quality, Random};
use super::ticks;

/// Ticks after which everything has arrived over a perfect line.
const SETTLING_TICKS: u32 = 200;
const FIRST_TICK: Tick = Tick(u32::MAX - 1_000);

/// A server and a client with their links, and an independent record of what must arrive.
struct Run {
    random: Random,
    now: u32,
    down: Line,
    up: Line,
    server: ServerLink,
    client: ClientLink,
    tick: Tick,
    /// The snapshots of the client's epoch and those after it. Each epoch begins with a full snapshot.
    epochs: VecDeque<Vec<Vec<u8>>>,
    /// Number of snapshots of the first epoch that have arrived.
    received: usize,
    messages_sent: u32,
    messages_received: u32,
    delivered: u64,
}

impl Run {
    fn new(quality: Quality, seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            now: 0,
            down: Line::new(quality),
            up: Line::new(quality),
            server: ServerLink::default(),
            client: ClientLink::default(),
            tick: FIRST_TICK,
            epochs: VecDeque::new(),
            received: 0,
            messages_sent: 0,
            messages_received: 0,
            delivered: 0,
        }
    }

    fn step(&mut self) {
        self.now += 1;
        self.receive_at_server();
        self.send_snapshot();
        self.receive_at_client();
    }

    fn send_snapshot(&mut self) {
        self.tick = self.tick.next();
        let mut stream = Vec::new();
        if self.epochs.is_empty() || self.random.below(300) == 0 {
            // As after a seek in a replay, ticks may go back.
            self.tick = self.tick.plus(-(self.random.below(100).cast_signed()));
            let full = full_snapshot(self.tick);
            self.server.push_full(self.tick);
            self.epochs.push_back(vec![full.clone()]);
            self.down.send_stream(&full, self.now, &mut self.random);
        } else {
            let delta = self.delta();
            self.server.push_delta(&delta, &mut stream);
            self.epochs.back_mut().expect("an epoch has begun").push(delta);
        }
        if !stream.is_empty() {
            self.down.send_stream(&stream, self.now, &mut self.random);
        }
        let mut datagram = Vec::new();
        self.server.write_datagram(&mut datagram);
        assert!(datagram.len() <= DATAGRAM_BYTES_MAX);
        self.down.send_datagram(&datagram, self.now, &mut self.random);
    }

    /// Mostly small snapshots, sometimes large ones. Contains the tick.
    fn delta(&mut self) -> Vec<u8> {
        let padding = match self.random.below(100) {
            0..90 => self.random.below(30),
            90..99 => self.random.below(400),
            _ => self.random.below(5_000),
        };
        let mut delta = self.tick.0.to_le_bytes().to_vec();
        delta.resize(4 + padding as usize, 7);
        delta
    }

    fn receive_at_client(&mut self) {
        let mut arrived = Vec::new();
        while let Some(bytes) = self.down.take_stream(self.now) {
            self.client.handle_stream(&bytes, |message| arrived.push(message.to_vec())).expect("the stream is valid");
        }
        while let Some(bytes) = self.down.take_datagram(self.now) {
            self.client.handle_datagram(&bytes, |message| arrived.push(message.to_vec())).expect("the datagram is valid");
        }
        for message in arrived {
            self.check_snapshot(&message);
        }
        let is_input = self.random.below(4) == 0;
        if is_input {
            let mut stream = Vec::new();
            self.messages_sent += 1;
            let mut message = self.messages_sent.to_le_bytes().to_vec();
            message.resize(4 + self.random.below(12) as usize, 1);
            self.client.push(&message, &mut stream);
            if !stream.is_empty() {
                self.up.send_stream(&stream, self.now, &mut self.random);
            }
        }
        if is_input || self.client.is_datagram_due(3) {
            let mut datagram = Vec::new();
            self.client.write_datagram(&mut datagram);
            assert!(datagram.len() <= DATAGRAM_BYTES_MAX);
            self.up.send_datagram(&datagram, self.now, &mut self.random);
        }
    }

    /// The oracle: a snapshot is the next one of its epoch, or the first one of the next epoch.
    fn check_snapshot(&mut self, message: &[u8]) {
        self.delivered += 1;
        if self.received > 0 && self.epochs.get(1).is_some_and(|next| next[0] == message) {
            self.epochs.pop_front();
            self.received = 0;
        }
        assert_eq!(Some(message), self.epochs[0].get(self.received).map(Vec::as_slice));
        self.received += 1;
    }

    fn receive_at_server(&mut self) {
        let mut arrived = Vec::new();
        while let Some(bytes) = self.up.take_stream(self.now).or_else(|| self.up.take_datagram(self.now)) {
            self.server.handle_bundle(&bytes, |message| arrived.push(message.to_vec())).expect("the bundle is valid");
        }
        for message in arrived {
            self.messages_received += 1;
            assert_eq!(message[..4], self.messages_received.to_le_bytes());
        }
    }

    /// Repairs the line and waits until everything has arrived.
    fn settle(&mut self) {
        (self.down.quality, self.up.quality) = (Quality::PERFECT, Quality::PERFECT);
        (0..SETTLING_TICKS).for_each(|_| self.step());
        assert_eq!((self.epochs.len(), self.received), (1, self.epochs[0].len()), "all snapshots have arrived");
        assert!(self.messages_sent - self.messages_received <= 1, "all client messages but the last have arrived");
    }
}

fn full_snapshot(tick: Tick) -> Vec<u8> {
    let header = SnapshotHeader { full: Some(tick), ..SnapshotHeader::default() };
    codec::encode_server(&ServerMessage::Snapshot(Snapshot::<Arena> { header, ..Snapshot::default() }))
}

#[test]
fn messages_arrive_once_and_in_order_over_any_line() {
    const LINES: [Quality; 5] = [
        Quality::PERFECT,
        Quality::lossy(2),
        Quality::lossy(10),
        Quality::lossy(30),
        Quality { jitter: 20, ..Quality::lossy(30) },
    ];
    let ticks = ticks(50_000) / LINES.len() as u32;
    for (quality, seed) in LINES.into_iter().zip(1..) {
        let mut run = Run::new(quality, seed);
        (0..ticks).for_each(|_| run.step());
        run.settle();
        let ratio = run.delivered * 100 / u64::from(run.now);
        assert!(ratio > 60, "{quality:?}: {ratio} % of the snapshots were delivered");
    }
}

#[test]
fn all_messages_arrive_over_the_stream_if_datagrams_are_blocked() {
    let mut run = Run::new(Quality::lossy(5), 9);
    for is_blocked in [false, true].repeat(20) {
        (run.down.is_blocked, run.up.is_blocked) = (is_blocked, is_blocked);
        (0..200).for_each(|_| run.step());
    }
    (run.down.is_blocked, run.up.is_blocked) = (false, false);
    run.settle();
}
