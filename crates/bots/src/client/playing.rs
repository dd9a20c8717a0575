//! State of a bot's client after it has received the Welcome. Uses no socket.

use std::time::{Duration, Instant};

use tickcast_game::Brain;
use tickcast_protocol::codec::DecodeError;
use tickcast_protocol::{
    ClientMessage, GameProtocol, Input, Lead, Pace, PlayerId, Replica, ReplicaError, Snapshot, SnapshotHeader, Tick,
    Welcome,
};

use super::inputs::Inputs;
use super::{BotConfig, Brains};
use crate::report::Window;

/// Minimum interval between pings. A ping is sent along with an input, so that it causes no additional wake-up of the server.
const PING_INTERVAL: Duration = Duration::from_millis(800);
/// Time after which a ping without a pong counts as lost, so that the next one is sent.
const PONG_TIMEOUT: Duration = Duration::from_secs(5);
/// Number of unacknowledged snapshot bytes at which a client sends an acknowledgement. If it sends an input, no separate
/// message is needed, because every input contains an acknowledgement.
const ACKNOWLEDGE_BYTES: usize = 8 << 10;
/// Interval at which a resync request is repeated until a full snapshot arrives.
const RESYNC_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum interval between acknowledgements.
const ACKNOWLEDGE_INTERVAL: Duration = Duration::from_secs(1);

/// Minimum interval between the actions of a bot. Without it, a room with pace on demand would tick as fast as it can, because
/// every action causes a tick, after which the next bot acts.
const ACTION_INTERVAL: Duration = Duration::from_millis(500);

/// State of a client that has received the Welcome.
#[derive(Debug)]
pub(super) struct Playing<G: GameProtocol> {
    player: PlayerId,
    /// Number of snapshots due per second.
    snapshot_rate: u16,
    brain: Box<dyn Brain<G>>,
    inputs: Inputs<G>,
    /// The controls chosen last. [`Self::send_input`] sends them.
    held: Option<G::Controls>,
    has_input_rate: bool,
    /// Replica of the world, if this bot verifies snapshots.
    replica: Option<Replica<G>>,
    /// Time of the last resync request. `None` unless a full snapshot is awaited.
    resync_requested_at: Option<Instant>,
    /// Tick of the newest snapshot that was applied.
    newest: Option<Tick>,
    newest_at: Option<Instant>,
    /// Time of the last acknowledgement, in an input or in a separate message. `None` before the first acknowledgement. The
    /// client sends the first acknowledgement at once. If the connection is lost before this acknowledgement arrives, the
    /// server does not keep the seat.
    acknowledged_at: Option<Instant>,
    unacknowledged_bytes: usize,
    /// Time of the last action.
    acted_at: Option<Instant>,
    ping: Option<Ping>,
}

#[derive(Clone, Copy, Debug)]
struct Ping {
    number: u32,
    sent_at: Instant,
    is_answered: bool,
}

impl<G: GameProtocol> Playing<G> {
    pub(super) fn new(welcome: &Welcome<G>, config: &BotConfig, brains: Brains<G>) -> Result<Self, DecodeError> {
        let no_seat = || DecodeError::InvalidMessage("a welcome without a seat".to_owned());
        let player = welcome.player().ok_or_else(no_seat)?;
        let replica = Replica::new(welcome).map_err(|error| DecodeError::InvalidMessage(error.to_string()))?;
        Ok(Self {
            player,
            snapshot_rate: match welcome.pace {
                Pace::Steady => welcome.tick_rate,
                // Nothing more is due while nobody acts.
                Pace::OnDemand => 1,
            },
            brain: brains.create(config.behaviour, welcome.tick_rate, config.seed),
            inputs: Inputs::new(config.lead, Lead::for_room(welcome), welcome.pace),
            held: None,
            has_input_rate: config.has_input_rate,
            replica: config.verifies.then_some(replica),
            resync_requested_at: None,
            newest: None,
            newest_at: None,
            acknowledged_at: None,
            unacknowledged_bytes: 0,
            acted_at: None,
            ping: None,
        })
    }

    /// Whether this bot maintains a replica.
    pub(super) const fn verifies(&self) -> bool {
        self.replica.is_some()
    }

    /// Whether a snapshot with this header is discarded, because a full one is awaited.
    pub(super) const fn discards(&self, header: &SnapshotHeader) -> bool {
        self.resync_requested_at.is_some() && header.full.is_none()
    }

    /// Whether a snapshot has arrived.
    pub(super) const fn has_snapshot(&self) -> bool {
        self.newest.is_some()
    }

