//! One client of one room, as the exported functions use it.

use tickcast_protocol::world::coast_all;
use tickcast_protocol::{
    Act, EntityId, EntityMap, GameProtocol, Lead, Pace, PlayerId, Prediction, Replica, ReplicaError, ServerMessage,
    Snapshot, Tick, UNRESOLVED_ACTIONS_MAX, Welcome, codec,
};

use crate::failure::Failure;
use crate::layout::Layout;
use crate::words::Words;

/// Version of the interface between the module and the page.
pub const INTERFACE_VERSION: u32 = 3;

/// Maximum number of ticks by which an instance coasts entities in one call: two seconds at the highest tick rate. Inputs are
/// stamped at most one second ahead, and a page extrapolates by at most one second.
pub const COASTED_TICKS_MAX: u32 = 240;

/// One client of one room. The exported functions call the methods of the same names; see the [crate](crate) documentation.
#[derive(Debug)]
pub struct Instance<L: Layout> {
    input: Vec<u8>,
    output: Words,
    joined: Option<Joined<L::Game>>,
}

/// The controls of the game with this layout.
type Controls<L> = <<L as Layout>::Game as GameProtocol>::Controls;
type Action<L> = <<L as Layout>::Game as GameProtocol>::Action;

#[derive(Debug)]
struct Joined<G: GameProtocol> {
    player: Option<PlayerId>,
    replica: Replica<G>,
    /// `None` for a spectator.
    prediction: Option<Prediction<G>>,
    /// The recorded actions whose outcomes have not arrived yet.
    unresolved: Vec<Act<G>>,
    lead: Lead,
}

impl<L: Layout> Instance<L> {
    /// An instance that has received no Welcome.
    #[must_use]
    pub fn new() -> Self {
        Self { input: Vec::new(), output: Words::default(), joined: None }
    }

