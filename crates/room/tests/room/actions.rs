//! Actions over connections that are slow, repeat messages and break, to a server that crashes: each action is applied
//! exactly once and in order, or refused with a reason.
//!
//! The number of actions is small by default. To simulate a million:
//!
//! ```sh
//! TICKCAST_ACTIONS=1000000 cargo test --release -p tickcast-room --test room actions:: -- --nocapture
//! ```

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tickcast_game::{Actions, CoastContext, Game, Hosted, Protocol, World, game};
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{
    ActionOutcome, ClientMessage, Hello, Lifecycle, PlayerId, Replica, ResumeToken, Role, ServerMessage, Tick, Viewport,
};
use tickcast_room::{Departure, NoObserver, Room, RoomOptions, SessionId, SubmittedAction};

use crate::OnTime;

const TICK_RATE: u16 = 30;
const CLIENTS: usize = 8;
/// Number of actions in CI.
const ACTIONS: u32 = 20_000;
/// Maximum time that a message is under way, in ticks.
const DELAY_TICKS_MAX: u32 = 12;
/// Ticks after the last fault, in which all actions get their outcomes.
const QUIET_TICKS: u32 = 200;

/// A game that records which actions it has applied.
#[derive(Serialize, Deserialize)]
struct Ledger;

/// Number of applied actions, and a hash of them and their order.
type Record = (u32, u64);

/// The action `record` was applied to.
fn add(record: &mut Record, action: u32) {
    *record = (record.0 + 1, record.1.wrapping_mul(0x0100_0000_01b3) ^ u64::from(action));
}

impl Actions for Ledger {
    type Action = u32;
    type Refusal = u32;

    fn act(&mut self, world: &mut World<Self>, player: PlayerId, action: &u32) -> Result<(), u32> {
        if action.is_multiple_of(7) {
            return Err(*action);
        }
        add(world.avatar_mut(player).expect("every player has a record"), *action);
        Ok(())
    }
}

impl Game for Ledger {
    type Controls = ();
    type Entity = Record;

    fn new(_: &mut World<Self>, _seed: u64) -> Self {
        Self
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<Record> {
        Some((0, 0))
    }

    fn step(&mut self, _: &mut World<Self>) {}

    fn coast(_: &mut Record, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        Lifecycle::Alive
    }
}

game!(Ledger: Actions);

type LedgerProtocol = Protocol<Ledger>;
type LedgerRoom = Room<Hosted<Ledger>>;

/// Sebastiano Vigna's SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ (word >> 31)) % u64::from(bound)) as u32
    }

    fn one_in(&mut self, count: u32) -> bool {
        self.below(count) == 0
    }
}

/// A client, and the messages that are under way to it. A client whose connection is lost has no session.
#[derive(Default)]
struct Player {
    actions: tickcast_protocol::Actions<LedgerProtocol>,
    session: Option<SessionId>,
    token: Option<ResumeToken>,
    player: Option<PlayerId>,
    replica: Option<Replica<LedgerProtocol>>,
    /// Snapshots, each with the tick in which it arrives.
    downlink: VecDeque<(u32, Vec<u8>)>,
    /// The actions whose outcome the client does not know yet: the number and the content of each.
    waiting: VecDeque<(u32, u32)>,
    /// What the client knows to be applied since it got its seat.
    applied: Record,
    accepted: u32,
    refused: u32,
    rate_limited: u32,
    /// Actions without an outcome, because the seat was lost.
    abandoned: u32,
}

impl Player {
    fn handle_resolved(&mut self, resolved: Vec<tickcast_protocol::ResolvedAction<LedgerProtocol>>) {
        for resolved in resolved {
            let (number, action) = self.waiting.pop_front().expect("an outcome belongs to an action");
            assert_eq!(resolved.sequence, number, "outcomes arrive in order");
            match resolved.outcome {
                Some(ActionOutcome::Accepted) => {
                    assert!(!action.is_multiple_of(7), "the game refuses the action {action}");
                    add(&mut self.applied, action);
                    self.accepted += 1;
                }
                Some(ActionOutcome::Refused(refused)) => {
                    assert_eq!((refused, action.is_multiple_of(7)), (action, true), "the refusal belongs to the action");
                    self.refused += 1;
                }
                Some(ActionOutcome::RateLimited) => self.rate_limited += 1,
                None => self.abandoned += 1,
            }
        }
    }

    /// Handles the snapshots that have arrived. Returns whether there are any.
    fn receive(&mut self, now: u32) -> bool {
        let mut has_received = false;
        while let Some((_, bytes)) = self.downlink.pop_front_if(|(due, _)| *due <= now) {
            let Ok(ServerMessage::Snapshot(snapshot)) = codec::decode_server::<LedgerProtocol>(&bytes) else {
                panic!("expected a snapshot, got {bytes:?}");
            };
            self.replica.as_mut().expect("the client has joined").apply(&snapshot).expect("no snapshot is lost");
            let resolved = self.actions.handle_snapshot(&snapshot);
            self.handle_resolved(resolved);
            has_received = true;
        }
        has_received
    }
}

