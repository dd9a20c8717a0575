//! A server just real enough for bots: it speaks the protocol over sockets, and in its world nothing ever collides.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tickcast_arena::{Arena, Entity, Rules, Ship};
use tickcast_protocol::message::apply_controls;
use tickcast_protocol::world::coast_all;
use tickcast_protocol::{
    Angle, Change, ClientMessage, CloseReason, Digest, EntityMap, Game, Input, InputReport, PlayerId, PlayerKind,
    PlayerName, Position, ResumeToken, Role, RoomEvent, Seat, ServerMessage, Snapshot, SnapshotHeader, Tick, ViewRect,
    Welcome, codec,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

const TICK_RATE: u16 = 50;
const RULES: Rules = Rules { tick_rate: TICK_RATE, world_size: 4096 };
const CHECKSUM_EVERY: u32 = 16;

/// What the server does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameError {
    /// Nothing.
    None,
    /// It runs at half the tick rate that it announces.
    Slow,
    /// Each client's first checksum is wrong.
    WrongChecksum,
    /// After half a second, each client gets bytes that are no message.
    Garbage,
    /// After a second and a half, the room closes.
    Closes,
    /// There is no free seat.
    Full,
}

/// A running server; it stops when dropped.
pub(crate) struct FakeServer {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Seen>>,
}

/// What the server has seen of its clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// What they asked for, each time.
    pub(crate) addresses: Vec<String>,
    /// How often somebody asked for everything anew.
    pub(crate) resyncs: u32,
    /// How many said goodbye.
    pub(crate) goodbyes: u32,
    /// The most ticks between what was sent to a client and what it acknowledged.
    pub(crate) behind_max: i32,
}

impl FakeServer {
    /// Starts a server on a free port.
    pub(crate) fn start(fault: FrameError) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || serve(listener, fault, stopped));
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// Stops it, and says what it has seen.
    pub(crate) fn stop(mut self) -> Seen {
        drop(self.stop.take());
        self.thread.take().expect("stopped once").join().expect("the server is sound")
    }
}

fn serve(listener: std::net::TcpListener, fault: FrameError, stopped: oneshot::Receiver<()>) -> Seen {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let world = Rc::new(RefCell::new(World::new(fault)));
    tokio::task::LocalSet::new().block_on(&runtime, async {
        tokio::task::spawn_local(accept(listener, world.clone()));
        tokio::task::spawn_local(tick(world.clone()));
        // Being dropped is the signal.
        let _ = stopped.await;
    });
    std::mem::take(&mut world.borrow_mut().seen)
}

async fn accept(listener: std::net::TcpListener, world: Rc<RefCell<World>>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("a fresh socket");
        tokio::task::spawn_local(attend(stream, world.clone()));
    }
}

async fn tick(world: Rc<RefCell<World>>) {
    let rate = if world.borrow().fault == FrameError::Slow { TICK_RATE / 2 } else { TICK_RATE };
    let mut clock = tokio::time::interval(Duration::from_secs(1) / u32::from(rate));
    loop {
        clock.tick().await;
        world.borrow_mut().step();
    }
}

/// Serves one client until it or the server hangs up.
async fn attend(stream: TcpStream, world: Rc<RefCell<World>>) {
    #[allow(clippy::result_large_err, reason = "the library wants this signature")]
    let check = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
        world.borrow_mut().seen.addresses.push(request.uri().to_string());
        let protocol = request.headers()["Sec-WebSocket-Protocol"].clone();
        assert_eq!(protocol, codec::SUBPROTOCOL);
        response.headers_mut().insert("Sec-WebSocket-Protocol", protocol);
        Ok(response)
    };
    let websocket = tokio_tungstenite::accept_hdr_async(stream, check).await.expect("a handshake");
    let (mut sink, mut messages) = websocket.split();
    let (outbox, mut outgoing) = mpsc::unbounded_channel();
    tokio::task::spawn_local(async move {
        while let Some(message) = outgoing.recv().await {
            if sink.send(message).await.is_err() {
                break;
            }
        }
    });
    let mut player = None;
    while let Some(Ok(message)) = messages.next().await {
        let mut world = world.borrow_mut();
        match message {
            Message::Binary(bytes) => {
                let message = codec::decode_client::<Arena>(&bytes).expect("bots send good messages");
                match (player, message) {
                    (None, ClientMessage::Hello(hello)) => player = world.welcome(hello.role, &outbox),
                    (Some(player), message) => world.hear(player, message),
                    (None, message) => panic!("{message:?} came before a hello"),
                }
            }
            Message::Close(_) => world.seen.goodbyes += 1,
            other => panic!("bots do not send {other:?}"),
        }
    }
    if let Some(player) = player {
        world.borrow_mut().left.push(player);
    }
}

