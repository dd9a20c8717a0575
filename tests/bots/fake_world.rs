//! The room of a fake server. Nothing collides in its world, and every client sees the whole world.

use std::collections::BTreeMap;

use tickcast_arena::{Arena, Entity, Rules, Ship};
use tickcast_protocol::message::apply_controls;
use tickcast_protocol::world::coast_all;
use tickcast_protocol::{
    Angle, Change, ClientMessage, CloseReason, Digest, EntityMap, GameProtocol, Input, InputReport, Pace, PlayerId,
    PlayerKind, PlayerName, Position, ResumeToken, Role, RoomEvent, Seat, ServerMessage, Snapshot, SnapshotHeader, Tick,
    ViewRect, Welcome, codec,
};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

const TICK_RATE: u16 = 50;
const RULES: Rules = Rules { tick_rate: TICK_RATE, world_size: 4096, round_s: 0 };
/// The view of every client: the whole world.
const VIEW: ViewRect = ViewRect { left: 0, top: 0, right: 31, bottom: 31 };
const CELL_SIZE: u16 = 128;
/// Ticks between checksums.
const CHECKSUM_TICKS: u32 = 16;
/// Initial tick. An input report contains only the low byte of the stamp of an input. From tick 1000 on, this byte counts
/// up from 232, so it wraps around during each test.
const FIRST_TICK: Tick = Tick(1000);

/// A deliberate fault of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No fault.
    None,
    /// The world runs at half the announced tick rate.
    HalfTickRate,
    /// The first checksum of each client is wrong.
    WrongChecksum,
    /// Half a second after it has joined, each client receives bytes that do not decode to a message.
    InvalidMessage,
    /// Half a second after it has joined, each client receives a text message.
    TextMessage,
    /// Half a second after it has joined, each client receives a second Welcome.
    SecondWelcome,
    /// Each client receives a snapshot before the Welcome.
    EarlySnapshot,
    /// One and a half seconds after it has joined, each client receives a Close frame with the reason `RoomClosed`.
    CloseRoom,
    /// Every join is refused with the reason `RoomFull`.
    RefuseJoins,
}

/// What the server observed of its clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observations {
    /// Target of each upgrade request.
    pub(crate) request_targets: Vec<String>,
    /// Number of resync requests.
    pub(crate) resyncs: u32,
    /// Number of Close frames, by code.
    pub(crate) close_codes: BTreeMap<u16, u32>,
    /// Maximum number of ticks that any client has left unacknowledged.
    pub(crate) unacknowledged_ticks_max: i32,
}

type Outbox = mpsc::UnboundedSender<Message>;

/// The room of a fake server.
pub(crate) struct FakeWorld {
    fault: Fault,
    tick: Tick,
    entities: EntityMap<Entity>,
    clients: BTreeMap<PlayerId, Client>,
    /// Players whose connections have ended since the last tick.
    leaving: Vec<PlayerId>,
    pub(crate) observations: Observations,
}

struct Client {
    name: PlayerName,
    outbox: Outbox,
    /// Inputs that have not been applied, each with its margin in ticks.
    inputs: Vec<(Input<Arena>, i8)>,
    needs_full: bool,
    snapshots: u32,
    acknowledged: Option<Tick>,
    has_wrong_checksum: bool,
}

/// Contents of a snapshot.
struct Contents {
    room: Vec<RoomEvent<Arena>>,
    changes: Vec<Change<Arena>>,
    checksum: Option<u32>,
}

impl FakeWorld {
    pub(crate) fn new(fault: Fault) -> Self {
        Self {
            fault,
            tick: FIRST_TICK,
            entities: EntityMap::default(),
            clients: BTreeMap::new(),
            leaving: Vec::new(),
            observations: Observations::default(),
        }
    }

    /// Ticks per second, which may differ from the announced rate.
    pub(crate) fn actual_tick_rate(&self) -> u16 {
        if self.fault == Fault::HalfTickRate { TICK_RATE / 2 } else { TICK_RATE }
    }