    /// Number of snapshots due per second.
    pub(super) const fn snapshot_rate(&self) -> u16 {
        self.snapshot_rate
    }

    /// Measures the arrival of a snapshot of `bytes` bytes.
    pub(super) fn record_arrival(&mut self, bytes: usize, now: Instant, window: Option<&mut Window>) {
        self.unacknowledged_bytes += bytes;
        if let Some(window) = window {
            window.snapshots += 1;
            window.snapshot_bytes += bytes as u64;
            if let Some(previous) = self.newest_at {
                window.snapshot_interval.record(now - previous);
            }
        }
        self.newest_at = Some(now);
    }

    /// Advances to the tick of a snapshot that was applied.
    pub(super) fn advance(&mut self, header: &SnapshotHeader, now: Instant, window: Option<&mut Window>) {
        if header.full.is_some() {
            self.resync_requested_at = None;
        }
        self.newest = header.full.or(self.newest.map(Tick::next));
        if let (Some(report), Some(newest)) = (header.report, self.newest) {
            self.inputs.handle_report(report, newest, now, window);
        }
    }

    /// Applies a snapshot to the replica. Returns the number of entities in view, 0 without a replica.
    pub(super) fn apply(&mut self, snapshot: &Snapshot<G>) -> Result<usize, ReplicaError> {
        let Some(replica) = &mut self.replica else { return Ok(0) };
        replica.apply(snapshot)?;
        Ok(replica.entities().len())
    }

    /// Chooses the controls after a snapshot. Sends an input if one is due. Otherwise sends an acknowledgement if none has
    /// been sent before, if [`ACKNOWLEDGE_BYTES`] are unacknowledged, or if a tail probe is due
    /// ([`TailProbe`](tickcast_protocol::TailProbe)).
    pub(super) fn send_controls(&mut self, now: Instant, window: Option<&mut Window>, outbox: &mut Vec<ClientMessage<G>>) {
        let Some(newest) = self.newest else { return };
        let controls = self.brain.decide(self.player, self.replica.as_ref());
        self.held = Some(controls);
        let input = if self.has_input_rate { None } else { self.inputs.poll(controls, newest, now) };
        if let Some(input) = input {
            self.push_input(input, now, window, outbox);
        } else if self.acknowledged_at.is_none() || self.unacknowledged_bytes >= ACKNOWLEDGE_BYTES || self.is_probe_due(now)
        {
            self.acknowledge(newest, now, outbox);
        }
    }

    /// The action that the bot chooses now, with its stamp. `None` if it does not act, or has acted less than
    /// [`ACTION_INTERVAL`] ago.
    pub(super) fn choose_action(&mut self, now: Instant) -> Option<(Tick, G::Action)> {
        let (newest, replica) = self.newest.zip(self.replica.as_ref())?;
        if self.acted_at.is_some_and(|last| now - last < ACTION_INTERVAL) {
            return None;
        }
        let action = self.brain.act(self.player, replica)?;
        self.acted_at = Some(now);
        Some((newest.next(), action))
    }

    /// Sends an input with the controls that were chosen last.
    pub(super) fn send_input(&mut self, now: Instant, window: Option<&mut Window>, outbox: &mut Vec<ClientMessage<G>>) {
        if let Some((newest, controls)) = self.newest.zip(self.held)
            && let Some(input) = self.inputs.measured(controls, newest, now)
        {
            self.push_input(input, now, window, outbox);
        }
    }

    fn push_input(
        &mut self,
        input: Input<G>,
        now: Instant,
        window: Option<&mut Window>,
        outbox: &mut Vec<ClientMessage<G>>,
    ) {
        self.record_acknowledgement(now);
        self.ping(now, outbox);
        outbox.push(ClientMessage::Input(input));
        if let Some(window) = window {
            window.inputs += 1;
        }
    }

    /// Sends an acknowledgement if the last one is at least [`ACKNOWLEDGE_INTERVAL`] old. Repeats a resync request after
    /// [`RESYNC_INTERVAL`].
    pub(super) fn handle_time(&mut self, now: Instant, outbox: &mut Vec<ClientMessage<G>>) {
        if self.resync_requested_at.is_some_and(|last| now - last >= RESYNC_INTERVAL) {
            self.resync_requested_at = Some(now);
            outbox.push(ClientMessage::Resync);
        }
        if let Some(newest) = self.newest
            && self.acknowledged_at.is_none_or(|last| now - last >= ACKNOWLEDGE_INTERVAL)
        {
            self.acknowledge(newest, now, outbox);
        }
    }

