//! An honest client.

use tickcast_arena::Arena;
use tickcast_protocol::client::Player;
use tickcast_protocol::{
    Change, ClientMessage, CloseReason, Hello, Input, PlayerId, Replica, ResumeToken, Role, RoomEvent, ServerMessage,
    Snapshot, SnapshotHeader, Tick, ViewRect, Viewport, Welcome, codec,
};
use tickcast_room::SessionId;

use super::connection::{ToClient, ToServer};
use super::dice::Dice;
use super::host::Host;
use super::line::{Quality, later};
use super::view::check_margin;

/// A desync shows after as many ticks at the latest.
const CHECKSUM_TICKS: i32 = 64;
/// How long the server keeps a lost seat.
const GRACE_S: i32 = 30;
/// Who was turned away comes back after as many ticks at the latest.
const RETRY_TICKS_MAX: i32 = 40;
/// About once in so many ticks a client steers.
const STEERS_ONCE_IN: u32 = 8;
/// What a line and a room may add to the time that a client needs.
const SLACK_TICKS: i32 = 8;

/// An honest client: it does all that the protocol asks, on a line that may not.
#[derive(Debug)]
pub(crate) struct Client {
    name: String,
    role: Role,
    pub(crate) viewport: Viewport,
    quality: Quality,
    outbox_max: usize,
    state: State,
    /// There was no place for it when it asked last; it has heard nothing of the world since.
    is_turned_away: bool,
    /// The seat it had, and the newest token to it.
    seat: Option<(PlayerId, ResumeToken)>,
    /// When it last heard of the world.
    heard_at: Tick,
    /// It reads one message in so many ticks until it is fast again.
    pace: u32,
    slow_until: Tick,
    /// From when on nothing is in its way.
    calm_since: Tick,
}

#[derive(Debug)]
enum State {
    Away { returns: Tick },
    Joining(SessionId),
    Playing(Box<Playing>),
}

#[derive(Debug)]
struct Playing {
    session: SessionId,
    replica: Replica<Arena>,
    copy: Copy,
    /// The tick of the newest snapshot.
    newest: Option<Tick>,
    /// What the server shows it.
    view: Option<ViewRect>,
    spoke: Tick,
}

/// What a replica is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copy {
    Good,
    /// Somebody has altered it, and nobody has noticed.
    Altered,
    /// It is known to be wrong: a reset is on its way.
    Lost,
}

impl Client {
    pub(crate) fn new(number: u32, host: &Host, dice: &mut impl Dice) -> Self {
        let name = format!("Pilot {number}");
        let played = Role::Player(name.clone().try_into().expect("a short name"));
        Self {
            name,
            role: if dice.hits(6) { Role::Spectator } else { played },
            viewport: roll_viewport(dice),
            quality: Quality::roll(dice),
            outbox_max: dice.between(24, 120) as usize,
            state: State::Away { returns: host.now() },
            is_turned_away: false,
            seat: None,
            heard_at: host.now(),
            pace: 1,
            slow_until: host.now(),
            calm_since: host.now(),
        }
    }

    /// Its connection, if it has one.
    pub(crate) const fn session(&self) -> Option<SessionId> {
        match &self.state {
            State::Away { .. } => None,
            State::Joining(session) => Some(*session),
            State::Playing(playing) => Some(playing.session),
        }
    }

    /// Whether it was welcomed on its connection.
    pub(crate) const fn is_playing(&self) -> bool {
        matches!(self.state, State::Playing(_))
    }

    /// Something is in its way until then.
    pub(crate) fn is_disturbed_until(&mut self, until: Tick) {
        self.calm_since = later(self.calm_since, until);
    }

    /// It is gone, and back at `returns`, but not before what it said last has arrived.
    pub(crate) fn leave_until(&mut self, returns: Tick, now: Tick) {
        self.state = State::Away { returns: later(returns, now.plus(self.quality.latest())) };
        self.is_disturbed_until(returns);
    }

    /// It reads one message in `pace` ticks until then.
    pub(crate) fn read_slowly_until(&mut self, until: Tick, pace: u32) {
        (self.pace, self.slow_until) = (pace, until);
        self.is_disturbed_until(until);
    }

    /// Nothing is in its way from now on.
    pub(crate) fn calm_down(&mut self, now: Tick) {
        self.slow_until = now;
        self.calm_since = now;
        match &self.state {
            State::Away { .. } => self.leave_until(now, now),
            State::Playing(playing) if playing.copy == Copy::Altered => self.is_disturbed_until(now.plus(CHECKSUM_TICKS)),
            State::Playing(_) | State::Joining(_) => {}
        }
    }

    /// Opens a connection, whether or not there is one.
    pub(crate) fn connect(&mut self, host: &mut Host, dice: &mut impl Dice) {
        let session = host.connect(self.quality, self.outbox_max);
        let resume = self.seat.map(|(_, token)| token);
        let hello = Hello { resume, ..Hello::new::<Arena>(self.role.clone(), self.viewport) };
        let bytes = codec::encode_client::<Arena>(&ClientMessage::Hello(hello));
        host.send(session, ToServer::Message(bytes), dice);
        self.is_disturbed_until(host.now());
        self.state = State::Joining(session);
    }