    /// Assigns a seat and sends a Welcome, or refuses the client.
    pub(crate) fn handle_join(&mut self, role: Role, outbox: &Outbox) -> Option<PlayerId> {
        let Role::Player(name) = role else { panic!("bots join as players") };
        if self.fault == Fault::RefuseJoins {
            send(outbox, close_frame(CloseReason::RoomFull));
            return None;
        }
        let player = (0..).map(PlayerId).find(|player| !self.clients.contains_key(player)).expect("a seat is free");
        if self.fault == Fault::EarlySnapshot {
            let header = SnapshotHeader { full: None, report: None, view: None, checksum: None };
            send(outbox, binary(&ServerMessage::Snapshot(Snapshot { header, ..Snapshot::default() })));
        }
        send(outbox, welcome(player));
        let client = Client {
            name,
            outbox: outbox.clone(),
            inputs: Vec::new(),
            needs_full: true,
            snapshots: 0,
            acknowledged: None,
            has_wrong_checksum: false,
        };
        self.clients.insert(player, client);
        Some(player)
    }

    pub(crate) fn handle_leave(&mut self, player: PlayerId) {
        self.leaving.push(player);
    }

    pub(crate) fn handle_message(&mut self, player: PlayerId, message: ClientMessage<Arena>) {
        let Some(client) = self.clients.get_mut(&player) else { return };
        match message {
            ClientMessage::Input(input) => {
                client.acknowledged = Some(input.acknowledged);
                let margin = input.tick.since(self.tick.next()).clamp(-128, 127) as i8;
                client.inputs.push((input, margin));
            }
            ClientMessage::Acknowledge(tick) => client.acknowledged = Some(tick),
            ClientMessage::Ping(number) => send(&client.outbox, binary(&ServerMessage::Pong(number))),
            ClientMessage::Resync => {
                client.needs_full = true;
                self.observations.resyncs += 1;
            }
            message => panic!("bots do not send {message:?}"),
        }
    }

    /// Advances the world by one tick and sends the snapshots.
    pub(crate) fn step(&mut self) {
        self.tick = self.tick.next();
        let (mut changes, reports) = self.take_inputs();
        apply_controls(&mut self.entities, &changes).expect("only ships that exist have controls");
        coast_all::<Arena>(&RULES, &mut self.entities);
        let mut room = self.remove_leaving(&mut changes);
        room.extend(self.spawn_joined(&mut changes));
        let checksum = Digest::of_entities::<Arena>(self.entities.iter()).wrapping_add(self.tick.0);
        let checksum = self.tick.0.is_multiple_of(CHECKSUM_TICKS).then_some(checksum);
        self.send_snapshots(&Contents { room, changes, checksum }, &reports);
    }

    /// Removes the inputs that are due and returns their controls and reports.
    fn take_inputs(&mut self) -> (Vec<Change<Arena>>, BTreeMap<PlayerId, InputReport>) {
        let (mut changes, mut reports) = (Vec::new(), BTreeMap::new());
        for (player, client) in &mut self.clients {
            let tick = self.tick;
            let due = client.inputs.extract_if(.., |(input, _)| !input.tick.is_newer_than(tick)).last();
            if let Some((input, margin)) = due
                && self.entities.get(Arena::avatar(*player)).is_some()
            {
                changes.push(Change::Controls(Arena::avatar(*player), input.controls));
                reports.insert(*player, InputReport { stamp: input.tick.0 as u8, margin });
            }
        }
        (changes, reports)
    }

    fn remove_leaving(&mut self, changes: &mut Vec<Change<Arena>>) -> Vec<RoomEvent<Arena>> {
        let mut events = Vec::new();
        for player in self.leaving.drain(..) {
            self.clients.remove(&player);
            self.entities.remove(Arena::avatar(player));
            changes.push(Change::Despawn(Arena::avatar(player)));
            events.push(RoomEvent::Left(player));
        }
        events
    }

