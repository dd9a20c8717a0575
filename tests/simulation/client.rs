//! An honest client.

use tickcast_arena::Arena;
use tickcast_protocol::client::Player;
use tickcast_protocol::{
    Change, ClientMessage, CloseReason, Hello, Input, PlayerId, Replica, ResumeToken, Role, RoomEvent, ServerMessage,
    Snapshot, SnapshotHeader, Tick, Viewport, Welcome, codec,
};

use super::choices::Choices;
use super::host::{Host, ToClient};
use super::line::{Quality, StepNumber};
use super::oracles::ConnectionId;

/// Maximum number of ticks until a checksum reveals a damaged replica.
const CHECKSUM_TICKS: StepNumber = 64;
/// Maximum number of steps until a client that was refused or closed reconnects.
const RETRY_STEPS_MAX: u32 = 40;
/// A client sends an input about once in this many steps.
const INPUT_ONCE_IN: u32 = 8;
/// Additional steps allowed for a client to get up to date, because of delays in the line and the room.
const SLACK_STEPS: StepNumber = 8;

/// An honest client. It follows the protocol, but its line may fail.
#[derive(Debug)]
pub(crate) struct Client {
    name: String,
    role: Role,
    pub(crate) viewport: Viewport,
    quality: Quality,
    /// The client's line blocks while more than this number of bytes is in transit.
    capacity: usize,
    state: State,
    /// Whether the server has refused the client because the room was full, and the client has received no snapshot since.
    is_refused: bool,
    /// The player whose seat the client holds, and the newest token for that seat.
    seat: Option<(PlayerId, ResumeToken)>,
    /// Until the step `slow_until`, the client reads only one message every `pace` steps.
    pace: StepNumber,
    slow_until: StepNumber,
    /// The step in which the last disturbance of the client ends. This step may lie in the future.
    undisturbed_since: StepNumber,
}

#[derive(Debug)]
enum State {
    Away { returns_at: StepNumber },
    Joining(ConnectionId),
    Playing(Box<Playing>),
}

#[derive(Debug)]
struct Playing {
    connection: ConnectionId,
    replica: Replica<Arena>,
    health: Health,
    /// The tick of the newest snapshot.
    newest: Option<Tick>,
    /// When the client last sent an acknowledgement or an input (an input acknowledges too). `None` before it has sent
    /// either.
    sent_at: Option<StepNumber>,
}

/// State of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Good,
    /// An entity was removed from the replica, and the client has not detected that yet.
    Damaged,
    /// The replica is empty. The client waits for a full snapshot.
    Lost,
}

impl Client {
    pub(crate) fn new(number: u32, host: &Host, choices: &mut impl Choices) -> Self {
        let name = format!("Pilot {number}");
        let player = Role::Player(name.clone().try_into().expect("the name is short"));
        Self {
            name,
            role: if choices.one_in(6) { Role::Spectator } else { player },
            viewport: choices.viewport(),
            quality: Quality::choose(choices),
            capacity: 1024 << choices.pick(5),
            state: State::Away { returns_at: host.now() },
            is_refused: false,
            seat: None,
            pace: 1,
            slow_until: host.now(),
            undisturbed_since: host.now(),
        }
    }

    /// The client's connection, if any.
    pub(crate) const fn connection(&self) -> Option<ConnectionId> {
        match &self.state {
            State::Away { .. } => None,
            State::Joining(connection) => Some(*connection),
            State::Playing(playing) => Some(playing.connection),
        }
    }

    /// Whether the client has received the Welcome on its connection.
    pub(crate) const fn is_playing(&self) -> bool {
        matches!(self.state, State::Playing(_))
    }

    /// Records a disturbance of the client that lasts until this step.
    pub(crate) fn disturb_until(&mut self, until: StepNumber) {
        self.undisturbed_since = self.undisturbed_since.max(until);
    }

    /// Marks the client as disconnected. It returns in the step `returns_at`, or later if its last messages are still in
    /// transit.
    pub(crate) fn leave_until(&mut self, returns_at: StepNumber, now: StepNumber) {
        self.state = State::Away { returns_at: returns_at.max(now + self.quality.delay_max() + 2) };
        self.disturb_until(returns_at);
    }

    /// Until the step `until`, makes the client read only one message every `pace` steps.
    pub(crate) fn read_slowly_until(&mut self, until: StepNumber, pace: u32) {
        (self.pace, self.slow_until) = (pace.into(), until);
        self.disturb_until(until);
    }

    /// Ends all disturbances of the client, except a damaged replica: the damage lasts until a checksum reveals it.
    pub(crate) fn calm_down(&mut self, now: StepNumber) {
        self.slow_until = now;
        self.undisturbed_since = now;
        match &self.state {
            State::Away { .. } => self.leave_until(now, now),
            State::Playing(playing) if playing.health == Health::Damaged => self.disturb_until(now + CHECKSUM_TICKS),
            State::Playing(_) | State::Joining(_) => {}
        }
    }

