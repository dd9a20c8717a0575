//! A client that follows PROTOCOL.md, in virtual time, optionally with one deliberate fault.

use std::time::Duration;

use tickcast_arena::{Arena, Controls};
use tickcast_protocol::codec;
use tickcast_protocol::{
    Change, ClientMessage, Hello, Input, Lead, Pace, Replica, ResumeToken, Role, ServerMessage, Snapshot, Tick, Viewport,
    Welcome,
};

use super::{Action, Received, Request};

const SECOND: Duration = Duration::from_secs(1);

/// A deliberate fault of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    OffersNoSubprotocol,
    SendsNoHello,
    SendsAnotherFingerprint,
    SendsInputBeforeTheHello,
    SendsText,
    SendsTrailingBytes,
    SendsASecondHello,
    SendsInputBeforeTheFirstSnapshot,
    SendsFourHundredPingsPerSecond,
    Leaves,
    HasNoTimerForAcknowledgements,
    DelaysTheFirstAcknowledgement,
    DoesNotCountBytes,
    AcknowledgesATickTooMuch,
    AcknowledgesDiscardedSnapshots,
    AcknowledgesOlderTicks,
    IgnoresChecksums,
    IgnoresUnknownEntities,
    SendsOneResync,
    SendsAResyncPerSnapshot,
    AppliesSnapshotsTwice,
    CountsFullSnapshotsAsDeltas,
    DiscardsFullSnapshots,
    StampsTheNewestTick,
    StampsTwoSecondsAhead,
    DecreasesStamps,
    KeepsItsLead,
    KeepsItsLeadOnDemand,
    RepeatsControlsOnDemand,
    NeverReconnects,
    ForgetsTheRoom,
    ForgetsTheToken,
    KeepsTheFirstToken,
    IgnoresTheDrain,
    IgnoresFinalCodes,
}

/// What the client does.
pub(super) enum ToServer {
    Open(Request),
    Frame(Received),
    End,
}

/// A client in virtual time.
pub(super) struct ModelClient {
    fault: Option<Fault>,
    role: Role,
    now: Duration,
    token: Option<ResumeToken>,
    room: Option<String>,
    drain: Duration,
    retry_at: Option<Duration>,
    connection: Option<Connection>,
    out: Vec<ToServer>,
}

#[derive(Default)]
struct Connection {
    opened_at: Duration,
    playing: Option<Playing>,
}

struct Playing {
    replica: Replica<Arena>,
    lead: Lead,
    first_at: Option<Duration>,
    acknowledged: Option<(Tick, Duration)>,
    received: usize,
    resync_at: Option<Duration>,
    /// The tick of the newest snapshot. Discarded snapshots count, too.
    counted: Option<Tick>,
    inputs: u32,
    is_player: bool,
    is_on_demand: bool,
    /// Whether the client waits for a snapshot that it never gets.
    is_stuck: bool,
}