struct World {
    fault: FrameError,
    tick: Tick,
    entities: EntityMap<Entity>,
    clients: BTreeMap<PlayerId, Client>,
    left: Vec<PlayerId>,
    seen: Seen,
}

struct Client {
    name: PlayerName,
    outbox: mpsc::UnboundedSender<Message>,
    /// What it holds from some tick on, and how early that came.
    inputs: Vec<(Input<Arena>, i8)>,
    wants_reset: bool,
    snapshots: u32,
    acknowledged: Option<Tick>,
    is_spoilt: bool,
}

/// What everybody is told in a tick.
struct News {
    room: Vec<RoomEvent<Arena>>,
    changes: Vec<Change<Arena>>,
    checksum: Option<u32>,
}

impl World {
    fn new(fault: FrameError) -> Self {
        Self {
            fault,
            // Stamps are the low bytes of ticks: let them wrap while a test looks on.
            tick: Tick(1000),
            entities: EntityMap::default(),
            clients: BTreeMap::new(),
            left: Vec::new(),
            seen: Seen::default(),
        }
    }

    fn welcome(&mut self, role: Role, outbox: &mpsc::UnboundedSender<Message>) -> Option<PlayerId> {
        let Role::Player(name) = role else { panic!("bots play") };
        if self.fault == FrameError::Full {
            send(outbox, close(CloseReason::RoomFull));
            return None;
        }
        let player = (0..).map(PlayerId).find(|player| !self.clients.contains_key(player)).expect("a free seat");
        let room = "main".parse().expect("a room's name");
        let seat = Some(Seat { player, token: ResumeToken([0; 16]), resumed: false });
        let welcome = Welcome { seat, room, tick_rate: TICK_RATE, cell_size: 128, rules: RULES };
        send(outbox, binary(&ServerMessage::Welcome(welcome)));
        let client = Client {
            name,
            outbox: outbox.clone(),
            inputs: Vec::new(),
            wants_reset: true,
            snapshots: 0,
            acknowledged: None,
            is_spoilt: false,
        };
        self.clients.insert(player, client);
        Some(player)
    }