    /// Opens a connection, even if the client already has one.
    pub(crate) fn connect(&mut self, host: &mut Host, choices: &mut impl Choices) {
        let connection = host.connect(self.quality, self.capacity);
        let resume = self.seat.map(|(_, token)| token);
        let hello = Hello { resume, ..Hello::new::<Arena>(self.role.clone(), self.viewport) };
        host.send_message(connection, &ClientMessage::Hello(hello), choices);
        self.disturb_until(host.now());
        self.state = State::Joining(connection);
    }

    /// Sends a message if the client has received its Welcome. Otherwise, does nothing.
    pub(crate) fn send(&self, message: &ClientMessage<Arena>, host: &mut Host, choices: &mut impl Choices) {
        if let State::Playing(playing) = &self.state {
            host.send_message(playing.connection, message, choices);
        }
    }

    /// Drops the client's replica, and requests a full snapshot.
    pub(crate) fn lose_replica(&mut self, host: &mut Host, choices: &mut impl Choices) {
        if let State::Playing(playing) = &mut self.state {
            playing.health = Health::Lost;
            playing.clear();
        }
        self.disturb_until(host.now());
        self.send(&ClientMessage::Resync, host, choices);
    }

    /// Damages the client's replica by removing an entity.
    pub(crate) fn damage_replica(&mut self, now: StepNumber, choices: &mut impl Choices) {
        if let State::Playing(playing) = &mut self.state
            && playing.health == Health::Good
            && !playing.replica.entities().is_empty()
        {
            playing.health = Health::Damaged;
            playing.lose_entity(choices);
            self.disturb_until(now + CHECKSUM_TICKS);
        }
    }

    /// Acts for one step: reconnects (only if the client's absence is over), then reads, then writes.
    pub(crate) fn act(&mut self, host: &mut Host, choices: &mut impl Choices) {
        if matches!(self.state, State::Away { returns_at } if returns_at <= host.now()) {
            self.connect(host, choices);
        }
        self.read(host, choices);
        self.write(host, choices);
        self.check(host);
    }

    fn read(&mut self, host: &mut Host, choices: &mut impl Choices) {
        let Some(connection) = self.connection() else { return };
        let is_slow = self.slow_until > host.now();
        let count = if is_slow { usize::from(host.now() % self.pace == 0) } else { usize::MAX };
        for received in host.receive(connection, count) {
            match received {
                ToClient::Closed(reason) => self.handle_close(reason, host, choices),
                ToClient::Message(bytes) => match codec::decode_server(&bytes).expect("the server sends valid messages") {
                    ServerMessage::Welcome(welcome) => self.handle_welcome(&welcome, connection),
                    ServerMessage::Snapshot(snapshot) => self.handle_snapshot(&snapshot, host, choices),
                    other => panic!("unexpected message {other:?}"),
                },
            }
        }
    }

    fn handle_close(&mut self, reason: Option<CloseReason>, host: &Host, choices: &mut impl Choices) {
        match reason {
            Some(CloseReason::RoomFull) => {
                self.is_refused = true;
                self.seat = None;
            }
            Some(CloseReason::SlowConsumer | CloseReason::IdleTimeout | CloseReason::Overloaded) | None => {
                assert!(!self.is_undisturbed(host), "{} was closed without a disturbance: {reason:?}", self.name);
            }
            Some(reason) => panic!("{} has done nothing wrong: {reason:?}", self.name),
        }
        let returns_at = host.now() + StepNumber::from(choices.between(1, RETRY_STEPS_MAX));
        self.state = State::Away { returns_at };
    }

    fn handle_welcome(&mut self, welcome: &Welcome<Arena>, connection: ConnectionId) {
        assert_eq!(welcome.seat.is_some(), self.role != Role::Spectator);
        if let Some(seat) = welcome.seat {
            if seat.resumed {
                assert_eq!(Some(seat.player), self.seat.map(|(player, _)| player), "{} has another's seat", self.name);
            }
            self.seat = Some((seat.player, seat.token));
        }
        let replica = Replica::new(welcome).expect("the Welcome is valid");
        let playing = Playing { connection, replica, health: Health::Lost, newest: None, sent_at: None };
        self.state = State::Playing(Box::new(playing));
    }

    fn handle_snapshot(&mut self, snapshot: &Snapshot<Arena>, host: &mut Host, choices: &mut impl Choices) {
        let State::Playing(playing) = &mut self.state else { panic!("a snapshot before the Welcome") };
        playing.newest = snapshot.header.full.or(playing.newest.map(Tick::next));
        match (playing.replica.apply(snapshot), playing.health) {
            (Ok(_), Health::Damaged) if host.truth.difference(&playing.replica).is_some() => {}
            // The oracle no longer keeps the world of this snapshot's tick, so it cannot check the replica. Only the line
            // can have held the snapshot for so long, because the server stops sending to a client that does not
            // acknowledge. The replica is checked again when the client has caught up.
            (Ok(_), _) if playing.replica.tick().is_some_and(|tick| host.truth.has_forgotten(tick)) => {
                assert!(!self.is_undisturbed(host), "{} receives an old tick without a disturbance", self.name);
            }
            (Ok(_), _) => {
                playing.health = Health::Good;
                self.is_refused = false;
                let difference = host.truth.difference(&playing.replica);
                assert_eq!(difference, None, "{}", self.name);
                self.check_name();
            }
            (Err(why), Health::Good) => panic!("{}: {why}", self.name),
            (Err(_), Health::Damaged) => self.lose_replica(host, choices),
            (Err(_), Health::Lost) => {}
        }
    }

