//! A client that speaks the protocol, and knows neither socket nor clock.

use std::time::{Duration, Instant};

use tickcast_protocol::codec::{self, DecodeError};
use tickcast_protocol::{
    ClientMessage, Hello, PlayerId, PlayerName, Replica, ReplicaError, Role, ServerMessage, Snapshot, SnapshotHeader, Tick,
    Viewport, Welcome,
};

use super::inputs::Inputs;
use super::tally::{Tally, Window};
use super::{Behaviour, BotsOptions, Brain, Playable};

/// How long to wait between pings. They travel with an input, so that they wake the server up no more often.
const PING_EVERY: Duration = Duration::from_millis(800);
/// How many bytes of snapshots are acknowledged at once.
const ACKNOWLEDGE_BYTES: usize = 8 << 10;
/// How long a client that has nothing to say stays silent.
const SILENCE_MAX: Duration = Duration::from_secs(1);

/// What a client is to do.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    number: u32,
    verifies: bool,
    behaviour: Behaviour,
    seed: u64,
    lead: super::options::LeadChoice,
    viewport: Viewport,
}

impl Orders {
    /// The orders of the bot of that number.
    pub(super) fn new(options: &BotsOptions, number: u32) -> Self {
        Self {
            number,
            verifies: options.verify.includes(number),
            behaviour: options.behaviour,
            seed: options.seed.wrapping_add(number.into()),
            lead: options.lead,
            viewport: options.viewport.unwrap_or_default(),
        }
    }
}

/// A client: takes messages in, gives messages out.
#[derive(Debug)]
pub(super) struct Client<G: Playable> {
    orders: Orders,
    playing: Option<Playing<G>>,
    outbox: Vec<ClientMessage<G>>,
}

/// A client that was welcomed.
#[derive(Debug)]
struct Playing<G: Playable> {
    player: PlayerId,
    tick_rate: u16,
    brain: G::Brain,
    inputs: Inputs<G>,
    /// Kept by those who verify.
    replica: Option<Replica<G>>,
    /// The replica is wrong, and a reset is on its way.
    is_recovering: bool,
    newest: Option<Tick>,
    snapshot_at: Option<Instant>,
    spoke_at: Instant,
    unacknowledged_bytes: usize,
    ping: Option<Ping>,
}

#[derive(Clone, Copy, Debug)]
struct Ping {
    number: u32,
    sent_at: Instant,
    is_answered: bool,
}

impl<G: Playable> Client<G> {
    pub(super) const fn new(orders: Orders) -> Self {
        Self { orders, playing: None, outbox: Vec::new() }
    }

    /// The connection is open: introduce yourself.
    pub(super) fn handle_open(&mut self) {
        let name = PlayerName::try_from(format!("bot {}", self.orders.number)).expect("a short name");
        self.outbox.push(ClientMessage::Hello(Hello::new::<G>(Role::Player(name), self.orders.viewport)));
    }

    /// Takes a message of the server.
    pub(super) fn handle_message(&mut self, bytes: &[u8], now: Instant, tally: &mut Tally) {
        if let Some(window) = &mut tally.window {
            window.bytes += bytes.len() as u64;
        }
        if let Err(error) = self.try_handle_message(bytes, now, tally) {
            tally.decode_errors += 1;
            tally.remark(&error.to_string());
            self.recover();
        }
    }

    fn try_handle_message(&mut self, bytes: &[u8], now: Instant, tally: &mut Tally) -> Result<(), DecodeError> {
        if let Some(playing) = &mut self.playing
            && playing.replica.is_none()
            && let Some(header) = codec::decode_snapshot_header(bytes)?
        {
            playing.handle_header(&header, bytes.len(), now, tally.window.as_mut());
            playing.play(now, tally.window.as_mut(), &mut self.outbox);
            return Ok(());
        }
        match codec::decode_server(bytes)? {
            ServerMessage::Welcome(welcome) => self.handle_welcome(&welcome, now),
            ServerMessage::Pong(number) => self.handle_pong(number, now, tally.window.as_mut()),
            ServerMessage::Drain(_) => Ok(()),
            ServerMessage::Snapshot(snapshot) => self.handle_snapshot(&snapshot, bytes.len(), now, tally),
        }
    }

    fn handle_welcome(&mut self, welcome: &Welcome<G>, now: Instant) -> Result<(), DecodeError> {
        let player = welcome.player().ok_or_else(|| DecodeError::Malformed("a player was given no seat".to_owned()))?;
        let Orders { behaviour, seed, lead, verifies, .. } = self.orders;
        let replica = Replica::new(welcome).map_err(|error| DecodeError::Malformed(error.to_string()))?;
        self.playing = Some(Playing {
            player,
            tick_rate: welcome.tick_rate,
            brain: G::brain(behaviour, welcome.tick_rate, seed),
            inputs: Inputs::new(lead, welcome.tick_rate),
            replica: verifies.then_some(replica),
            is_recovering: false,
            newest: None,
            snapshot_at: None,
            spoke_at: now,
            unacknowledged_bytes: 0,
            ping: None,
        });
        Ok(())
    }