impl ModelClient {
    pub(super) fn new(fault: Option<Fault>, role: Role) -> Self {
        let (now, drain) = (Duration::ZERO, Duration::ZERO);
        let retry_at = Some(Duration::ZERO);
        Self { fault, role, now, token: None, room: None, drain, retry_at, connection: None, out: Vec::new() }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn send(&mut self, message: &ClientMessage<Arena>) {
        self.send_bytes(codec::encode_client(message));
    }

    fn send_bytes(&mut self, bytes: Vec<u8>) {
        self.out.push(ToServer::Frame(Received::Message(bytes)));
    }

    /// Lets time pass. Returns what the client does.
    pub(super) fn poll(&mut self, now: Duration) -> Vec<ToServer> {
        self.now = now;
        if self.retry_at.is_some_and(|at| now >= at) {
            self.retry_at = None;
            self.connect();
        }
        self.poll_playing();
        std::mem::take(&mut self.out)
    }

    /// Handles what the server does. Returns what the client does.
    pub(super) fn handle(&mut self, action: Action) -> Vec<ToServer> {
        match action {
            Action::Send(bytes) => self.handle_message(&bytes),
            Action::Close(code) => self.handle_end(matches!(code, 1011 | 1012 | 4005 | 4010)),
            Action::Abort => self.handle_end(true),
        }
        std::mem::take(&mut self.out)
    }

    fn connect(&mut self) {
        let room = self.room.clone().filter(|_| !self.has(Fault::ForgetsTheRoom));
        let offers_subprotocol = !self.has(Fault::OffersNoSubprotocol);
        self.out.push(ToServer::Open(Request { room, offers_subprotocol }));
        self.connection = Some(Connection { opened_at: self.now, playing: None });
        let viewport = Viewport { width: 1600, height: 900 };
        let mut hello = Hello::new::<Arena>(self.role.clone(), viewport);
        hello.resume = self.token.filter(|_| !self.has(Fault::ForgetsTheToken));
        match self.fault {
            Some(Fault::SendsNoHello) => return,
            Some(Fault::SendsAnotherFingerprint) => hello.fingerprint = [0; 4],
            Some(Fault::SendsInputBeforeTheHello) => self.send(&ClientMessage::Acknowledge(Tick(0))),
            Some(Fault::SendsText) => self.out.push(ToServer::Frame(Received::Unsupported)),
            Some(Fault::SendsASecondHello) => self.send(&ClientMessage::Hello(hello.clone())),
            _ => {}
        }
        self.send(&ClientMessage::Hello(hello));
    }

    fn handle_end(&mut self, reconnects: bool) {
        self.connection = None;
        if (reconnects && !self.has(Fault::NeverReconnects)) || self.has(Fault::IgnoresFinalCodes) {
            let drain = std::mem::take(&mut self.drain);
            let delay = if self.has(Fault::IgnoresTheDrain) { Duration::ZERO } else { drain };
            self.retry_at = Some(self.now + delay + Duration::from_millis(250));
        }
    }

    fn handle_message(&mut self, bytes: &[u8]) {
        match codec::decode_server(bytes).expect("the server sends valid messages") {
            ServerMessage::Welcome(welcome) => self.handle_welcome(&welcome),
            ServerMessage::Drain(ms) => self.drain = Duration::from_millis(ms.into()),
            ServerMessage::Snapshot(snapshot) => self.handle_snapshot(snapshot, bytes.len()),
            ServerMessage::Pong(_) => {}
        }
    }

    fn handle_welcome(&mut self, welcome: &Welcome<Arena>) {
        self.room = Some(welcome.room.as_str().to_owned());
        if !(self.has(Fault::KeepsTheFirstToken) && self.token.is_some()) {
            self.token = welcome.seat.map(|seat| seat.token);
        }
        let playing = Playing {
            replica: Replica::new(welcome).expect("the cells fit the world"),
            lead: Lead::for_room(welcome),
            first_at: None,
            acknowledged: None,
            received: 0,
            resync_at: None,
            counted: None,
            inputs: 0,
            is_player: welcome.seat.is_some(),
            is_on_demand: welcome.pace == Pace::OnDemand,
            is_stuck: false,
        };
        if let Some(connection) = &mut self.connection {
            connection.playing = Some(playing);
        }
        match self.fault {
            Some(Fault::SendsInputBeforeTheFirstSnapshot) => self.send(&ClientMessage::Acknowledge(Tick(0))),
            Some(Fault::SendsTrailingBytes) => self.send_bytes(vec![5, 0]),
            _ => {}
        }
    }

    fn handle_snapshot(&mut self, mut snapshot: Snapshot<Arena>, bytes: usize) {
        let (fault, now) = (self.fault, self.now);
        let Some(playing) = self.connection.as_mut().and_then(|connection| connection.playing.as_mut()) else { return };
        let has_resynced = playing.handle_snapshot(fault, &mut snapshot, bytes, now);
        if has_resynced {
            self.send(&ClientMessage::Resync);
        }
        self.poll_playing();
    }

    fn poll_playing(&mut self) {
        let (fault, now) = (self.fault, self.now);
        let Some(connection) = &mut self.connection else { return };
        if fault == Some(Fault::Leaves) && now.saturating_sub(connection.opened_at) > 5 * SECOND {
            self.connection = None;
            self.out.push(ToServer::End);
            return;
        }
        if fault == Some(Fault::SendsFourHundredPingsPerSecond) && connection.playing.is_some() {
            (0..14).for_each(|_| self.send(&ClientMessage::Ping(0)));
        }
        let Some(playing) = self.connection.as_mut().and_then(|connection| connection.playing.as_mut()) else { return };
        let messages = playing.poll(fault, now);
        messages.iter().for_each(|message| self.send(message));
    }
}

impl Playing {
    /// Handles a snapshot. Returns whether a Resync is due.
    fn handle_snapshot(
        &mut self,
        fault: Option<Fault>,
        snapshot: &mut Snapshot<Arena>,
        bytes: usize,
        now: Duration,
    ) -> bool {
        self.received += bytes;
        self.first_at.get_or_insert(now);
        self.counted = snapshot.header.full.or(self.counted.map(Tick::next));
        if fault == Some(Fault::DiscardsFullSnapshots) && snapshot.header.full.is_some() && self.acknowledged.is_some() {
            self.is_stuck = true;
        }
        if self.is_stuck {
            return false;
        }
        self.alter(fault, snapshot);
        if self.resync_at.is_some() && snapshot.header.full.is_none() {
            return fault == Some(Fault::SendsAResyncPerSnapshot);
        }
        let mut applied = self.replica.apply(snapshot).is_ok();
        if fault == Some(Fault::AppliesSnapshotsTwice) && snapshot.header.full.is_none() {
            applied &= self.replica.apply(snapshot).is_ok();
        }
        if !applied {
            self.resync_at = Some(now + SECOND);
            return true;
        }
        self.resync_at = None;
        if let (Some(report), Some(tick)) = (snapshot.header.report, self.replica.tick())
            && fault != Some(Fault::KeepsItsLead)
        {
            self.lead.handle_report(report, tick);
        }
        false
    }