    /// Checks that the server uses the name of this client, possibly with a number, as in `Pilot 3 (2)`. The server adds a
    /// number if the client has joined again while its former seat, which has the same name, is still reserved.
    fn check_name(&self) {
        if let (State::Playing(playing), Some((player, _))) = (&self.state, self.seat) {
            let name = playing.replica.players()[&player].name.as_str();
            let rest = name.strip_prefix(self.name.as_str());
            assert!(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(" (")), "{name} is not {}", self.name);
        }
    }

    fn write(&mut self, host: &mut Host, choices: &mut impl Choices) {
        let State::Playing(playing) = &mut self.state else { return };
        let Some(newest) = playing.newest else { return };
        let now = host.now();
        let is_due = playing.sent_at.is_none_or(|sent_at| now - sent_at >= host.rate());
        let has_input = choices.one_in(INPUT_ONCE_IN);
        let message = if has_input && self.role != Role::Spectator {
            let tick = newest.plus(choose_lead(choices));
            ClientMessage::Input(Input { tick, acknowledged: newest, controls: choices.controls() })
        } else if is_due {
            ClientMessage::Acknowledge(newest)
        } else {
            return;
        };
        playing.sent_at = Some(now);
        let resyncs = is_due && playing.health == Health::Lost;
        self.send(&message, host, choices);
        if resyncs {
            self.send(&ClientMessage::Resync, host, choices);
        }
    }

    /// Whether the last disturbance ended so long ago that the client must be up to date.
    fn is_undisturbed(&self, host: &Host) -> bool {
        // After a disturbance, the server may hold back snapshots until the client has acknowledged the last snapshot sent.
        // The client acknowledges at least once per second. If it sends an acknowledgement just before that snapshot
        // arrives, the server has to wait for the next acknowledgement. The wait for the last snapshot and the wait for the
        // acknowledgement take up to two seconds together.
        let settling = 2 * host.rate() + 4 * self.quality.delay_max() + SLACK_STEPS;
        host.now() - self.undisturbed_since.max(host.caught_up_at()) > settling
    }

    /// Asserts that the client is up to date, if its last disturbance ended long enough ago.
    fn check(&self, host: &Host) {
        let name = &self.name;
        match &self.state {
            _ if !self.is_undisturbed(host) => {}
            State::Away { .. } => {}
            State::Joining(_) => panic!("{name} was never welcomed"),
            State::Playing(playing) => {
                assert_eq!(playing.health, Health::Good, "{name} must have recovered");
                let newest = playing.newest.expect("a good replica has a tick");
                let (behind, delay) = (StepNumber::from(host.tick().since(newest)), self.quality.delay_max());
                assert!(behind <= delay, "{name} is {behind} ticks behind on a line with a delay of {delay}");
            }
        }
    }

    /// Whether the client is in the room and up to date, or was refused because the room is full.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_refused || matches!(&self.state, State::Playing(playing) if playing.health == Health::Good)
    }
}

impl Playing {
    /// Drops the state of the replica, by applying an invalid snapshot to it.
    fn clear(&mut self) {
        let header = SnapshotHeader { full: Some(Tick(0)), ..SnapshotHeader::default() };
        self.replica.apply(&Snapshot { header, ..Snapshot::default() }).expect_err("it has no view");
    }

    /// Removes one random entity from the replica.
    fn lose_entity(&mut self, choices: &mut impl Choices) {
        let lost = choices.pick(self.replica.entities().len() as u32) as usize;
        let kept = self.replica.entities().iter().enumerate().filter(|(index, _)| *index != lost);
        let changes = kept.map(|(_, (id, entity))| Change::Upsert(id, entity.clone())).collect();
        let events = |(id, player): (&PlayerId, &Player<Arena>)| {
            let joined = RoomEvent::Joined(*id, player.name.clone(), player.kind);
            [joined, RoomEvent::Standing(*id, player.standing)]
        };
        let room = self.replica.players().iter().flat_map(events).collect();
        let header = SnapshotHeader { full: self.replica.tick(), view: self.replica.view(), ..SnapshotHeader::default() };
        self.replica.apply(&Snapshot { header, room, changes, ..Snapshot::default() }).expect("a full snapshot applies");
    }
}

/// Chooses the lead of an input. Most leads are plausible, some are far too long.
fn choose_lead(choices: &mut impl Choices) -> i32 {
    let longest = if choices.one_in(16) { 60 } else { 20 };
    choices.between(0, longest) as i32 - 4
}
