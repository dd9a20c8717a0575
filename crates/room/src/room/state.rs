//! The part of a room's state that can be recomputed from its journal: world, seats, names, tokens and AI players. Knows no
//! sessions.

mod ai_players;
mod checkpoint;
mod personal;
mod replay;

use core::time::Duration;

use serde::{Deserialize, Serialize};
use tickcast_game::{Command, Simulation};
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{ActionOutcome, CloseReason, EntityMap, GameProtocol, Pace, PlayerId, PlayerName, Team, Tick};
use xxhash_rust::xxh3::xxh3_64;

use super::roster::Marker;
use super::seating::{Newcomer, SeatAccount, Seating, Stay, StayResult};
use crate::journal::{Entry, JournalClock, SeatEvent, StepInputs, TokenHash};
use crate::replication::{Beat, TickTime};
use crate::{RoomOptions, SubmittedAction};
use ai_players::{AiDecisions, AiPlayers};

pub(crate) use checkpoint::decode_summary;
pub use checkpoint::{RecoverError, RoomVersions};
pub(crate) use personal::PersonalContents;
pub use replay::Replay;

/// The part of a room's state that can be recomputed from its journal. Equal journal entries lead to equal states.
///
/// A method that changes the state also records an entry in the journal. From this entry, [`State::apply`] can repeat the
/// change.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct State<S: Simulation> {
    /// Not encoded: the options are a part of the checkpoint's header.
    #[serde(skip)]
    pub(super) options: RoomOptions,
    pub(super) world: S,
    pub(super) tick: Tick,
    /// The tick and its beat. Not encoded: follows from the tick and the clock.
    #[serde(skip)]
    pub(super) time: TickTime,
    pub(super) seating: Seating<S::Game>,
    ai_players: AiPlayers<S::Game>,
    clock: JournalClock,
    /// What clients see while the room waits for its players.
    #[serde(skip)]
    no_entities: EntityMap<<S::Game as GameProtocol>::Entity>,
    /// Entries recorded since the last call of [`State::take_entries`]; `None` if the room has no journal.
    #[serde(skip)]
    entries: Option<Vec<u8>>,
}

/// A client that asks for a seat.
pub(super) struct SeatRequest<'a> {
    pub(super) name: &'a PlayerName,
    pub(super) team: Option<Team>,
    /// The token that the client presents.
    pub(super) presented: Option<TokenHash>,
    /// The token to issue.
    pub(super) token: TokenHash,
    pub(super) account: SeatAccount,
}

/// A seat that a client has taken.
pub(super) struct SeatTaken {
    pub(super) player: PlayerId,
    pub(super) resumed: bool,
}

/// Result of a step.
pub(crate) struct Stepped<G: GameProtocol> {
    /// The commands of the step in canonical order: leaves, joins, controls, actions, each sorted by seat.
    pub(super) commands: Vec<Command<G>>,
    /// The room section of delta snapshots.
    pub(crate) delta: Chunk,
    /// The personal sections of delta snapshots.
    pub(super) personal: PersonalContents<G>,
}

impl<S: Simulation> State<S> {
    pub(super) fn new(options: RoomOptions, world: S) -> Self {
        let options = options.limited_to_players::<S>();
        Self {
            seating: Seating::new(&options, S::TEAMS),
            ai_players: AiPlayers::new(options.ai_players, options.tick_rate),
            clock: JournalClock::new(steps_per_second::<S>(&options)),
            options,
            world,
            tick: Tick(0),
            time: Tick(0).into(),
            no_entities: EntityMap::default(),
            entries: None,
        }
    }

    /// Sets the current tick.
    pub(super) fn start_at(&mut self, tick: Tick) {
        self.tick = tick;
        self.time = TickTime::start(tick, self.beat());
    }

    /// The beat of the last step.
    fn beat(&self) -> Beat {
        match S::Game::PACE {
            Pace::Steady => Beat(self.tick.0),
            Pace::OnDemand => Beat(self.clock.beat(self.options.tick_rate)),
        }
    }

    /// Starts to record entries.
    pub(super) fn start_journal(&mut self) {
        self.entries.get_or_insert_default();
        self.seating.roster.record_markers();
    }