struct Simulation {
    room: LedgerRoom,
    players: Vec<Player>,
    /// Messages to the room, each with the tick in which it arrives. A lost connection may still deliver messages after its
    /// client has reconnected. `None`: the server notices that the connection is lost.
    uplink: Vec<(u32, SessionId, Option<ClientMessage<LedgerProtocol>>)>,
    checkpoint: Vec<u8>,
    journal: Vec<Vec<u8>>,
    random: Random,
    now: u32,
    next_session: u64,
    next_action: u32,
    crashes: u32,
    reconnections: u32,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let options = RoomOptions::default().with(|room| {
            (room.seats, room.ai_players, room.tick_rate) = (2 * CLIENTS as u16, 0, TICK_RATE);
        });
        let name = "ledger".parse().expect("the room name is valid");
        let world = <Hosted<Ledger> as tickcast_game::Simulation>::new(&(), TICK_RATE, 0);
        let room = LedgerRoom::new(name, options, world, Box::new(NoObserver)).with_journal();
        Self {
            checkpoint: room.checkpoint(),
            room,
            players: (0..CLIENTS).map(|_| Player::default()).collect(),
            uplink: Vec::new(),
            journal: Vec::new(),
            random: Random(seed),
            now: 0,
            next_session: 0,
            next_action: 0,
            crashes: 0,
            reconnections: 0,
        }
    }

    /// One tick. Connections and the server can fail only if `has_faults` is true. Clients send new actions only while
    /// fewer than `actions_max` were sent.
    fn tick(&mut self, has_faults: bool, actions_max: u32) {
        self.now += 1;
        for index in 0..CLIENTS {
            if self.players[index].session.is_none() && self.random.one_in(20) {
                self.connect(index);
            }
            if self.players[index].session.is_some() && has_faults && self.random.one_in(60) {
                self.disconnect(index);
            }
            self.play(index, actions_max);
        }
        self.deliver_to_room();
        let crashes = has_faults && self.random.one_in(400);
        self.step(crashes);
    }

    fn connect(&mut self, index: usize) {
        let session = SessionId(self.next_session);
        self.next_session += 1;
        let mut token = [0; 16];
        token[..8].copy_from_slice(&self.next_session.to_le_bytes());
        let role = Role::Player("Ada".to_owned().try_into().expect("the name is short"));
        let resume = self.players[index].token;
        let hello = Hello { resume, ..Hello::new::<LedgerProtocol>(role, Viewport::default()) };
        let welcome = self.room.join(session, &hello, ResumeToken(token)).expect("the room has enough seats");
        let seat = welcome.seat.expect("a player has a seat");
        let player = &mut self.players[index];
        let resolved = player.actions.handle_welcome(&welcome);
        player.handle_resolved(resolved);
        if seat.resumed {
            self.reconnections += 1;
        } else {
            assert!(player.waiting.is_empty(), "the actions of a lost seat are abandoned");
            player.applied = (0, 0);
        }
        (player.session, player.token, player.player) = (Some(session), Some(seat.token), Some(seat.player));
        player.replica = Some(Replica::new(&welcome).expect("the grid is valid"));
    }

    /// The connection is lost: no more snapshots arrive, but messages that were sent may arrive later.
    fn disconnect(&mut self, index: usize) {
        let player = &mut self.players[index];
        player.downlink.clear();
        if let Some(session) = player.session.take() {
            let at = self.arrival(session);
            self.uplink.push((at, session, None));
        }
    }

    /// The tick in which a message that is sent now arrives: never before an earlier message of the same connection.
    fn arrival(&mut self, session: SessionId) -> u32 {
        let earlier = self.uplink.iter().filter(|(_, sender, _)| *sender == session).map(|(due, ..)| *due).max();
        (self.now + self.random.below(DELAY_TICKS_MAX)).max(earlier.unwrap_or_default())
    }

    fn play(&mut self, index: usize, actions_max: u32) {
        let player = &mut self.players[index];
        let has_received = player.receive(self.now);
        if self.next_action < actions_max && self.random.below(3) > 0 {
            let stamp = Tick(self.now.saturating_sub(10) + self.random.below(20));
            if let Ok(number) = player.actions.act(stamp, self.next_action) {
                player.waiting.push_back((number, self.next_action));
                self.next_action += 1;
            }
        }
        let Some(session) = player.session else { return };
        let tick = player.replica.as_ref().and_then(Replica::tick).filter(|_| has_received);
        let mut messages: Vec<_> = tick.map(ClientMessage::Acknowledge).into_iter().collect();
        messages.extend(std::iter::from_fn(|| player.actions.poll()));
        for message in messages {
            for _ in 0..=u32::from(self.random.one_in(8)) {
                let at = self.arrival(session);
                self.uplink.push((at, session, Some(message.clone())));
            }
        }
    }

    fn deliver_to_room(&mut self) {
        let now = self.now;
        for (_, session, message) in self.uplink.extract_if(.., |(due, ..)| *due <= now).collect::<Vec<_>>() {
            match message {
                Some(ClientMessage::Acknowledge(tick)) => self.room.handle_acknowledgement(session, tick),
                Some(ClientMessage::Act(act)) => {
                    let is_admitted = !self.random.one_in(50);
                    let action =
                        if is_admitted { SubmittedAction::Admitted(act.action) } else { SubmittedAction::RateLimited };
                    self.room.handle_act(session, act.sequence, act.tick, action);
                }
                Some(other) => panic!("unexpected message {other:?}"),
                None => self.room.leave(session, Departure::Lost, TICK_RATE),
            }
        }
    }

    /// Steps the room. If it crashes, the step is not stored, so no client sees it.
    fn step(&mut self, crashes: bool) {
        self.journal.push(self.room.take_journal());
        let step = self.room.tick_on_time(TICK_RATE);
        assert!(step.closed.iter().all(|(session, _)| self.players.iter().all(|player| player.session != Some(*session))));
        if crashes {
            return self.crash();
        }
        self.journal.push(self.room.take_journal());
        for (session, delivery) in &step.live.deliveries {
            let Some(player) = self.players.iter_mut().find(|player| player.session == Some(*session)) else { continue };
            let mut bytes = Vec::new();
            step.live.frame.compose(delivery, &mut Chunk::default(), &mut bytes).expect("the game does not panic");
            let earlier = player.downlink.back().map_or(0, |(due, _)| *due);
            let due = (self.now + 1 + self.random.below(DELAY_TICKS_MAX)).max(earlier);
            player.downlink.push_back((due, bytes));
        }
    }

    fn crash(&mut self) {
        self.crashes += 1;
        self.uplink.clear();
        for player in &mut self.players {
            player.session = None;
            player.downlink.clear();
        }
        let journal = self.journal.iter().map(Vec::as_slice);
        self.room = Room::recover(&self.checkpoint, journal, Box::new(NoObserver)).expect("the journal is valid");
        self.checkpoint = self.room.checkpoint();
        self.journal.clear();
    }
}

