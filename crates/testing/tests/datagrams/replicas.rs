//! A room with clients on lossy lines: each replica equals the world of its tick, within the client's view.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tickcast_arena::{Arena, Controls, Options, Steering, World};
use tickcast_game::Simulation;
use tickcast_protocol::codec::datagrams::{ClientLink, ServerLink};
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{
    ClientMessage, Digest, GameProtocol, Grid, Hello, Input, Lead, Replica, ResumeToken, Role, ServerMessage, Tick,
    ViewRect, Viewport, Welcome,
};
use tickcast_room::{NewClient, NoObserver, Room, RoomOptions, SessionId, TickDeliveries};

use super::line::{Line, Quality, Random};
use super::ticks;

/// Number of past worlds that are kept. Clients must not be farther behind.
const WORLDS_MAX: usize = 200;

/// A session on the server and its client.
struct Player {
    session: SessionId,
    down: Line,
    up: Line,
    server: ServerLink,
    client: ClientLink,
    grid: Grid,
    replica: Replica<Arena>,
    lead: Lead,
    snapshots: u32,
    full_snapshots: u32,
}

/// Digests of the entities in the views of past ticks.
#[derive(Default)]
struct Worlds(VecDeque<(Tick, World)>);

impl Worlds {
    fn push(&mut self, tick: Tick, world: &World) {
        self.0.push_back((tick, world.clone()));
        if self.0.len() > WORLDS_MAX {
            self.0.pop_front();
        }
    }

    /// Digests of all entities in a view, by entity.
    fn in_view(&self, tick: Tick, view: ViewRect, grid: &Grid) -> BTreeMap<u32, u32> {
        let (_, world) = self.0.iter().rev().find(|(at, _)| *at == tick).expect("no client is that far behind");
        let in_view = world.entities().iter().filter(|(_, entity)| view.contains(grid.cell(Arena::position(entity))));
        in_view.map(|(id, entity)| (id.0, Digest::of_entity::<Arena>(id, entity))).collect()
    }
}

impl Player {
    fn join(room: &mut Room<World>, number: u64, quality: Quality) -> Self {
        let session = SessionId(number);
        let role = Role::Player(format!("player {number}").try_into().expect("the name is valid"));
        let hello = Hello::new::<Arena>(role, Viewport::default());
        let token = ResumeToken(u128::from(number).to_le_bytes());
        let new = NewClient { session, hello: &hello, token, key: None, permit: None };
        let welcome: Welcome<Arena> = room.handle_join(new, Duration::ZERO).expect("there is a free seat");
        Self {
            session,
            down: Line::new(quality),
            up: Line::new(quality),
            server: ServerLink::default(),
            client: ClientLink::default(),
            grid: Grid::new(Arena::extent(&welcome.rules), welcome.cell_size).expect("the room has a valid grid"),
            replica: Replica::new(&welcome).expect("the room has a valid grid"),
            lead: Lead::new(welcome.tick_rate),
            snapshots: 0,
            full_snapshots: 0,
        }
    }

    /// Passes everything that has arrived at the server to the room.
    fn receive_at_server(&mut self, room: &mut Room<World>, now: u32) {
        let mut messages = Vec::new();
        while let Some(bytes) = self.up.take_stream(now).or_else(|| self.up.take_datagram(now)) {
            let handled = self.server.handle_bundle(&bytes, |message| messages.push(message.to_vec()));
            if let Some(tick) = handled.expect("a client sends valid bundles") {
                room.handle_acknowledgement(self.session, tick);
            }
        }
        for message in messages {
            match codec::decode_client::<Arena>(&message).expect("a client encodes valid messages") {
                ClientMessage::Input(input) => room.handle_input(self.session, &input),
                message => unreachable!("only inputs are sent: {message:?}"),
            }
        }
    }

    fn send(&mut self, tick: Tick, snapshot: &[u8], is_full: bool, now: u32, random: &mut Random) {
        let mut stream = Vec::new();
        if is_full {
            self.server.push_full(tick);
            stream.extend_from_slice(snapshot);
        } else {
            self.server.push_delta(snapshot, &mut stream);
        }
        if !stream.is_empty() {
            self.down.send_stream(&stream, now, random);
        }
        let mut datagram = Vec::new();
        self.server.write_datagram(&mut datagram);
        self.down.send_datagram(&datagram, now, random);
    }

