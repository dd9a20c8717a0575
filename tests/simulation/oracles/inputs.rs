//! Oracle for inputs: specifies the tick in which each input must be applied. The oracle computes this tick as soon as the
//! input arrives, so it needs no input buffer.
//!
//! An input is due in the tick it is stamped for, within these limits: not before the next tick, not more than one second
//! after the next tick, and not before any input that arrived earlier. A player's controls change only in two cases:
//!
//! - An input is due. If several inputs are due in the same tick, the last one counts.
//! - The player's session has ended since the previous tick, and the player stays in the world. Then all controls are
//!   released.
//!
//! If a session resumes a seat while another session has it, the inputs of both apply for some time. The oracle does not know
//! in which order the room handles them, and verifies the controls of the new session after this time.

use std::collections::BTreeMap;

use tickcast_arena::{Arena, Controls};
use tickcast_game::Command;
use tickcast_protocol::{Input, InputReport, PlayerId, Tick};

use super::ConnectionId;
use super::{End, TickCount};

/// Maximum number of inputs of a session that wait for their tick. If another input arrives, it replaces the last of them.
const WAITING_MAX: usize = 128;

/// Seconds for which the oracle keeps an input. Within this time, its client receives the snapshot that reports the input.
const HISTORY_S: TickCount = 60;

/// Seconds after a session has replaced another one in which inputs of both may apply: the room accepts those of the replaced
/// session for up to two seconds, and their stamps may be one second ahead.
const HANDOVER_S: TickCount = 4;

/// Oracle for the inputs and controls of all players.
#[derive(Debug)]
pub(crate) struct Inputs {
    tick_rate: TickCount,
    sessions: BTreeMap<ConnectionId, PlayerSession>,
    /// Recent inputs of each connection, in order of arrival.
    inputs: BTreeMap<ConnectionId, Vec<Arrived>>,
    /// Players whose session has ended since the last tick.
    ended: BTreeMap<PlayerId, Release>,
}

/// Whether the controls of a player must be released in the next tick because a session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Release {
    /// The controls must be released.
    Required,
    /// The server is allowed to release the controls, but need not. The oracle does not know how or when the session ended.
    Possible,
    /// The controls must not be released: they were released already, or no session of the player has ended.
    Forbidden,
}

/// A session of a player.
#[derive(Debug)]
struct PlayerSession {
    player: PlayerId,
    /// Ticks that are not verified yet, because the session may have ended before them.
    unverified: Vec<Observed>,
    /// Whether the next tick must release the player's controls because the previous session on this seat has ended.
    release: Release,
    /// The first tick in which no inputs of a replaced session apply.
    verified_from: TickCount,
}

/// An input that has arrived.
#[derive(Clone, Copy, Debug)]
struct Arrived {
    /// The tick in which the input must be applied.
    due: TickCount,
    controls: Controls,
    report: InputReport,
}

/// What happened to a player's controls in one tick.
#[derive(Debug)]
struct Observed {
    tick: Tick,
    due: Option<Controls>,
    applied: Option<Controls>,
    release: Release,
    /// Whether inputs of a replaced session may apply.
    is_handover: bool,
}

impl Inputs {
    pub(crate) const fn new(tick_rate: u16) -> Self {
        Self {
            tick_rate: tick_rate as TickCount,
            sessions: BTreeMap::new(),
            inputs: BTreeMap::new(),
            ended: BTreeMap::new(),
        }
    }

    /// Handles a Welcome: the connection now has the seat of this player. `count` is the room's tick count. `is_uncertain` is
    /// true for sessions that may have ended without the oracles knowing.
    pub(crate) fn handle_welcome(
        &mut self,
        connection: ConnectionId,
        player: PlayerId,
        count: TickCount,
        is_uncertain: impl Fn(ConnectionId) -> bool,
    ) {
        let holder = self.sessions.iter().find(|(_, session)| session.player == player).map(|(holder, _)| *holder);
        if let Some(holder) = holder {
            let end = if is_uncertain(holder) { End::Lost } else { End::Replaced };
            self.handle_end(holder, end, true);
        }
        let release = match self.ended.remove(&player) {
            Some(Release::Required | Release::Possible) => Release::Possible,
            Some(Release::Forbidden) | None => Release::Forbidden,
        };
        let verified_from = holder.map_or(0, |_| count + HANDOVER_S * self.tick_rate);
        let session = PlayerSession { player, unverified: Vec::new(), release, verified_from };
        self.sessions.insert(connection, session);
    }

    /// Handles a session whose Welcome was not observed. Before this session ended, it may have resumed the seat of the
    /// player.
    pub(crate) fn handle_unseen_session(&mut self, player: PlayerId) {
        if !self.sessions.values().any(|session| session.player == player) {
            self.ended.entry(player).and_modify(|release| *release = Release::Possible).or_insert(Release::Possible);
        }
    }

    /// Handles an input that arrives at tick `now` of the room. `count` is the room's tick count.
    pub(crate) fn handle_input(&mut self, connection: ConnectionId, input: &Input<Arena>, now: Tick, count: TickCount) {
        let inputs = self.inputs.entry(connection).or_default();
        let margin = TickCount::from(input.tick.since(now)) - 1;
        let earliest = inputs.iter().map(|earlier| earlier.due).max().unwrap_or_default();
        let due = (count + 1 + margin.clamp(0, self.tick_rate)).max(earliest);
        let waiting = inputs.iter().filter(|input| input.due > count).count();
        if waiting == WAITING_MAX {
            inputs.pop();
        }
        let report = InputReport { stamp: input.tick.0 as u8, margin: margin.clamp(-128, 127) as i8 };
        inputs.push(Arrived { due, controls: input.controls, report });
    }