    /// Requests a full snapshot, unless one is requested already.
    pub(super) fn request_resync(&mut self, now: Instant, outbox: &mut Vec<ClientMessage<G>>) {
        if self.resync_requested_at.is_none() {
            self.resync_requested_at = Some(now);
            outbox.push(ClientMessage::Resync);
        }
    }

    /// Marks the newest ping as answered if it has this number, and returns the time at which it was sent. Returns `None` for
    /// a late pong, whose ping counts as lost.
    pub(super) fn handle_pong(&mut self, number: u32) -> Result<Option<Instant>, DecodeError> {
        match &mut self.ping {
            Some(ping) if ping.number == number && !ping.is_answered => {
                ping.is_answered = true;
                Ok(Some(ping.sent_at))
            }
            Some(ping) if number < ping.number => Ok(None),
            _ => Err(DecodeError::InvalidMessage("a pong without a ping".to_owned())),
        }
    }

    /// Whether a tail probe is due. No probe is due if an acknowledgement was sent at `now`: both would be in the same
    /// packet, so the probe could not reveal the loss of that packet.
    fn is_probe_due(&mut self, now: Instant) -> bool {
        self.acknowledged_at != Some(now) && self.inputs.poll_tail_probe()
    }

    fn acknowledge(&mut self, newest: Tick, now: Instant, outbox: &mut Vec<ClientMessage<G>>) {
        self.record_acknowledgement(now);
        outbox.push(ClientMessage::Acknowledge(newest));
    }

    fn record_acknowledgement(&mut self, now: Instant) {
        self.acknowledged_at = Some(now);
        self.unacknowledged_bytes = 0;
    }

    fn ping(&mut self, now: Instant, outbox: &mut Vec<ClientMessage<G>>) {
        let is_due = |ping: Ping| now - ping.sent_at >= if ping.is_answered { PING_INTERVAL } else { PONG_TIMEOUT };
        if self.ping.is_none_or(is_due) {
            let number = self.ping.map_or(0, |ping| ping.number + 1);
            self.ping = Some(Ping { number, sent_at: now, is_answered: false });
            outbox.push(ClientMessage::Ping(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Fraction, LeadChoice};
    use tickcast_arena::{Arena, Rules};
    use tickcast_game::Behaviour;
    use tickcast_protocol::{ResumeToken, Seat, Viewport};

    fn playing() -> Playing<Arena> {
        let seat = Some(Seat { player: PlayerId(0), token: ResumeToken([0; 16]), resumed: false });
        let room = "main".parse().expect("the room name is valid");
        let rules = Rules { tick_rate: 30, world_size: 4096, round_s: 0 };
        let welcome = Welcome { seat, room, tick_rate: 30, pace: Pace::Steady, cell_size: 128, rules };
        let config = BotConfig {
            number: 0,
            verifies: Fraction::ALL.includes(0),
            behaviour: Behaviour::Idle,
            seed: 0,
            lead: LeadChoice::Ticks(1),
            has_input_rate: false,
            viewport: Viewport::default(),
        };
        Playing::new(&welcome, &config, Brains::of_game()).expect("the welcome is valid")
    }

    /// Lets the client send a ping if one is due. Returns the ping's number.
    fn ping(playing: &mut Playing<Arena>, now: Instant) -> Option<u32> {
        let mut outbox = Vec::new();
        playing.ping(now, &mut outbox);
        match outbox[..] {
            [] => None,
            [ClientMessage::Ping(number)] => Some(number),
            _ => panic!("one message is due: {outbox:?}"),
        }
    }

    #[test]
    fn pings_continue_after_a_lost_pong() {
        let start = Instant::now();
        let mut playing = playing();
        assert_eq!(ping(&mut playing, start), Some(0));
        assert_eq!(ping(&mut playing, start + PING_INTERVAL), None, "the pong may still arrive");
        let later = start + PONG_TIMEOUT;
        assert_eq!(ping(&mut playing, later), Some(1), "the first pong is lost");
        assert_eq!(playing.handle_pong(0), Ok(None), "a late pong is ignored");
        assert_eq!(playing.handle_pong(1), Ok(Some(later)));
        assert_eq!(ping(&mut playing, later + PING_INTERVAL), Some(2));
    }

    #[test]
    fn a_pong_without_a_ping_is_an_error() {
        let start = Instant::now();
        let mut playing = playing();
        assert!(playing.handle_pong(0).is_err(), "no ping was sent");
        ping(&mut playing, start);
        assert!(playing.handle_pong(1).is_err(), "the ping has another number");
        assert_eq!(playing.handle_pong(0), Ok(Some(start)));
        assert!(playing.handle_pong(0).is_err(), "the ping is answered already");
    }
}
