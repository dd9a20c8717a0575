//! What a client receives does not depend on what its player does not know.
//!
//! Two rooms are equal until everything that one of the players, the observer, does not know is replaced in one of them. From
//! then on, both rooms get the same inputs and actions. The client of the observer and a spectator must receive the same bytes
//! from both, until a secret that differs is revealed: until it changes in the same tick in which the bytes differ.

use core::time::Duration;

use tickcast_game::Simulation;
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{GameProtocol, Hello, Input, PlayerId, ResumeToken, Role, Tick, Viewport};
use tickcast_room::{NewClient, NoObserver, Room, RoomOptions, SessionId, SubmittedAction};

use crate::arbitrary::Random;
use crate::play::{Action, Controls, Setup, choose_action, has_actions};
use crate::trial::{Trial, Violation, require};

/// Number of pairs of rooms per trial.
const PAIRS: u32 = 8;
/// Ticks for which two rooms are compared.
const COMPARED_TICKS: u32 = 60;

/// The secrets of all players.
type Secrets<S> = Vec<<<S as Simulation>::Game as GameProtocol>::Secret>;

pub(in crate::laws) fn check<S: Simulation>(setup: &Setup<S>, trial: &Trial) -> Result<(), Violation> {
    if !S::HAS_SECRETS {
        return Ok(());
    }
    let mut random = Random::new(trial.seed);
    let mut compared = 0;
    for _ in 0..PAIRS {
        compared += Pair::new(setup, &mut random).check(trial)?;
    }
    require(compared > 0, || {
        Violation::new(format_args!(
            "the secrets of other players never differ after `reshuffle`. Does `reshuffle` replace them, and do players with \
             random actions get secrets within {} ticks?",
            setup.ticks
        ))
    })
}

/// What a player does in a tick.
enum Move<S: Simulation> {
    Hold(PlayerId, Controls<S>),
    Act(PlayerId, Action<S>),
}

/// The original room, and the one in which the observer's unknown is replaced.
struct Pair<'a, S: Simulation> {
    setup: &'a Setup<S>,
    random: Random,
    tables: [Table<S>; 2],
    observer: PlayerId,
    reshuffled_at: u32,
}

impl<'a, S: Simulation> Pair<'a, S> {
    fn new(setup: &'a Setup<S>, random: &mut Random) -> Self {
        let seed = random.number();
        let tables = [(); 2].map(|()| Table::new(setup, seed));
        let observer = PlayerId(random.below(tables[0].players.into()) as u16);
        let reshuffled_at = 1 + random.below(setup.ticks);
        Self { setup, random: Random::new(seed), tables, observer, reshuffled_at }
    }

    /// Returns the number of ticks in which the secrets differed, and the clients received the same.
    fn check(&mut self, trial: &Trial) -> Result<u32, Violation> {
        let mut compared = 0;
        for tick in 1..self.reshuffled_at + COMPARED_TICKS {
            trial.reach(tick);
            if tick == self.reshuffled_at {
                self.reshuffle()?;
            }
            let before = self.secrets();
            let moves = self.choose_moves();
            let received = self.tables.each_mut().map(|table| table.step(&moves, tick));
            let after = self.secrets();
            let (observer, spectator) = (usize::from(self.observer.0), received[0].len() - 1);
            let differs = [observer, spectator].iter().any(|session| received[0][*session] != received[1][*session]);
            if differs && is_revealed::<S>(&before, &after) {
                break;
            }
            self.check_equal(&received, spectator)?;
            if after[0][observer] != after[1][observer] {
                // The observer has got a new secret, which differs, too.
                break;
            }
            self.check_equal(&received, observer)?;
            compared += u32::from(before[0] != before[1]);
        }
        Ok(compared)
    }

    fn reshuffle(&mut self) -> Result<(), Violation> {
        let table = &mut self.tables[1];
        table.room.reshuffle(self.observer, self.random.number());
        let [known, kept] = self.tables.each_ref().map(|table| table.room.world().secret(self.observer));
        require(known == kept, || {
            let text = format!("`reshuffle` changes what {:?} knows: {known:?} becomes {kept:?}", self.observer);
            Violation::new(format_args!("{text}. Does this secret depend on those of other players?"))
        })
    }

    fn secrets(&self) -> [Secrets<S>; 2] {
        self.tables.each_ref().map(Table::secrets)
    }