    /// Whether this connection has a seat.
    pub(crate) fn has_session(&self, connection: ConnectionId) -> bool {
        self.sessions.contains_key(&connection)
    }

    /// Whether this is the report on the last input that is due in this tick, or may be one on an input of a session that this
    /// connection has replaced.
    pub(crate) fn is_report(&self, connection: ConnectionId, tick: TickCount, report: Option<InputReport>) -> bool {
        let inputs = self.inputs.get(&connection).map(Vec::as_slice).unwrap_or_default();
        let is_handover = self.sessions.get(&connection).is_some_and(|session| tick < session.verified_from);
        is_handover || due(inputs, tick).map(|input| input.report) == report
    }

    /// Checks the commands of a tick that the room has recorded. `is_human` is false for AI players.
    pub(crate) fn handle_tick(
        &mut self,
        tick: Tick,
        count: TickCount,
        commands: &[Command<Arena>],
        is_human: impl Fn(PlayerId) -> bool,
    ) {
        let mut applied: BTreeMap<PlayerId, Controls> = BTreeMap::new();
        for command in commands {
            if let Command::Controls(player, controls) = command
                && is_human(*player)
            {
                assert_eq!(applied.insert(*player, *controls), None, "controls of {player:?} change twice in a tick");
            }
        }
        let history = HISTORY_S * self.tick_rate;
        for (connection, session) in &mut self.sessions {
            let inputs = self.inputs.get(connection).map(Vec::as_slice).unwrap_or_default();
            let due = due(inputs, count).map(|input| input.controls);
            let release = std::mem::replace(&mut session.release, Release::Forbidden);
            let (applied, is_handover) = (applied.remove(&session.player), count < session.verified_from);
            session.unverified.push(Observed { tick, due, applied, release, is_handover });
        }
        self.inputs.values_mut().for_each(|inputs| inputs.retain(|input| input.due + history > count));
        // A player who joined in this tick may have lost the connection before the oracles observed the Welcome. The
        // oracles then know of no session of this player, although the room releases the player's controls.
        let is_unseen = |player: PlayerId, controls: Controls| {
            controls == Controls::default() && commands.contains(&Command::Join(player))
        };
        for (player, release) in std::mem::take(&mut self.ended) {
            match (release, applied.remove(&player)) {
                (Release::Required, None) => {
                    panic!("{player:?} was lost before tick {} and its controls were not released", tick.0)
                }
                (Release::Required | Release::Possible, Some(released)) => assert_eq!(released, Controls::default()),
                (Release::Possible | Release::Forbidden, None) => {}
                (Release::Forbidden, Some(controls)) if is_unseen(player, controls) => {}
                (Release::Forbidden, Some(controls)) => {
                    panic!("{player:?} has no session and gets {controls:?} in tick {}", tick.0)
                }
            }
        }
        let mut spurious = applied.into_iter().filter(|(player, controls)| !is_unseen(*player, *controls));
        assert_eq!(spurious.next(), None, "players without a session get these controls in tick {}", tick.0);
    }

    /// Asserts that all inputs of an open session were applied when they were due.
    pub(crate) fn verify_open(&mut self, connection: ConnectionId) {
        let Some(session) = self.sessions.get_mut(&connection) else { return };
        for observed in session.unverified.drain(..) {
            assert!(observed.is_regular(), "{:?} in tick {}: {observed:?}", session.player, observed.tick.0);
        }
    }

    /// Handles the end of a session. Asserts that, until the session ended, each input was applied in the tick for which it
    /// was due, and that no input was applied after the end. `is_uncertain` is true if the session may have ended before
    /// the last tick.
    pub(crate) fn handle_end(&mut self, connection: ConnectionId, end: End, is_uncertain: bool) {
        self.inputs.remove(&connection);
        let Some(PlayerSession { player, unverified, .. }) = self.sessions.remove(&connection) else { return };
        let open = unverified.iter().take_while(|observed| observed.is_regular()).count();
        let mut after = unverified[open..].iter().skip_while(|observed| observed.applied.is_none());
        let released = after.next();
        let is_handover = unverified.iter().any(|observed| observed.is_handover);
        let is_release = released.is_none_or(|observed| observed.applied == Some(Controls::default()));
        assert!(is_release && after.all(|observed| observed.applied.is_none()), "{player:?} has ended: {unverified:?}");
        let release = match end {
            _ if released.is_some() => Release::Forbidden,
            // The room releases the controls only if the player must stay in the world.
            End::Left => Release::Possible,
            End::Replaced => Release::Possible,
            End::Lost if is_uncertain || is_handover || open < unverified.len() => Release::Possible,
            End::Lost => Release::Required,
        };
        self.ended.insert(player, release);
    }
}

/// The last input that is due in this tick.
fn due(inputs: &[Arrived], tick: TickCount) -> Option<&Arrived> {
    inputs.iter().rfind(|input| input.due == tick)
}

impl Observed {
    /// Whether the controls changed as they must in an open session.
    fn is_regular(&self) -> bool {
        match self.due {
            _ if self.is_handover => true,
            Some(due) => self.applied == Some(due),
            None => {
                self.applied.is_none() || (self.release != Release::Forbidden && self.applied == Some(Controls::default()))
            }
        }
    }
}