    /// Takes the entries recorded since the last call.
    pub(super) fn take_entries(&mut self) -> Vec<u8> {
        self.entries.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes the markers recorded since the last call.
    pub(super) fn take_markers(&mut self) -> Vec<Marker> {
        self.seating.roster.take_markers()
    }

    /// Takes the results of the players who have left since the last call.
    pub(super) fn take_results(&mut self) -> Vec<StayResult> {
        self.seating.take_results()
    }

    /// The stay of a player who takes a seat now.
    pub(super) const fn stay_from(&self, now: Duration) -> Stay {
        Stay { first_tick: self.tick.next(), since: now }
    }

    /// Whether the room waits until its players are ready. Until then, the world is not stepped.
    pub(super) const fn is_waiting(&self) -> bool {
        self.seating.roster.is_waiting()
    }

    /// The entities that clients see.
    pub(super) fn entities(&self) -> &EntityMap<<S::Game as GameProtocol>::Entity> {
        if self.is_waiting() { &self.no_entities } else { self.world.entities() }
    }

    /// Time of the last entry.
    pub(super) const fn now(&self) -> Duration {
        self.clock.now()
    }

    /// A hash of the entire state.
    pub(super) fn hash(&self) -> u64 {
        xxh3_64(&codec::encode(self))
    }

    /// Resumes the seat that the presented token belongs to. Without a valid token, takes a free seat. If no seat is free,
    /// takes the seat of a player who lost the connection some time ago and may leave the world.
    ///
    /// # Errors
    /// [`CloseReason::RoomFull`] or [`CloseReason::TeamUnavailable`] if there is none of these seats.
    pub(super) fn take_seat(&mut self, request: SeatRequest<'_>, now: Duration) -> Result<SeatTaken, CloseReason> {
        let SeatRequest { name, team, presented, token, account } = request;
        let now = self.clock.round(now);
        let presented = presented.filter(|presented| self.seating.find(presented).is_some());
        if let Some(presented) = presented {
            self.record(&SeatEvent::Resumed { presented, token }, now);
            let player = self.seating.resume(presented, token, account).expect("the token was found");
            return Ok(SeatTaken { player, resumed: true });
        }
        self.seating.make_room(team, now, |player| self.world.may_leave(player))?;
        self.record(&SeatEvent::Joined { name: name.clone(), token, team }, now);
        let newcomer = Newcomer { name, team, token, account };
        Ok(SeatTaken { player: self.seating.join(newcomer, self.stay_from(now)), resumed: false })
    }

    /// Records a change of seats and carries it out.
    pub(super) fn handle(&mut self, event: &SeatEvent, now: Duration) {
        let now = self.clock.round(now);
        self.record(event, now);
        self.carry_out(event, now);
    }

    /// Frees seats that need not be kept any longer. Called between two steps. Each step also does this itself.
    pub(super) fn handle_time(&mut self, now: Duration) {
        let now = self.clock.round(now);
        if self.expire(now) {
            self.record(&SeatEvent::Expired, now);
        }
    }

    /// Advances the world by one tick.
    pub(super) fn step(&mut self, inputs: &StepInputs<S::Game>, now: Duration) -> Stepped<S::Game> {
        let now = self.clock.round(now);
        match &mut self.entries {
            Some(entries) => self.clock.encode_step(now, inputs, entries),
            None => self.clock.encode_step(now, inputs, &mut Vec::new()),
        }
        self.advance(inputs, now)
    }

    /// Carries out an entry that another state has recorded. Returns `None` if the entry does not fit this state,
    /// `Some(None)` if the entry is not a step, and otherwise the result of the step.
    fn apply(&mut self, entry: Entry<S::Game>) -> Option<Option<Stepped<S::Game>>> {
        match entry {
            Entry::Step(now, inputs) => Some(Some(self.advance(&inputs, now))),
            Entry::Seat(now, event) => self.repeat(now, event).then_some(None),
        }
    }

    /// Repeats a change of seats that another state has recorded. Returns whether the change fits this state.
    fn repeat(&mut self, now: Duration, event: SeatEvent) -> bool {
        match event {
            SeatEvent::Joined { name, token, team } => {
                if self.seating.make_room(team, now, |player| self.world.may_leave(player)).is_err() {
                    return false;
                }
                let newcomer = Newcomer { name: &name, team, token, account: SeatAccount::default() };
                self.seating.join(newcomer, self.stay_from(now));
            }
            SeatEvent::Resumed { presented, token } => {
                return self.seating.resume(presented, token, SeatAccount::default()).is_some();
            }
            event => self.carry_out(&event, now),
        }
        true
    }

    fn record(&mut self, event: &SeatEvent, now: Duration) {
        match &mut self.entries {
            Some(entries) => self.clock.encode_event(now, event, entries),
            None => self.clock.encode_event(now, event, &mut Vec::new()),
        }
    }

    fn carry_out(&mut self, event: &SeatEvent, now: Duration) {
        match event {
            SeatEvent::Joined { .. } | SeatEvent::Resumed { .. } => unreachable!("these have results"),
            SeatEvent::TokenConfirmed(player) => return self.seating.confirm_token(*player),
            SeatEvent::Left(player) => self.seating.handle_leave(*player, now),
            SeatEvent::Disconnected(player) => self.seating.handle_disconnect(*player, now),
            SeatEvent::GivenUp(player) => self.seating.depart(*player, now),
            SeatEvent::Recovered => return self.seating.handle_recovery(now),
            SeatEvent::Ready(player, is_ready) => return self.seating.roster.set_ready(*player, *is_ready),
            SeatEvent::Expired => {
                self.expire(now);
                return;
            }
        }
        self.seating.free_departed(now, |player| self.world.may_leave(player));
    }

    /// Treats players whose grace period is over as departed, and frees the seats of all departed players who need not stay
    /// in the world. Returns whether anything has changed.
    fn expire(&mut self, now: Duration) -> bool {
        let has_expired = self.seating.handle_expired(now);
        self.seating.free_departed(now, |player| self.world.may_leave(player)) || has_expired
    }

    fn advance(&mut self, inputs: &StepInputs<S::Game>, now: Duration) -> Stepped<S::Game> {
        if self.entries.is_none() {
            // Nobody takes the results of a room without a journal.
            drop(self.take_results());
        }
        self.expire(now);
        self.tick = self.tick.next();
        self.time = self.time.next(self.beat());
        if self.seating.roster.poll_waiting(now) {
            let personal = self.discard_actions(inputs);
            let delta = self.seating.roster.poll_delta(self.time, now);
            return Stepped { commands: Vec::new(), delta, personal };
        }
        let commands = self.collect_commands(inputs, now);
        let mut outcome = self.world.step(&commands);
        let mut personal = self.handle_actions(inputs, std::mem::take(&mut outcome.actions));
        personal.add_events(std::mem::take(&mut outcome.private_events));
        let ends_round = outcome.events.iter().any(S::Game::ends_round);
        self.seating.roster.handle_outcome(outcome);
        if ends_round {
            self.seating.end_round(self.stay_from(now));
        }
        Stepped { commands, delta: self.seating.roster.poll_delta(self.time, now), personal }
    }

    /// Records the outcomes of the actions of a step. `results` contains those of the actions that the game has decided on, and
    /// after them those of AI players, which nobody waits for.
    fn handle_actions(
        &mut self,
        inputs: &StepInputs<S::Game>,
        results: Vec<Result<(), <S::Game as GameProtocol>::Refusal>>,
    ) -> PersonalContents<S::Game> {
        let (mut results, mut personal) = (results.into_iter(), PersonalContents::default());
        for (player, action) in &inputs.actions {
            let outcome = match action {
                SubmittedAction::RateLimited => ActionOutcome::RateLimited,
                SubmittedAction::Admitted(_) => {
                    match results.next().expect("a simulation returns a result for each action") {
                        Ok(()) => ActionOutcome::Accepted,
                        Err(refusal) => ActionOutcome::Refused(refusal),
                    }
                }
            };
            self.seating.handle_action(*player, outcome);
            personal.add_outcome(*player);
        }
        personal
    }

    /// Discards the actions of a step in which the room waits. The room admits none of them, but a damaged replay file may
    /// contain others.
    fn discard_actions(&mut self, inputs: &StepInputs<S::Game>) -> PersonalContents<S::Game> {
        let mut personal = PersonalContents::default();
        for (player, _) in &inputs.actions {
            self.seating.handle_action(*player, ActionOutcome::RateLimited);
            personal.add_outcome(*player);
        }
        personal
    }

    /// Collects the commands of this tick in canonical order: leaves, joins, controls, actions, each sorted by seat. The actions
    /// of AI players are the last ones, because only the others have recorded outcomes.
    fn collect_commands(&mut self, inputs: &StepInputs<S::Game>, now: Duration) -> Vec<Command<S::Game>> {
        self.ai_players.balance::<S>(&mut self.seating.roster, now);
        let seats = self.seating.roster.take_seat_changes();
        let AiDecisions { mut controls, actions } = self.ai_players.decide(&self.world, self.time);
        // A player who has left the room or lost the connection releases all controls.
        controls.extend(self.seating.take_disconnected().into_iter().map(|player| (player, Default::default())));
        controls.extend(&inputs.controls);
        let leaves = seats.leaving.into_iter().map(Command::Leave);
        let team = |player| self.seating.roster.team(player);
        let join = |player| team(player).map_or(Command::Join(player), |team| Command::JoinTeam(player, team));
        let joins = seats.joining.into_iter().map(join);
        let controls = controls.into_iter().map(|(player, controls)| Command::Controls(player, controls));
        let acts = inputs.actions.iter().filter_map(|(player, action)| match action {
            SubmittedAction::Admitted(action) => Some(Command::Act(*player, action.clone())),
            SubmittedAction::RateLimited => None,
        });
        let ai_acts = actions.into_iter().map(|(player, action)| Command::Act(player, action));
        leaves.chain(joins).chain(controls).chain(acts).chain(ai_acts).collect()
    }
}

/// Number of steps per second that the journal of a room expects. A step at another time takes more bytes.
pub(super) fn steps_per_second<S: Simulation>(options: &RoomOptions) -> u16 {
    match S::Game::PACE {
        Pace::Steady => options.tick_rate,
        // One step per `Pace::IDLE_INTERVAL`.
        Pace::OnDemand => 1,
    }
}
