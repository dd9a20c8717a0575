//! The measured scene: ships that move about an otherwise empty world, and clients that each see a part of it.

use std::time::Duration;

use tickcast_arena::{Arena, ArenaBrain, Controls, Entity, Options, World};
use tickcast_game::{Behaviour, Brain, Command, Playable, Simulation};
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{
    EntityMap, GameProtocol, Grid, Hello, PlayerId, Position, Replica, ResumeToken, Role, ServerMessage, Snapshot, Tick,
    ViewRect, Viewport, Welcome,
};
use tickcast_room::replication::{Replication, RoomSections};
use tickcast_room::{Delivery, NewClient, NoObserver, Room, RoomOptions, SessionId, TickFrame};

/// Side of the world in units.
pub(crate) const WORLD_SIZE: u16 = 4000;
const TICK_RATE: u16 = 20;
const SEED: u64 = 7;
/// Ticks before the first measurement: enough for the mean speed of the ships to become steady.
const WARM_UP_TICKS: u32 = 100;
/// Number of cells by which a view may extend beyond the requested view on each side. The number is the same as in a real
/// room.
const VIEW_SLACK: u8 = 1;

/// Ships that change direction about once per second.
pub(crate) struct MovingShips {
    world: World,
    pilots: Vec<Pilot>,
    tick: Tick,
}

/// A brain that controls a ship, and the current controls of the ship.
struct Pilot {
    brain: ArenaBrain,
    controls: Controls,
}

impl MovingShips {
    /// A world with `count` ships that are already in motion.
    pub(crate) fn new(count: u16) -> Self {
        let world = World::new(&Options { world_size: WORLD_SIZE, rocks: 0, orbs: 0, round_s: 0 }, TICK_RATE, SEED);
        let pilot = |seat: u16| Pilot {
            brain: Arena::brain(Behaviour::Wander, TICK_RATE, seat.into()),
            controls: Controls::default(),
        };
        let mut ships = Self { world, pilots: (0..count).map(pilot).collect(), tick: Tick(0) };
        let joins: Vec<_> = (0..count).map(|seat| Command::Join(PlayerId(seat))).collect();
        ships.step(&joins);
        for _ in 1..WARM_UP_TICKS {
            ships.advance();
        }
        ships
    }

    /// The commands of the next tick: one per ship whose controls change.
    pub(crate) fn commands(&mut self) -> Vec<Command<Arena>> {
        let mut commands = Vec::new();
        for (seat, pilot) in (0..).zip(&mut self.pilots) {
            let player = PlayerId(seat);
            let controls = pilot.brain.decide(player, None);
            if pilot.controls != controls {
                pilot.controls = controls;
                commands.push(Command::Controls(player, controls));
            }
        }
        commands
    }

    /// Advances the world by one tick.
    pub(crate) fn step(&mut self, commands: &[Command<Arena>]) {
        self.tick = self.tick.next();
        self.world.step(commands);
    }

    /// Advances the world by one tick, with the commands of the pilots.
    pub(crate) fn advance(&mut self) {
        let commands = self.commands();
        self.step(&commands);
    }

    /// The ships.
    pub(crate) fn entities(&self) -> &EntityMap<Entity> {
        self.world.entities()
    }

    /// The Welcome that a real room with this world would send. Its cell size gives the same grid as in a real room.
    fn welcome(&self) -> Welcome<Arena> {
        let name = "scene".parse().expect("the name of the room is valid");
        let mut room = Room::new(name, RoomOptions::default(), self.world.clone(), Box::new(NoObserver));
        let hello = Hello::new::<Arena>(Role::Spectator, Viewport::default());
        let token = ResumeToken([0; 16]);
        let client = NewClient { session: SessionId(0), hello: &hello, token, key: None, permit: None };
        room.handle_join(client, Duration::ZERO).expect("an empty room admits spectators")
    }
}

/// Ships, and clients that receive snapshots of them.
pub(crate) struct Broadcast {
    ships: MovingShips,
    welcome: Welcome<Arena>,
    replication: Replication<Arena>,
    /// Side of each client's view in units.
    view_size: u16,
    /// The view of each client at the last tick.
    views: Vec<Option<ViewRect>>,
}

impl Broadcast {
    /// A world with this many ships and clients. Each client follows a ship and has received its first snapshot.
    pub(crate) fn new(ships: u16, clients: u16, view_size: u16) -> Self {
        assert!(clients <= ships, "each client follows a ship of its own");
        let ships = MovingShips::new(ships);
        let welcome = ships.welcome();
        let grid = Grid::new(Arena::extent(&welcome.rules), welcome.cell_size).expect("the room uses the same grid");
        let replication = Replication::new(welcome.rules, grid);
        let mut broadcast = Self { ships, welcome, replication, view_size, views: vec![None; clients.into()] };
        broadcast.advance();
        broadcast
    }

    /// The ships.
    pub(crate) fn ships(&mut self) -> &mut MovingShips {
        &mut self.ships
    }

    /// The grid whose cells make up the views.
    pub(crate) fn grid(&self) -> Grid {
        *self.replication.grid()
    }

    /// Advances by one tick. Returns the encoded tick and the parameters of each client's snapshot.
    pub(crate) fn advance(&mut self) -> (TickFrame<Arena>, Vec<Delivery>) {
        self.ships.advance();
        (self.encode(), self.deliveries())
    }

    /// Encodes the current tick.
    pub(crate) fn encode(&mut self) -> TickFrame<Arena> {
        let Self { ships, replication, .. } = self;
        replication.encode(ships.tick, ships.entities(), RoomSections::default())
    }

    /// The parameters of each client's snapshot of the current tick. The views follow the ships.
    pub(crate) fn deliveries(&mut self) -> Vec<Delivery> {
        let grid = self.grid();
        let half = i32::from(self.view_size) * Position::UNIT / 2;
        let mut deliveries = Vec::with_capacity(self.views.len());
        for (seat, last_view) in (0..).zip(&mut self.views) {
            let wanted = grid.around(self.ships.world.focus(PlayerId(seat)), half, half);
            let view = last_view.map_or(wanted, |view| view.following(wanted, VIEW_SLACK));
            let previous_view = last_view.replace(view);
            deliveries.push(Delivery { player: None, view, previous_view, report: None, lists_players: false });
        }
        deliveries
    }

    /// A client's replica, before its first snapshot.
    pub(crate) fn replica(&self) -> Replica<Arena> {
        Replica::new(&self.welcome).expect("a room sends valid Welcomes")
    }
}

/// Decodes a snapshot as a client does.
pub(crate) fn decode(frame: &TickFrame<Arena>, delivery: &Delivery) -> Snapshot<Arena> {
    let mut bytes = Vec::new();
    frame.compose(delivery, &mut Chunk::default(), &mut bytes).expect("the arena does not panic");
    match codec::decode_server(&bytes) {
        Ok(ServerMessage::Snapshot(snapshot)) => snapshot,
        other => panic!("expected a snapshot, got {other:?}"),
    }
}