    fn handle_pong(&mut self, number: u32, now: Instant, window: Option<&mut Window>) -> Result<(), DecodeError> {
        let ping = self.playing.as_mut().and_then(|playing| playing.ping.as_mut());
        let ping = ping.filter(|ping| ping.number == number && !ping.is_answered);
        let ping = ping.ok_or_else(|| DecodeError::Malformed("a pong without a ping".to_owned()))?;
        ping.is_answered = true;
        if let Some(window) = window {
            window.rtt.record(now - ping.sent_at);
        }
        Ok(())
    }

    fn handle_snapshot(
        &mut self,
        snapshot: &Snapshot<G>,
        bytes: usize,
        now: Instant,
        tally: &mut Tally,
    ) -> Result<(), DecodeError> {
        let Some(playing) = &mut self.playing else {
            return Err(DecodeError::Malformed("a snapshot came before the welcome".to_owned()));
        };
        playing.handle_header(&snapshot.header, bytes, now, tally.window.as_mut());
        match playing.apply(snapshot) {
            Ok(visible_entities) => {
                if let Some(window) = &mut tally.window {
                    window.visible_entities += visible_entities as u64;
                    window.breakdown.add(snapshot, bytes);
                }
            }
            Err(_) if playing.is_recovering => {}
            Err(error) => {
                tally.desyncs += 1;
                tally.remark(&error.to_string());
                self.recover();
                return Ok(());
            }
        }
        playing.play(now, tally.window.as_mut(), &mut self.outbox);
        Ok(())
    }

    /// Asks for everything anew, once.
    fn recover(&mut self) {
        if let Some(playing) = &mut self.playing
            && !playing.is_recovering
        {
            playing.is_recovering = true;
            self.outbox.push(ClientMessage::Recover);
        }
    }

    /// Time has passed: whoever was silent for long says how far it is.
    pub(super) fn handle_time(&mut self, now: Instant) {
        if let Some(playing) = &mut self.playing
            && let Some(newest) = playing.newest
            && now - playing.spoke_at >= SILENCE_MAX
        {
            playing.acknowledge(newest, now, &mut self.outbox);
        }
    }

    /// Whether a snapshot has come.
    pub(super) fn has_seen_the_world(&self) -> bool {
        self.playing.as_ref().is_some_and(|playing| playing.newest.is_some())
    }

    /// How many snapshots are due each second.
    pub(super) fn tick_rate(&self) -> u16 {
        self.playing.as_ref().map_or(0, |playing| playing.tick_rate)
    }

    /// What is to be sent, in this order.
    pub(super) fn poll_messages(&mut self) -> impl ExactSizeIterator<Item = ClientMessage<G>> {
        self.outbox.drain(..)
    }
}

impl<G: Playable> Playing<G> {
    fn handle_header(&mut self, header: &SnapshotHeader, bytes: usize, now: Instant, mut window: Option<&mut Window>) {
        self.unacknowledged_bytes += bytes;
        if let Some(window) = window.as_deref_mut() {
            window.snapshots += 1;
            window.snapshot_bytes += bytes as u64;
            if let Some(last) = self.snapshot_at {
                window.snapshot_interval.record(now - last);
            }
        }
        self.snapshot_at = Some(now);
        self.is_recovering &= header.reset.is_none();
        self.newest = header.reset.or(self.newest.map(Tick::next));
        if let (Some(report), Some(newest)) = (header.report, self.newest) {
            self.inputs.handle_report(report, newest, now, window);
        }
    }

    /// Brings the replica up to date; says how much is in view.
    fn apply(&mut self, snapshot: &Snapshot<G>) -> Result<usize, ReplicaError> {
        let Some(replica) = &mut self.replica else { return Ok(0) };
        replica.apply(snapshot)?;
        Ok(replica.entities().len())
    }

    /// Decides what to hold now, and says it if there is something to say.
    fn play(&mut self, now: Instant, window: Option<&mut Window>, outbox: &mut Vec<ClientMessage<G>>) {
        let Some(newest) = self.newest else { return };
        let controls = self.brain.decide(self.player, self.replica.as_ref());
        if let Some(input) = self.inputs.poll(controls, newest, now) {
            self.speak(now);
            self.ping(now, outbox);
            outbox.push(ClientMessage::Input(input));
            if let Some(window) = window {
                window.inputs += 1;
            }
        } else if self.unacknowledged_bytes >= ACKNOWLEDGE_BYTES {
            self.acknowledge(newest, now, outbox);
        }
    }

    fn acknowledge(&mut self, newest: Tick, now: Instant, outbox: &mut Vec<ClientMessage<G>>) {
        self.speak(now);
        outbox.push(ClientMessage::Acknowledge(newest));
    }

    fn speak(&mut self, now: Instant) {
        self.spoke_at = now;
        self.unacknowledged_bytes = 0;
    }

    fn ping(&mut self, now: Instant, outbox: &mut Vec<ClientMessage<G>>) {
        if self.ping.is_none_or(|ping| ping.is_answered && now - ping.sent_at >= PING_EVERY) {
            let number = self.ping.map_or(0, |ping| ping.number.wrapping_add(1));
            self.ping = Some(Ping { number, sent_at: now, is_answered: false });
            outbox.push(ClientMessage::Ping(number));
        }
    }
}