    pub(crate) fn say(&self, message: &ClientMessage<Arena>, host: &mut Host, dice: &mut impl Dice) {
        if let State::Playing(playing) = &self.state {
            host.send(playing.session, ToServer::Message(codec::encode_client(message)), dice);
        }
    }

    /// Forgets its copy of the world, and asks for another.
    pub(crate) fn lose_copy(&mut self, host: &mut Host, dice: &mut impl Dice) {
        if let State::Playing(playing) = &mut self.state {
            playing.copy = Copy::Lost;
            playing.forget();
        }
        self.is_disturbed_until(host.now());
        self.say(&ClientMessage::Resync, host, dice);
    }

    /// Something goes wrong in its memory: an entity is gone.
    pub(crate) fn suffer_damage(&mut self, now: Tick, dice: &mut impl Dice) {
        if let State::Playing(playing) = &mut self.state
            && playing.copy == Copy::Good
            && !playing.replica.entities().is_empty()
        {
            playing.copy = Copy::Altered;
            playing.lose_entity(dice);
            self.is_disturbed_until(now.plus(CHECKSUM_TICKS));
        }
    }

    /// A tick of its own: it comes back, reads and writes.
    pub(crate) fn act(&mut self, host: &mut Host, dice: &mut impl Dice) {
        let now = host.now();
        if matches!(self.state, State::Away { returns } if !returns.is_newer_than(now)) {
            self.connect(host, dice);
        }
        self.read(host, dice);
        self.write(host, dice);
        self.check(host);
    }

    fn read(&mut self, host: &mut Host, dice: &mut impl Dice) {
        let Some(session) = self.session() else { return };
        let is_slow = self.slow_until.is_newer_than(host.now());
        let count = if is_slow { u32::from(host.now().0.is_multiple_of(self.pace)) as usize } else { usize::MAX };
        for received in host.receive(session, count) {
            match received {
                ToClient::Closed(reason) => self.handle_closed(reason, host, dice),
                ToClient::Message(bytes) => match codec::decode_server(&bytes).expect("the server makes sense") {
                    ServerMessage::Welcome(welcome) => self.handle_welcome(&welcome, session, host),
                    ServerMessage::Snapshot(snapshot) => self.handle_snapshot(&snapshot, &bytes, host, dice),
                    other => panic!("nobody asked for {other:?}"),
                },
            }
        }
    }

    fn handle_closed(&mut self, reason: CloseReason, host: &Host, dice: &mut impl Dice) {
        let now = host.now();
        match reason {
            CloseReason::RoomFull => {
                self.is_turned_away = true;
                self.give_up_seat(host);
            }
            CloseReason::SlowConsumer => assert!(!self.is_calm(host), "{} was heard on a good line", self.name),
            _ => panic!("{} has done nothing wrong: {reason:?}", self.name),
        }
        self.state = State::Away { returns: now.plus(dice.between(1, RETRY_TICKS_MAX as u32) as i32) };
    }

    fn handle_welcome(&mut self, welcome: &Welcome<Arena>, session: SessionId, host: &Host) {
        assert_eq!(welcome.seat.is_some(), self.role != Role::Spectator);
        if let Some(seat) = welcome.seat {
            match self.seat {
                Some((player, _)) if seat.resumed => assert_eq!(seat.player, player, "{} has another's seat", self.name),
                _ => self.give_up_seat(host),
            }
            self.seat = Some((seat.player, seat.token));
        }
        let replica = Replica::new(welcome).expect("the welcome makes sense");
        let playing = Playing { session, replica, copy: Copy::Lost, newest: None, view: None, spoke: host.now() };
        self.state = State::Playing(Box::new(playing));
    }

    /// Its seat is not its own any more, which must not be while it was not gone for too long.
    fn give_up_seat(&mut self, host: &Host) {
        let was_long_gone = host.now().since(self.heard_at) > GRACE_S * host.tick_rate();
        assert!(self.seat.take().is_none() || was_long_gone, "{} has lost the seat", self.name);
    }

    fn handle_snapshot(&mut self, snapshot: &Snapshot<Arena>, bytes: &[u8], host: &mut Host, dice: &mut impl Dice) {
        let State::Playing(playing) = &mut self.state else { panic!("a snapshot before a welcome") };
        let composed = codec::encode_server(&ServerMessage::Snapshot(snapshot.clone()));
        assert_eq!(composed, bytes, "what is composed from parts is what encoding the whole gives");
        check_margin(snapshot, playing.view, host.truth.grid());
        playing.advance(&snapshot.header);
        self.heard_at = host.now();
        match (playing.replica.apply(snapshot), playing.copy) {
            (Ok(_), Copy::Altered) if host.truth.difference(&playing.replica).is_some() => {}
            (Ok(_), _) => {
                playing.copy = Copy::Good;
                self.is_turned_away = false;
                let difference = host.truth.difference(&playing.replica);
                assert_eq!(difference, None, "{}", self.name);
                self.check_name();
            }
            (Err(why), Copy::Good) => panic!("{}: {why}", self.name),
            (Err(_), Copy::Altered) => self.lose_copy(host, dice),
            (Err(_), Copy::Lost) => {}
        }
    }