    /// See [`codec::fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> u32 {
        u32::from_le_bytes(codec::fingerprint::<L::Game>())
    }

    /// Makes room for `bytes` bytes of input, and returns their address.
    pub fn input(&mut self, bytes: usize) -> *mut u8 {
        if bytes > codec::SERVER_MESSAGE_BYTES_MAX {
            return std::ptr::null_mut();
        }
        if self.input.len() < bytes {
            self.input.resize(bytes, 0);
        }
        self.input.as_mut_ptr()
    }

    /// Replaces the input. For callers in Rust, which need no addresses.
    ///
    /// # Panics
    /// If the input is longer than any server message.
    pub fn write_input(&mut self, bytes: &[u8]) {
        assert!(bytes.len() <= codec::SERVER_MESSAGE_BYTES_MAX, "an input is no longer than a server message");
        self.input.clear();
        self.input.extend_from_slice(bytes);
    }

    /// The output. For callers in Rust, which need no addresses.
    #[must_use]
    pub fn output_words(&self) -> &[i32] {
        &self.output.list
    }

    /// Address of the output.
    #[must_use]
    pub const fn output(&self) -> *const i32 {
        self.output.list.as_ptr()
    }

    /// Address of the description of a shape. Does not change until the end of the instance.
    #[must_use]
    pub fn shape(&self, number: u32) -> *const u8 {
        self.output.shapes.description(number).as_ptr()
    }

    /// Number of bytes of this description.
    #[must_use]
    pub fn shape_bytes(&self, number: u32) -> usize {
        self.output.shapes.description(number).len()
    }

    /// Applies a server message.
    pub fn receive(&mut self, bytes: usize) -> i32 {
        let Some(message) = self.input.get(..bytes).and_then(codec::decode_server_without_reason::<L::Game>) else {
            return Failure::Malformed as i32;
        };
        self.write(|joined, words| match &message {
            ServerMessage::Welcome(welcome) => {
                *joined = Some(Joined::new(welcome)?);
                push_welcome::<L>(words, welcome);
                Ok(())
            }
            ServerMessage::Pong(number) => {
                words.extend([1, number.cast_signed()]);
                Ok(())
            }
            ServerMessage::Drain(reconnect_after_ms) => {
                words.extend([2, (*reconnect_after_ms).into()]);
                Ok(())
            }
            ServerMessage::Snapshot(snapshot) => joined.as_mut().ok_or(Failure::NotJoined)?.apply::<L>(snapshot, words),
        })
    }

    /// All entities in view.
    pub fn entities(&mut self) -> i32 {
        self.write_joined(|joined, words| push_entities::<L>(words, joined.replica.entities()))
    }

    /// All known players.
    pub fn players(&mut self) -> i32 {
        self.write_joined(|joined, words| {
            joined.replica.players().iter().for_each(|(id, player)| words.push_player::<L>(*id, player));
        })
    }

    /// All entities in view, coasted by `ticks` ticks.
    pub fn extrapolate(&mut self, ticks: u32) -> i32 {
        self.write_joined(|joined, words| {
            let mut entities = joined.replica.entities().clone();
            for _ in 0..ticks.min(COASTED_TICKS_MAX) {
                coast_all::<L::Game>(joined.replica.rules(), &mut entities);
            }
            push_entities::<L>(words, &entities);
        })
    }

    /// The stamp of an input that is sent now; 0 before the first snapshot.
    pub fn stamp(&mut self) -> u32 {
        let joined = self.joined.as_mut();
        joined.and_then(|joined| Some(joined.lead.stamp(joined.replica.tick()?))).unwrap_or_default().0
    }

    /// The current lead in ticks; 0 before the Welcome.
    #[must_use]
    pub fn lead(&self) -> i32 {
        self.joined.as_ref().map_or(0, |joined| joined.lead.ticks())
    }

    /// Encodes the controls in the input.
    pub fn controls(&mut self, bytes: usize) -> i32 {
        let controls = self.input_controls(bytes);
        self.write(|_, words| {
            let encoded = codec::encode(&known_or(Failure::InvalidControls, controls, words)?);
            words.push_text(&encoded);
            Ok(())
        })
    }

    /// The controls of a player who holds nothing.
    pub fn no_controls(&mut self) -> i32 {
        self.write(|_, words| {
            words.push_value(|words| L::controls(Controls::<L>::default(), words));
            Ok(())
        })
    }

    /// The id of a player's avatar.
    #[must_use]
    pub fn avatar(&self, player: u32) -> u32 {
        L::Game::avatar(PlayerId(player as u16)).0
    }

    /// 1 if a page draws the entity ahead of the server, together with the player's avatar. Otherwise 0. Entities that
    /// interact are all drawn ahead: discs that collide must be drawn at the same tick.
    #[must_use]
    pub fn is_own(&self, player: u32, id: u32) -> u32 {
        (L::Game::INTERACTS || L::is_own(PlayerId(player as u16), EntityId(id))).into()
    }

    /// Reads controls from the input, and records that the client has sent them with the stamp `tick`.
    pub fn record(&mut self, tick: u32, bytes: usize) -> i32 {
        let controls = self.input_controls(bytes);
        self.write(|joined, words| {
            let controls = known_or(Failure::InvalidControls, controls, words)?;
            let joined = joined.as_mut().ok_or(Failure::NotJoined)?;
            joined.prediction.as_mut().ok_or(Failure::InvalidControls)?.record(Tick(tick), controls);
            Ok(())
        })
    }

    /// Encodes the action in the input.
    pub fn action(&mut self, bytes: usize) -> i32 {
        let action = self.input_action(bytes);
        self.write(|_, words| {
            let encoded = codec::encode(&known_or(Failure::InvalidAction, action, words)?);
            words.push_text(&encoded);
            Ok(())
        })
    }

    /// Reads an action from the input, and records that it waits for its outcome.
    pub fn record_action(&mut self, number: u32, tick: u32, bytes: usize) -> i32 {
        let action = self.input_action(bytes);
        self.write(|joined, words| {
            let action = known_or(Failure::InvalidAction, action, words)?;
            let unresolved = &mut joined.as_mut().ok_or(Failure::NotJoined)?.unresolved;
            if unresolved.len() == UNRESOLVED_ACTIONS_MAX {
                return Err(Failure::InvalidAction);
            }
            unresolved.push(Act { sequence: number, tick: Tick(tick), action });
            Ok(())
        })
    }

    /// The number of unconfirmed inputs.
    #[must_use]
    pub fn pending(&self) -> u32 {
        self.prediction().map_or(0, |prediction| prediction.pending() as u32)
    }

    /// The avatar at this tick, and what it spawns until then.
    pub fn predict(&mut self, tick: u32) -> i32 {
        self.predict_with(tick, |_, _| false)
    }

    /// The player's own entities at this tick.
    pub fn predict_own(&mut self, tick: u32) -> i32 {
        self.predict_with(tick, L::is_own)
    }

    fn predict_with(&mut self, tick: u32, is_own: impl Fn(PlayerId, EntityId) -> bool) -> i32 {
        self.write_joined(|joined, words| {
            let Joined { player: Some(player), prediction: Some(prediction), replica, unresolved, .. } = joined else {
                return;
            };
            let Some(newest) = replica.tick() else { return };
            let ticks = Tick(tick).since(newest).min(COASTED_TICKS_MAX.cast_signed());
            let to = newest.plus(ticks);
            let own = prediction.predict_with_actions(replica, unresolved, to, |id| is_own(*player, id));
            push_entities::<L>(words, &own);
        })
    }

    fn prediction(&self) -> Option<&Prediction<L::Game>> {
        self.joined.as_ref()?.prediction.as_ref()
    }

    /// The controls in the input, or the reason why they are invalid.
    fn input_controls(&self, bytes: usize) -> Result<Controls<L>, String> {
        L::controls_from(&self.input_words(bytes)?)
    }

    /// The action in the input, or the reason why it is invalid.
    fn input_action(&self, bytes: usize) -> Result<Action<L>, String> {
        let action = L::action_from(&self.input_words(bytes)?)?;
        let is_short = codec::encode(&action).len() <= codec::ACTION_BYTES_MAX;
        if is_short { Ok(action) } else { Err("the action is too big".to_owned()) }
    }

    fn input_words(&self, bytes: usize) -> Result<Vec<i32>, String> {
        let Some((words, [])) = self.input.get(..bytes).map(<[u8]>::as_chunks) else { return Err(String::new()) };
        Ok(words.iter().copied().map(i32::from_le_bytes).collect())
    }

    fn write_joined(&mut self, write: impl FnOnce(&Joined<L::Game>, &mut Words)) -> i32 {
        self.write(|joined, words| {
            write(joined.as_ref().ok_or(Failure::NotJoined)?, words);
            Ok(())
        })
    }

    /// Replaces the output. Returns its number of words, or the failure as a negative number.
    fn write(&mut self, write: impl FnOnce(&mut Option<Joined<L::Game>>, &mut Words) -> Result<(), Failure>) -> i32 {
        self.output.clear();
        match write(&mut self.joined, &mut self.output) {
            Ok(()) => self.output.len() as i32,
            Err(failure) => failure as i32,
        }
    }
}