    fn hear(&mut self, player: PlayerId, message: ClientMessage<Arena>) {
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
                client.wants_reset = true;
                self.seen.resyncs += 1;
            }
            ClientMessage::Viewport(_) | ClientMessage::Hello(_) => panic!("bots do not send {message:?}"),
        }
    }

    fn step(&mut self) {
        self.tick = self.tick.next();
        let (mut changes, reports) = self.take_inputs();
        apply_controls(&mut self.entities, &changes).expect("ships that are there");
        coast_all::<Arena>(&RULES, &mut self.entities);
        let room = self.let_in_and_out(&mut changes);
        let checksum = Digest::of_entities::<Arena>(self.entities.iter()).wrapping_add(self.tick.0);
        let checksum = self.tick.0.is_multiple_of(CHECKSUM_EVERY).then_some(checksum);
        self.tell(&News { room, changes, checksum }, &reports);
    }

    fn take_inputs(&mut self) -> (Vec<Change<Arena>>, BTreeMap<PlayerId, InputReport>) {
        let (mut changes, mut reports) = (Vec::new(), BTreeMap::new());
        for (player, client) in &mut self.clients {
            let is_due = |(input, _): &(Input<Arena>, i8)| !input.tick.is_newer_than(self.tick);
            let due = client.inputs.extract_if(.., |input| is_due(input)).last();
            if let Some((input, margin)) = due
                && self.entities.get(Arena::avatar(*player)).is_some()
            {
                changes.push(Change::Controls(Arena::avatar(*player), input.controls));
                reports.insert(*player, InputReport { stamp: input.tick.0 as u8, margin });
            }
        }
        (changes, reports)
    }

    fn let_in_and_out(&mut self, changes: &mut Vec<Change<Arena>>) -> Vec<RoomEvent<Arena>> {
        let mut room = Vec::new();
        for player in self.left.drain(..) {
            self.clients.remove(&player);
            self.entities.remove(Arena::avatar(player));
            changes.push(Change::Despawn(Arena::avatar(player)));
            room.push(RoomEvent::Left(player));
        }
        for (player, client) in &self.clients {
            let id = Arena::avatar(*player);
            if self.entities.get(id).is_none() {
                let place = Position::at_units(100 + i32::from(player.0) * 61 % 3900, 2000);
                let ship = Entity::Ship(Ship::new(place, Angle::new(0), 0));
                self.entities.insert(id, ship.clone());
                changes.push(Change::Upsert(id, ship));
                room.push(joined(*player, client));
            }
        }
        room
    }

    fn tell(&mut self, news: &News, reports: &BTreeMap<PlayerId, InputReport>) {
        let everything = News {
            room: self.clients.iter().map(|(player, client)| joined(*player, client)).collect(),
            changes: self.entities.iter().map(|(id, entity)| Change::Upsert(id, entity.clone())).collect(),
            checksum: None,
        };
        for (player, client) in &mut self.clients {
            client.snapshots += 1;
            let is_reset = std::mem::take(&mut client.wants_reset);
            let news = if is_reset { &everything } else { news };
            let mut header = SnapshotHeader {
                reset: is_reset.then_some(self.tick),
                report: reports.get(player).copied(),
                view: is_reset.then_some(ViewRect { left: 0, top: 0, right: 31, bottom: 31 }),
                checksum: news.checksum,
            };
            client.spoil(self.fault, &mut header);
            let snapshot = Snapshot { header, room: news.room.clone(), changes: news.changes.clone() };
            send(&client.outbox, binary(&ServerMessage::Snapshot(snapshot)));
            if let Some(acknowledged) = client.acknowledged {
                self.seen.behind_max = self.seen.behind_max.max(self.tick.since(acknowledged));
            }
        }
    }
}

impl Client {
    fn spoil(&mut self, fault: FrameError, header: &mut SnapshotHeader) {
        match fault {
            FrameError::WrongChecksum if !self.is_spoilt && header.checksum.is_some() => {
                header.checksum = header.checksum.map(|checksum| checksum ^ 1);
                self.is_spoilt = true;
            }
            FrameError::Garbage if self.snapshots == u32::from(TICK_RATE) / 2 => {
                send(&self.outbox, Message::binary(vec![0x3f]));
            }
            FrameError::Closes if self.snapshots == u32::from(TICK_RATE) * 3 / 2 => {
                send(&self.outbox, close(CloseReason::RoomClosed));
            }
            _ => {}
        }
    }
}

fn joined(player: PlayerId, client: &Client) -> RoomEvent<Arena> {
    RoomEvent::Joined(player, client.name.clone(), PlayerKind::Human)
}

fn binary(message: &ServerMessage<Arena>) -> Message {
    Message::binary(codec::encode_server(message))
}

fn close(reason: CloseReason) -> Message {
    Message::Close(Some(CloseFrame { code: reason.code().into(), reason: reason.text().into() }))
}

/// A client that has just gone is no fault of the server's.
fn send(outbox: &mpsc::UnboundedSender<Message>, message: Message) {
    let _ = outbox.send(message);
}