    /// Simulates a fault: removes from a snapshot what a client with this fault ignores.
    fn alter(&self, fault: Option<Fault>, snapshot: &mut Snapshot<Arena>) {
        match fault {
            Some(Fault::IgnoresChecksums) => snapshot.header.checksum = None,
            Some(Fault::IgnoresUnknownEntities) => {
                let is_known = |change: &Change<Arena>| self.replica.entities().get(change.id()).is_some();
                snapshot.changes.retain(|change| !matches!(change, Change::Despawn(_)) || is_known(change));
            }
            Some(Fault::CountsFullSnapshotsAsDeltas) if self.replica.tick().is_some() => {
                (snapshot.header.full, snapshot.header.checksum) = (None, None);
            }
            _ => {}
        }
    }

    /// The messages that are due.
    fn poll(&mut self, fault: Option<Fault>, now: Duration) -> Vec<ClientMessage<Arena>> {
        let mut messages = Vec::new();
        if self.resync_at.is_some_and(|at| now >= at) && fault != Some(Fault::SendsOneResync) {
            messages.push(ClientMessage::Resync);
            self.resync_at = Some(now + SECOND);
        }
        let counts_discarded = fault == Some(Fault::AcknowledgesDiscardedSnapshots);
        let Some(tick) = self.replica.tick().or(self.counted.filter(|_| counts_discarded)) else { return messages };
        let interval = if fault == Some(Fault::HasNoTimerForAcknowledgements) { 3 * SECOND } else { SECOND };
        let is_due = match self.acknowledged {
            None if fault == Some(Fault::DelaysTheFirstAcknowledgement) => {
                self.first_at.is_some_and(|at| now.saturating_sub(at) > Duration::from_millis(1500))
            }
            None => true,
            Some((_, at)) => now.saturating_sub(at) >= interval,
        };
        let has_many_bytes = self.received >= 8 << 10 && fault != Some(Fault::DoesNotCountBytes);
        if !is_due && !has_many_bytes {
            return messages;
        }
        let acknowledged = match fault {
            Some(Fault::AcknowledgesATickTooMuch) => tick.next(),
            Some(Fault::AcknowledgesOlderTicks) if self.inputs % 2 == 1 => tick.plus(-60),
            _ => tick,
        };
        (self.acknowledged, self.received) = (Some((tick, now)), 0);
        self.inputs += 1;
        // The controls never change.
        let sends_controls = !self.is_on_demand || self.inputs == 1 || fault == Some(Fault::RepeatsControlsOnDemand);
        messages.push(if self.is_player && is_due && sends_controls {
            let controls = Controls::default();
            ClientMessage::Input(Input { tick: self.stamp(fault, tick), acknowledged, controls })
        } else {
            ClientMessage::Acknowledge(acknowledged)
        });
        messages
    }

    fn stamp(&mut self, fault: Option<Fault>, tick: Tick) -> Tick {
        let stamp = self.lead.stamp(tick);
        match fault {
            Some(Fault::StampsTheNewestTick) => tick,
            Some(Fault::KeepsItsLeadOnDemand) if self.is_on_demand => stamp.plus(3),
            Some(Fault::StampsTwoSecondsAhead) => tick.plus(60),
            Some(Fault::DecreasesStamps) if self.inputs == 4 => tick.plus(-60),
            _ => stamp,
        }
    }
}