impl<L: Layout> Default for Instance<L> {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns what the page has written. If it could not be read, writes the reason to `words` and returns `failure`.
fn known_or<T>(failure: Failure, read: Result<T, String>, words: &mut Words) -> Result<T, Failure> {
    read.map_err(|reason| {
        words.push_text(reason.as_bytes());
        failure
    })
}

impl<G: GameProtocol> Joined<G> {
    fn new(welcome: &Welcome<G>) -> Result<Self, Failure> {
        let player = welcome.player();
        Ok(Self {
            player,
            replica: Replica::new(welcome).map_err(|_| Failure::InvalidGrid)?,
            prediction: player.map(Prediction::new),
            unresolved: Vec::new(),
            lead: Lead::for_room(welcome),
        })
    }

    fn apply<L: Layout<Game = G>>(&mut self, snapshot: &Snapshot<G>, words: &mut Words) -> Result<(), Failure> {
        let effects = self.replica.apply(snapshot).map_err(|error| push_error(words, error))?;
        let header = &snapshot.header;
        let tick = self.replica.tick().ok_or(Failure::ExpectedFull)?;
        if let Some(prediction) = &mut self.prediction {
            prediction.confirm(&self.replica, header.report);
        }
        if let Some(report) = header.report {
            self.lead.handle_report(report, tick);
        }
        let outcomes = snapshot.personal.outcomes.as_ref();
        if let Some(outcomes) = outcomes {
            self.unresolved.retain(|act| outcomes.iter().all(|(number, _)| number != act.sequence));
        }
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        let flags = flag(header.full.is_some(), 1)
            | flag(header.report.is_some(), 2)
            | flag(header.checksum.is_some(), 8)
            | flag(outcomes.is_some(), 128)
            | flag(snapshot.personal.secret.is_some(), 256)
            | flag(!effects.private_events.is_empty(), 512);
        let (stamp, margin) = header.report.map_or((0, 0), |report| (report.stamp.into(), report.margin.into()));
        words.extend([3, tick.0.cast_signed(), flags, stamp, margin, effects.despawned.len() as i32]);
        effects.despawned.iter().for_each(|(id, entity)| words.push_entity::<L>(*id, entity));
        words.push(snapshot.room.len() as i32);
        snapshot.room.iter().for_each(|event| words.push_event::<L>(event));
        if let Some(outcomes) = outcomes {
            words.extend([outcomes.first.cast_signed(), outcomes.outcomes.len() as i32]);
            outcomes.outcomes.iter().for_each(|outcome| words.push_outcome::<L>(outcome));
        }
        if let Some(secret) = &snapshot.personal.secret {
            words.push_value(|words| L::secret(secret, words));
        }
        if !effects.private_events.is_empty() {
            words.push(effects.private_events.len() as i32);
            effects.private_events.iter().for_each(|event| words.push_value(|words| L::event(event, words)));
        }
        Ok(())
    }
}

fn push_entities<L: Layout>(words: &mut Words, entities: &EntityMap<<L::Game as GameProtocol>::Entity>) {
    entities.iter().for_each(|(id, entity)| words.push_entity::<L>(id, entity));
}

fn push_welcome<L: Layout>(words: &mut Words, welcome: &Welcome<L::Game>) {
    let player = welcome.player().map_or(-1, |player| player.0.into());
    words.extend([0, player, welcome.seat.is_some_and(|seat| seat.resumed).into()]);
    let token = welcome.seat.map_or([0; 16], |seat| seat.token.0);
    words.extend(token.as_chunks().0.iter().copied().map(i32::from_le_bytes));
    let pace = i32::from(welcome.pace == Pace::OnDemand);
    words.extend([i32::from(welcome.tick_rate), pace, i32::from(welcome.cell_size)]);
    words.push_text(welcome.room.as_str().as_bytes());
    words.push_value(|words| L::rules(&welcome.rules, words));
}

fn push_error(words: &mut Words, error: ReplicaError) -> Failure {
    match error {
        ReplicaError::UnknownEntity { tick, id } => {
            words.extend([tick.0.cast_signed(), id.0.cast_signed()]);
            Failure::UnknownEntity
        }
        ReplicaError::Desync { tick } => {
            words.push(tick.0.cast_signed());
            Failure::Desync
        }
        ReplicaError::InvalidGrid => Failure::InvalidGrid,
        _ => Failure::ExpectedFull,
    }
}

#[cfg(test)]
mod tests {
    use tickcast_arena::{Arena, ArenaGame, Rules, Ship, ids};
    use tickcast_protocol::{Angle, Change, Position, ResumeToken, Seat, SnapshotHeader, ViewRect};