    fn spawn_joined(&mut self, changes: &mut Vec<Change<Arena>>) -> Vec<RoomEvent<Arena>> {
        let mut events = Vec::new();
        for (player, client) in &self.clients {
            let id = Arena::avatar(*player);
            if self.entities.get(id).is_none() {
                let position = Position::at_units(100 + i32::from(player.0) * 61 % 3900, 2000);
                let ship = Entity::Ship(Ship::new(position, Angle::new(0), 0));
                self.entities.insert(id, ship.clone());
                changes.push(Change::Upsert(id, ship));
                events.push(client.joined_event(*player));
            }
        }
        events
    }

    fn send_snapshots(&mut self, delta: &Contents, reports: &BTreeMap<PlayerId, InputReport>) {
        let full = Contents {
            room: self.clients.iter().map(|(player, client)| client.joined_event(*player)).collect(),
            changes: self.entities.iter().map(|(id, entity)| Change::Upsert(id, entity.clone())).collect(),
            checksum: None,
        };
        for (player, client) in &mut self.clients {
            client.snapshots += 1;
            let is_full = std::mem::take(&mut client.needs_full);
            let contents = if is_full { &full } else { delta };
            let mut header = SnapshotHeader {
                full: is_full.then_some(self.tick),
                report: reports.get(player).copied(),
                view: is_full.then_some(VIEW),
                checksum: contents.checksum,
            };
            client.inject_fault(self.fault, *player, &mut header);
            let snapshot =
                Snapshot { header, room: contents.room.clone(), changes: contents.changes.clone(), ..Snapshot::default() };
            send(&client.outbox, binary(&ServerMessage::Snapshot(snapshot)));
            if let Some(acknowledged) = client.acknowledged {
                let unacknowledged = self.tick.since(acknowledged);
                let max = &mut self.observations.unacknowledged_ticks_max;
                *max = unacknowledged.max(*max);
            }
        }
    }
}

impl Client {
    fn joined_event(&self, player: PlayerId) -> RoomEvent<Arena> {
        RoomEvent::Joined(player, self.name.clone(), PlayerKind::Human)
    }

    /// Called before each snapshot is sent, with the header of that snapshot. Injects the fault if it is due now.
    fn inject_fault(&mut self, fault: Fault, player: PlayerId, header: &mut SnapshotHeader) {
        const HALF_SECOND: u32 = TICK_RATE as u32 / 2;
        match fault {
            Fault::WrongChecksum if !self.has_wrong_checksum && header.checksum.is_some() => {
                header.checksum = header.checksum.map(|checksum| checksum ^ 1);
                self.has_wrong_checksum = true;
            }
            Fault::InvalidMessage if self.snapshots == HALF_SECOND => send(&self.outbox, Message::binary(vec![0x3f])),
            Fault::TextMessage if self.snapshots == HALF_SECOND => send(&self.outbox, Message::text("hello")),
            Fault::SecondWelcome if self.snapshots == HALF_SECOND => send(&self.outbox, welcome(player)),
            Fault::CloseRoom if self.snapshots == 3 * HALF_SECOND => {
                send(&self.outbox, close_frame(CloseReason::RoomClosed));
            }
            _ => {}
        }
    }
}

fn welcome(player: PlayerId) -> Message {
    let room = "main".parse().expect("the room name is valid");
    let seat = Some(Seat { player, token: ResumeToken([0; 16]), resumed: false });
    let pace = Pace::Steady;
    binary(&ServerMessage::Welcome(Welcome { seat, room, tick_rate: TICK_RATE, pace, cell_size: CELL_SIZE, rules: RULES }))
}

fn binary(message: &ServerMessage<Arena>) -> Message {
    Message::binary(codec::encode_server(message))
}

fn close_frame(reason: CloseReason) -> Message {
    Message::Close(Some(CloseFrame { code: reason.code().into(), reason: reason.text().into() }))
}

/// Queues a message, unless the connection of the client has ended.
fn send(outbox: &Outbox, message: Message) {
    outbox.send(message).ok();
}