#[test]
fn each_action_is_applied_exactly_once_and_in_order_or_refused_with_a_reason() {
    let actions = std::env::var("TICKCAST_ACTIONS").map_or(ACTIONS, |number| number.parse().expect("a number of actions"));
    let mut simulation = Simulation::new(1);
    while simulation.next_action < actions {
        simulation.tick(true, actions);
    }
    (0..QUIET_TICKS).for_each(|_| simulation.tick(false, actions));
    let count = |count: fn(&Player) -> u32| simulation.players.iter().map(count).sum::<u32>();
    let (accepted, refused) = (count(|player| player.accepted), count(|player| player.refused));
    let (rate_limited, abandoned) = (count(|player| player.rate_limited), count(|player| player.abandoned));
    println!(
        "{actions} actions: {accepted} accepted, {refused} refused, {rate_limited} beyond the rate limit, {abandoned} \
         without a seat; {} reconnections, {} crashes",
        simulation.reconnections, simulation.crashes
    );
    assert_eq!(accepted + refused + rate_limited + abandoned, actions, "each action has an outcome");
    for player in &simulation.players {
        let applied = player.player.and_then(|player| simulation.room.world().world().avatar(player));
        assert_eq!(applied, Some(&player.applied), "the game has applied exactly the accepted actions, in order");
    }
    assert!(abandoned * 50 < actions, "nearly all seats are resumed");
    assert!(simulation.reconnections * 500 > actions && simulation.crashes > 0, "there are faults");
}

#[test]
fn only_the_client_that_acts_receives_the_outcomes() {
    let mut simulation = Simulation::new(2);
    simulation.connect(0);
    simulation.connect(1);
    let spectator = SessionId(100);
    let hello = Hello::new::<LedgerProtocol>(Role::Spectator, Viewport::default());
    simulation.room.join(spectator, &hello, ResumeToken([9; 16])).expect("the room admits spectators");
    simulation.room.tick_on_time(TICK_RATE);
    let [actor, other] = [0, 1].map(|index| simulation.players[index].session.expect("the player has joined"));
    simulation.room.handle_act(actor, 1, Tick(0), SubmittedAction::Admitted(5));
    simulation.room.handle_act(spectator, 1, Tick(0), SubmittedAction::Admitted(6));
    let step = simulation.room.tick_on_time(TICK_RATE);
    let outcomes = |session| {
        let (_, delivery) = step.live.deliveries.iter().find(|(receiver, _)| *receiver == session).expect("a snapshot");
        let mut bytes = Vec::new();
        step.live.frame.compose(delivery, &mut Chunk::default(), &mut bytes).expect("the game does not panic");
        match codec::decode_server::<LedgerProtocol>(&bytes) {
            Ok(ServerMessage::Snapshot(snapshot)) => snapshot.personal.outcomes.map(|outcomes| outcomes.outcomes),
            other => panic!("expected a snapshot, got {other:?}"),
        }
    };
    assert_eq!([actor, other, spectator].map(outcomes), [Some(vec![ActionOutcome::Accepted]), None, None]);
}