    fn choose_moves(&mut self) -> Vec<Move<S>> {
        let mut moves = Vec::new();
        for player in (0..self.tables[0].players).map(PlayerId) {
            if self.random.one_in(6) {
                moves.push(Move::Hold(player, self.setup.choose_controls(&mut self.random)));
            }
            if has_actions::<S>() && self.random.one_in(6) {
                let action = choose_action(self.tables[0].room.world(), player, &mut self.random);
                moves.extend(action.map(|action| Move::Act(player, action)));
            }
        }
        moves
    }

    /// Checks that this session has received the same from both rooms.
    fn check_equal(&self, received: &[Vec<Vec<u8>>; 2], session: usize) -> Result<(), Violation> {
        let [one, other] = received.each_ref().map(|sessions| &sessions[session]);
        require(one == other, || {
            let [one, other] = [one, other].map(|bytes| codec::decode_server::<S::Game>(bytes));
            let receiver =
                if session == received[0].len() - 1 { "a spectator".to_owned() } else { format!("{:?}", self.observer) };
            Violation::new(format_args!(
                "in two rooms that differ only in what {:?} does not know, and in which no secret is revealed, {receiver} \
                 receives {one:?} and {other:?}",
                self.observer
            ))
        })
    }
}

/// Whether a secret that differs between the two rooms is over in this tick.
fn is_revealed<S: Simulation>(before: &[Secrets<S>; 2], after: &[Secrets<S>; 2]) -> bool {
    (0..before[0].len()).any(|player| {
        let [one, other] = [0, 1].map(|room| before[room][player] != after[room][player]);
        before[0][player] != before[1][player] && (one || other)
    })
}

/// A room with players and a spectator, whose sessions are numbered in this order.
struct Table<S: Simulation> {
    room: Room<S>,
    players: u16,
    /// Number of the last action of each player.
    acts: Vec<u32>,
    tick_rate: u16,
}

impl<S: Simulation> Table<S> {
    fn new(setup: &Setup<S>, seed: u64) -> Self {
        let players = setup.players.min(S::PLAYERS_MAX);
        let options = RoomOptions::default().with(|room| {
            (room.tick_rate, room.seats, room.ai_players) = (setup.tick_rate, players, 0);
        });
        let world = S::new(&setup.options, setup.tick_rate, seed);
        let name = "secrets".parse().expect("the room name is valid");
        let mut room = Room::new(name, options, world, Box::new(NoObserver));
        for number in 0..=players {
            let name = format!("Player {number}").try_into().expect("the player name is valid");
            let role = if number == players { Role::Spectator } else { Role::Player(name) };
            let hello = Hello::new::<S::Game>(role, Viewport::default());
            let (session, token) = (SessionId(number.into()), ResumeToken(u128::from(number).to_le_bytes()));
            let new = NewClient { session, hello: &hello, token, key: None, permit: None };
            drop(room.handle_join(new, Duration::ZERO).expect("the room has free seats"));
        }
        Self { room, players, acts: vec![0; players.into()], tick_rate: setup.tick_rate }
    }

    fn secrets(&self) -> Secrets<S> {
        (0..self.players).map(|player| self.room.world().secret(PlayerId(player))).collect()
    }

    /// Advances the room by one tick. Returns what each session receives. All clients acknowledge it.
    fn step(&mut self, moves: &[Move<S>], tick: u32) -> Vec<Vec<u8>> {
        let newest = self.room.tick();
        moves.iter().for_each(|chosen| self.send(chosen, newest));
        let step = self.room.step(Duration::from_millis(u64::from(tick) * 1_000 / u64::from(self.tick_rate)));
        let mut received = vec![Vec::new(); usize::from(self.players) + 1];
        for (session, delivery) in &step.live.deliveries {
            let bytes = &mut received[session.0 as usize];
            step.live.frame.compose(delivery, &mut Chunk::default(), bytes).expect("the game does not panic");
            self.room.handle_acknowledgement(*session, self.room.tick());
        }
        received
    }

    fn send(&mut self, chosen: &Move<S>, newest: Tick) {
        match chosen {
            Move::Hold(player, controls) => {
                let input = Input { tick: newest.next(), acknowledged: newest, controls: *controls };
                self.room.handle_input(SessionId(player.0.into()), &input);
            }
            Move::Act(player, action) => {
                let number = &mut self.acts[usize::from(player.0)];
                *number += 1;
                let action = SubmittedAction::Admitted(action.clone());
                self.room.handle_act(SessionId(player.0.into()), *number, newest.next(), action);
            }
        }
    }
}