    use super::*;
    use crate::layout::Fixed;

    const PLAYER: PlayerId = PlayerId(3);

    fn send(instance: &mut Instance<Fixed<ArenaGame>>, message: &ServerMessage<Arena>) -> i32 {
        send_bytes(instance, &codec::encode_server(message))
    }

    fn send_bytes(instance: &mut Instance<Fixed<ArenaGame>>, bytes: &[u8]) -> i32 {
        instance.input(bytes.len());
        instance.input[..bytes.len()].copy_from_slice(bytes);
        instance.receive(bytes.len())
    }

    fn welcome(cell_size: u16) -> ServerMessage<Arena> {
        ServerMessage::Welcome(Welcome {
            seat: Some(Seat { player: PLAYER, token: ResumeToken([7; 16]), resumed: false }),
            room: "test".parse().expect("the room name is valid"),
            tick_rate: 30,
            pace: Pace::Steady,
            cell_size,
            rules: Rules { tick_rate: 30, world_size: 1_000, round_s: 0 },
        })
    }

    fn snapshot(full: Option<Tick>, changes: Vec<Change<Arena>>) -> ServerMessage<Arena> {
        let view = full.map(|_| ViewRect { left: 0, top: 0, right: 255, bottom: 255 });
        let header = SnapshotHeader { full, view, ..SnapshotHeader::default() };
        ServerMessage::Snapshot(Snapshot { header, changes, ..Snapshot::default() })
    }

