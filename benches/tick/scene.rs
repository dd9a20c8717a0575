//! What is measured: ships that wander about an otherwise empty world, and clients that each see a part of it.

use tickcast_arena::ArenaBrain;
use tickcast_arena::{Arena, Controls, Entity};
use tickcast_arena::{Options, World};
use tickcast_bots::{Behaviour, Brain, Playable};
use tickcast_game::{Command, Simulation};
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::{
    EntityMap, Game, Grid, Hello, PlayerId, Position, Replica, ResumeToken, Role, ServerMessage, Snapshot, Tick, ViewRect,
    Viewport, Welcome, codec,
};
use tickcast_room::NoJournal;
use tickcast_room::replication::{Delivery, Replication, TickFrame};
use tickcast_room::{Room, RoomOptions, SessionId};

/// The side of the world, in units.
pub(crate) const WORLD_SIZE: u16 = 4000;
const TICK_RATE: u16 = 20;
const SEED: u64 = 7;
/// How long the ships have been under way before anything is measured: long enough to be as fast as they will be.
const WARM_UP_TICKS: u32 = 100;
/// How many cells a view may be larger than needed on a side, as in a room.
const VIEW_SLACK: u8 = 1;

/// Ships that change direction about once a second.
pub(crate) struct Wanderers {
    world: World,
    pilots: Vec<(Pilot, Controls)>,
    tick: Tick,
}

impl Wanderers {
    /// So many ships, already under way.
    pub(crate) fn new(ships: u16) -> Self {
        let world = World::new(&Options { world_size: WORLD_SIZE, rocks: 0, orbs: 0 }, TICK_RATE, SEED);
        let pilot = |seat: u16| (Arena::brain(Behaviour::Wander, TICK_RATE, seat.into()), Controls::default());
        let mut wanderers = Self { world, pilots: (0..ships).map(pilot).collect(), tick: Tick(0) };
        let joins: Vec<_> = (0..ships).map(|seat| Command::Join(PlayerId(seat))).collect();
        wanderers.step(&joins);
        for _ in 1..WARM_UP_TICKS {
            wanderers.advance();
        }
        wanderers
    }

    /// What the pilots tell their ships now: only those who change their minds say something.
    pub(crate) fn commands(&mut self) -> Vec<Command<Arena>> {
        let steer = |(seat, (pilot, held)): (u16, &mut (Pilot, Controls))| {
            let player = PlayerId(seat);
            let controls = pilot.decide(player, None);
            (std::mem::replace(held, controls) != controls).then_some(Command::Controls(player, controls))
        };
        (0..).zip(&mut self.pilots).filter_map(steer).collect()
    }

    /// One tick.
    pub(crate) fn step(&mut self, commands: &[Command<Arena>]) {
        self.tick = self.tick.next();
        self.world.step(commands);
    }

    /// One tick, with whatever the pilots want.
    pub(crate) fn advance(&mut self) {
        let commands = self.commands();
        self.step(&commands);
    }

    /// The ships.
    pub(crate) fn entities(&self) -> &EntityMap<Entity> {
        self.world.entities()
    }

    /// What a client of such a world is welcomed with; a real room is asked, so that the grid is that of real rooms.
    fn welcome(&self) -> Welcome<Arena> {
        let name = "wander".parse().expect("a room's name");
        let mut room = Room::new(name, RoomOptions::default(), self.world.clone(), Box::new(NoJournal));
        let hello = Hello::new::<Arena>(Role::Spectator, Viewport::default());
        room.handle_join(SessionId(0), &hello, ResumeToken([0; 16])).expect("there is room for a spectator")
    }
}

/// Ships, and clients that are told about them.
pub(crate) struct Broadcast {
    wanderers: Wanderers,
    welcome: Welcome<Arena>,
    replication: Replication<Arena>,
    /// How many units each client sees in each direction.
    view_size: u16,
    /// What each client previous_view a tick ago.
    views: Vec<Option<ViewRect>>,
}

impl Broadcast {
    /// So many ships, of which the first so many carry a client. Everybody has had their first snapshot.
    pub(crate) fn new(ships: u16, clients: u16, view_size: u16) -> Self {
        assert!(clients <= ships, "a client's view follows its ship");
        let wanderers = Wanderers::new(ships);
        let welcome = wanderers.welcome();
        let grid = Grid::new(Arena::extent(&welcome.rules), welcome.cell_size).expect("few cells");
        let replication = Replication::new(welcome.rules, grid);
        let mut broadcast = Self { wanderers, welcome, replication, view_size, views: vec![None; clients.into()] };
        broadcast.advance();
        broadcast
    }

    /// The ships.
    pub(crate) fn wanderers(&mut self) -> &mut Wanderers {
        &mut self.wanderers
    }

    /// The grid that views are cut from.
    pub(crate) fn grid(&self) -> Grid {
        *self.replication.grid()
    }

    /// One tick, and who gets what of it.
    pub(crate) fn advance(&mut self) -> (TickFrame<Arena>, Vec<Delivery>) {
        self.wanderers.advance();
        (self.encode(), self.deliveries())
    }

    /// The tick that the ships are at, encoded for all.
    pub(crate) fn encode(&mut self) -> TickFrame<Arena> {
        let Self { wanderers, replication, .. } = self;
        replication.encode(wanderers.tick, wanderers.entities(), Default::default())
    }

    /// Who gets what of the tick that the ships are at.
    pub(crate) fn deliveries(&mut self) -> Vec<Delivery> {
        let grid = self.grid();
        let Self { wanderers, view_size, views, .. } = self;
        let half = i32::from(*view_size) * Position::UNIT / 2;
        let deliver = |(seat, view): (u16, &mut Option<ViewRect>)| {
            let wanted = grid.around(wanderers.world.focus(PlayerId(seat)), half, half);
            let sees = view.map_or(wanted, |view| view.following(wanted, VIEW_SLACK));
            Delivery { view: sees, previous_view: view.replace(sees), report: None }
        };
        (0..).zip(views).map(deliver).collect()
    }

    /// A client's copy of the world, before its first snapshot.
    pub(crate) fn replica(&self) -> Replica<Arena> {
        Replica::new(&self.welcome).expect("a sound welcome")
    }
}

/// A snapshot as a client decodes it.
pub(crate) fn decode(frame: &TickFrame<Arena>, delivery: &Delivery) -> Snapshot<Arena> {
    let mut bytes = Vec::new();
    frame.compose(delivery, &mut Chunk::default(), &mut bytes);
    match codec::decode_server(&bytes) {
        Ok(ServerMessage::Snapshot(snapshot)) => snapshot,
        other => panic!("a frame makes snapshots, not {other:?}"),
    }
}