    fn check_name(&self) {
        if let (State::Playing(playing), Some((player, _))) = (&self.state, self.seat) {
            assert_eq!(playing.replica.members()[&player].name.as_str(), self.name);
        }
    }

    fn write(&mut self, host: &mut Host, dice: &mut impl Dice) {
        let State::Playing(playing) = &mut self.state else { return };
        let Some(newest) = playing.newest else { return };
        let now = host.now();
        let is_due = now.since(playing.spoke) >= host.tick_rate();
        let steers = dice.hits(STEERS_ONCE_IN);
        let message = if steers && self.role != Role::Spectator {
            let tick = newest.plus(roll_lead(dice));
            ClientMessage::Input(Input { tick, acknowledged: newest, controls: dice.controls() })
        } else if is_due {
            ClientMessage::Acknowledge(newest)
        } else {
            return;
        };
        playing.spoke = now;
        let asks_again = is_due && playing.copy == Copy::Lost;
        self.say(&message, host, dice);
        if asks_again {
            self.say(&ClientMessage::Resync, host, dice);
        }
    }

    fn is_calm(&self, host: &Host) -> bool {
        // The acknowledgement under way may be too old to let it go on, and it speaks once a second.
        let settles = 2 * host.tick_rate() + 4 * self.quality.latest() + SLACK_TICKS;
        host.now().since(later(self.calm_since, host.is_rested_at())) > settles
    }

    /// Fails unless it is up to date, once nothing has been in its way for long enough.
    fn check(&self, host: &Host) {
        let name = &self.name;
        match &self.state {
            _ if !self.is_calm(host) => {}
            State::Away { .. } => {}
            State::Joining(_) => panic!("{name} was never welcomed"),
            State::Playing(playing) => {
                assert_eq!(playing.copy, Copy::Good, "{name} is to be back on course");
                let newest = playing.newest.expect("a good copy has a tick");
                let (behind, may) = (host.now().since(newest), self.quality.latest());
                assert!(behind <= may, "{name} is {behind} ticks behind on a line that takes {may}");
            }
        }
    }

    /// Whether it is in the room and up to date, or there is no place for it.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_turned_away || matches!(&self.state, State::Playing(playing) if playing.copy == Copy::Good)
    }
}

impl Playing {
    /// Nobody is told what is older than what they know, and nothing is left out unless a reset follows.
    fn advance(&mut self, header: &SnapshotHeader) {
        match (header.reset, self.newest) {
            (Some(tick), Some(newest)) => assert!(tick.is_newer_than(newest), "{tick:?} is no news after {newest:?}"),
            (None, None) => panic!("a reset comes first"),
            (Some(_), None) | (None, Some(_)) => {}
        }
        self.newest = header.reset.or(self.newest.map(Tick::next));
        self.view = header.view.or(self.view);
    }

    /// Waits for a reset: a snapshot that cannot be applied does it.
    fn forget(&mut self) {
        let header = SnapshotHeader { reset: Some(Tick(0)), ..SnapshotHeader::default() };
        self.replica.apply(&Snapshot { header, room: Vec::new(), changes: Vec::new() }).expect_err("it has no view");
    }

    /// An entity is gone from the replica, and everything else is as it was.
    fn lose_entity(&mut self, dice: &mut impl Dice) {
        let lost = dice.roll(self.replica.entities().len() as u32) as usize;
        let kept = self.replica.entities().iter().enumerate().filter(|(index, _)| *index != lost);
        let changes = kept.map(|(_, (id, entity))| Change::Upsert(id, entity.clone())).collect();
        let told = |(player, member): (&PlayerId, &Member<Arena>)| {
            let joined = RoomEvent::Joined(*player, member.name.clone(), member.kind);
            [joined, RoomEvent::Standing(*player, member.standing)]
        };
        let room = self.replica.members().iter().flat_map(told).collect();
        let header = SnapshotHeader { reset: self.replica.tick(), view: self.replica.view(), ..SnapshotHeader::default() };
        self.replica.apply(&Snapshot { header, room, changes }).expect("it is a reset");
    }
}

/// Mostly a lead that is about right, and now and then one that is far too long.
fn roll_lead(dice: &mut impl Dice) -> i32 {
    let most = if dice.hits(16) { 60 } else { 20 };
    dice.between(0, most) as i32 - 4
}

/// Any window, and now and then one that leaves the choice to the server.
pub(crate) fn roll_viewport(dice: &mut impl Dice) -> Viewport {
    let mut side = || 8 * dice.roll(200) as u16;
    Viewport { width: side(), height: side() }
}