    fn with_ship() -> Instance<Fixed<ArenaGame>> {
        let mut instance = Instance::new();
        assert!(send(&mut instance, &welcome(128)) > 0);
        let ship = Ship::new(Position::at_units(500, 500), Angle::new(0), 0);
        let upsert = Change::Upsert(ids::ship(PLAYER), tickcast_arena::Entity::Ship(ship));
        assert!(send(&mut instance, &snapshot(Some(Tick(100)), vec![upsert])) > 0);
        instance
    }

    #[test]
    fn each_failure_has_its_code_and_names_tick_and_entity() {
        let mut instance = Instance::<Fixed<ArenaGame>>::new();
        assert_eq!(send(&mut instance, &snapshot(None, vec![])), Failure::NotJoined as i32);
        assert_eq!(instance.entities(), Failure::NotJoined as i32);
        assert_eq!(send(&mut instance, &welcome(0)), Failure::InvalidGrid as i32);
        assert_eq!(send_bytes(&mut instance, &[9]), Failure::Malformed as i32);
        assert_eq!(instance.receive(usize::MAX), Failure::Malformed as i32);

        let mut instance = with_ship();
        let unknown = Change::Despawn(EntityId(70));
        assert_eq!(send(&mut instance, &snapshot(None, vec![unknown])), Failure::UnknownEntity as i32);
        assert_eq!(instance.output.list, [101, 70]);
        assert_eq!(send(&mut instance, &snapshot(None, vec![])), Failure::ExpectedFull as i32);
    }

    #[test]
    fn an_input_longer_than_any_message_is_refused() {
        assert!(Instance::<Fixed<ArenaGame>>::new().input(codec::SERVER_MESSAGE_BYTES_MAX + 1).is_null());
    }

    #[test]
    fn controls_that_the_game_does_not_know_are_refused() {
        let mut instance = with_ship();
        for invalid in [&[3_u32][..], &[u32::MAX], &[], &[0, 0]] {
            let bytes: Vec<_> = invalid.iter().flat_map(|word| word.to_le_bytes()).collect();
            instance.input(bytes.len());
            instance.input[..bytes.len()].copy_from_slice(&bytes);
            assert_eq!(instance.controls(bytes.len()), Failure::InvalidControls as i32, "{invalid:?}");
            assert_eq!(instance.record(101, bytes.len()), Failure::InvalidControls as i32, "{invalid:?}");
        }
        assert_eq!(instance.controls(3), Failure::InvalidControls as i32);
        assert_eq!(instance.pending(), 0);
    }

    /// An entity is coasted by at most `COASTED_TICKS_MAX` ticks, even if it is drawn further ahead.
    #[test]
    fn a_page_cannot_make_the_client_coast_for_long() {
        let mut instance = with_ship();
        let thrusting = instance.joined.as_mut().and_then(|joined| joined.prediction.as_mut()).expect("there is a seat");
        let controls = tickcast_arena::Controls { thrust: true, ..Default::default() };
        thrusting.record(Tick(101), controls);
        instance.predict(100 + COASTED_TICKS_MAX);
        let farthest = instance.output.list.clone();
        instance.predict(100 + 100_000);
        assert_eq!(instance.output.list, farthest);
        assert!(instance.extrapolate(u32::MAX) > 0);
    }
}