    fn receive(&mut self, worlds: &Worlds, now: u32, random: &mut Random) {
        let mut messages = Vec::new();
        while let Some(bytes) = self.down.take_stream(now) {
            self.client.handle_stream(&bytes, |message| messages.push(message.to_vec())).expect("the stream is valid");
        }
        while let Some(bytes) = self.down.take_datagram(now) {
            self.client.handle_datagram(&bytes, |message| messages.push(message.to_vec())).expect("the datagram is valid");
        }
        for message in messages {
            self.apply(&message, worlds);
        }
        self.write(now, random);
    }

    /// Applies a snapshot, and compares the replica with the world.
    fn apply(&mut self, message: &[u8], worlds: &Worlds) {
        let Ok(ServerMessage::Snapshot(snapshot)) = codec::decode_server::<Arena>(message) else { panic!("a snapshot") };
        self.replica.apply(&snapshot).expect("each snapshot follows the one before it");
        self.snapshots += 1;
        self.full_snapshots += u32::from(snapshot.header.full.is_some());
        let (tick, view) = self.replica.tick().zip(self.replica.view()).expect("a snapshot was applied");
        let entities = self.replica.entities().iter();
        let digests: BTreeMap<_, _> = entities.map(|(id, entity)| (id.0, Digest::of_entity::<Arena>(id, entity))).collect();
        assert_eq!(digests, worlds.in_view(tick, view, &self.grid), "the replica equals the world of {tick:?}");
        if let Some(report) = snapshot.header.report {
            self.lead.handle_report(report, tick);
        }
    }

    /// Changes the controls now and then, and sends what is due.
    fn write(&mut self, now: u32, random: &mut Random) {
        let Some(acknowledged) = self.replica.tick() else { return };
        let is_input = random.below(12) == 0;
        if is_input {
            let steering = [Steering::Ahead, Steering::Left, Steering::Right][random.below(3) as usize];
            let controls =
                Controls { steering, thrust: random.percent(70), fire: random.percent(50), ..Controls::default() };
            let input = Input { tick: self.lead.stamp(acknowledged), acknowledged, controls };
            let mut stream = Vec::new();
            self.client.push(&codec::encode_client::<Arena>(&ClientMessage::Input(input)), &mut stream);
            assert!(stream.is_empty(), "inputs are small");
        }
        if is_input || self.client.is_datagram_due(3) {
            let mut datagram = Vec::new();
            self.client.write_datagram(&mut datagram);
            self.up.send_datagram(&datagram, now, random);
        }
    }
}

#[test]
fn each_replica_equals_the_world_over_lossy_lines() {
    const TICKS_PER_SECOND: u32 = 30;
    const LOSSES: [u32; 5] = [0, 2, 5, 15, 30];
    let options = Options { world_size: 2_000, rocks: 30, orbs: 20, round_s: 0 };
    let room_options = RoomOptions::default().with(|room| room.ai_players = 3);
    let world = World::new(&options, room_options.tick_rate, 5);
    let name = "lossy".parse().expect("the room name is valid");
    let mut room = Room::new(name, room_options, world, Box::new(NoObserver)).starting_at(Tick(u32::MAX - 500));
    let mut random = Random::new(1);
    let mut players: Vec<_> =
        LOSSES.iter().zip(1..).map(|(loss, number)| Player::join(&mut room, number, Quality::lossy(*loss))).collect();
    let mut worlds = Worlds::default();
    let ticks = ticks(6_000);
    for now in 1..=ticks {
        players.iter_mut().for_each(|player| player.receive_at_server(&mut room, now));
        let step = room.step(Duration::from_millis(u64::from(now) * 1_000 / u64::from(TICKS_PER_SECOND)));
        assert!(step.closed.is_empty(), "no session is closed");
        worlds.push(room.tick(), room.world());
        let TickDeliveries { frame, deliveries } = step.live;
        for (session, delivery) in deliveries {
            let mut bytes = Vec::new();
            frame.compose(&delivery, &mut Chunk::default(), &mut bytes).expect("the game does not panic");
            let player = &mut players[session.0 as usize - 1];
            player.send(frame.tick(), &bytes, delivery.previous_view.is_none(), now, &mut random);
        }
        players.iter_mut().for_each(|player| player.receive(&worlds, now, &mut random));
    }
    for (player, loss) in players.iter().zip(LOSSES) {
        assert_eq!(player.full_snapshots, 1, "{loss} % loss requires no full snapshot");
        assert!(player.snapshots + 60 > ticks, "{loss} % loss: {} of {ticks} snapshots arrived", player.snapshots);
    }
}
