//! When each input must be applied, as a specification: inputs are never removed from a buffer, they just have a tick.
//!
//! An input applies from the tick it is stamped for, but not before the next tick, not more than a second after that, and not
//! before an input that arrived earlier. The controls of a player change in a tick exactly if an input applies from it, and then
//! to those of the last such input; or if the player's connection was lost since the tick before, and then to none.

use std::collections::BTreeMap;

use tickcast_arena::{Arena, Controls};
use tickcast_game::Command;
use tickcast_protocol::{Input, InputReport, PlayerId, Tick};

use super::ConnectionId;
use super::{End, TickCount};

/// Inputs of a session that may wait for their tick. If more arrive, the newest replaces the last one.
const WAITING_MAX: usize = 128;

/// Seconds after which the snapshot with the report on an input has been received.
const HISTORY_S: TickCount = 60;

/// What is known about inputs and controls of the players.
#[derive(Debug)]
pub(crate) struct Inputs {
    tick_rate: TickCount,
    sessions: BTreeMap<ConnectionId, PlayerSession>,
    /// All inputs of each connection that may matter, in order of arrival.
    inputs: BTreeMap<ConnectionId, Vec<Arrived>>,
    /// Players whose session has ended, until the next tick.
    ended: BTreeMap<PlayerId, Release>,
}

/// Whether controls are released because a session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Release {
    /// They must be released in the next tick.
    Required,
    /// They may be: it is not known how, or when, the session ended.
    Possible,
    /// They must not be: they were released already, or the player has left.
    Forbidden,
}

/// A session of a player.
#[derive(Debug)]
struct PlayerSession {
    player: PlayerId,
    /// Ticks that are not verified yet, because it is not known whether the session was still open.
    unverified: Vec<Observed>,
    /// What the end of the seat's previous session causes in the next tick.
    release: Release,
}

#[derive(Clone, Copy, Debug)]
struct Arrived {
    /// The tick that it applies from.
    due: TickCount,
    controls: Controls,
    report: InputReport,
}

/// A tick of a session.
#[derive(Debug)]
struct Observed {
    tick: Tick,
    due: Option<Controls>,
    applied: Option<Controls>,
    release: Release,
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

    /// A session has got a seat. `replaced` is the session that held it, and whether that may have been lost before.
    pub(crate) fn handle_welcome(
        &mut self,
        connection: ConnectionId,
        player: PlayerId,
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
        let session = PlayerSession { player, unverified: Vec::new(), release };
        self.sessions.insert(connection, session);
    }

    /// The seat of a player may have been resumed and lost again.
    pub(crate) fn handle_unseen_session(&mut self, player: PlayerId) {
        if !self.sessions.values().any(|session| session.player == player) {
            self.ended.entry(player).and_modify(|release| *release = Release::Possible).or_insert(Release::Possible);
        }
    }

    /// An input arrives while the room is at tick `now`, its `count`-th.
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

    /// The report on the input that applies from a tick.
    pub(crate) fn report(&self, connection: ConnectionId, tick: TickCount) -> Option<InputReport> {
        due(self.inputs.get(&connection)?, tick).map(|input| input.report)
    }

    /// The room has recorded a tick. `is_human` tells players from AI players.
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
            session.unverified.push(Observed { tick, due, applied: applied.remove(&session.player), release });
        }
        self.inputs.values_mut().for_each(|inputs| inputs.retain(|input| input.due + history > count));
        // A client that is lost before it is welcomed, in the tick in which it joins.
        let is_unseen = |player: PlayerId, controls: Controls| {
            controls == Controls::default() && commands.contains(&Command::Join(player))
        };
        for (player, release) in std::mem::take(&mut self.ended) {
            match (release, applied.remove(&player)) {
                (Release::Required, None) => {
                    panic!("{player:?} was lost before tick {} and holds on to its controls", tick.0)
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

    /// A session is open: all its inputs must have been applied.
    pub(crate) fn verify_open(&mut self, connection: ConnectionId) {
        let Some(session) = self.sessions.get_mut(&connection) else { return };
        for observed in session.unverified.drain(..) {
            assert!(observed.is_regular(), "{:?} in tick {}: {observed:?}", session.player, observed.tick.0);
        }
    }

    /// A session has ended: until then, all its inputs must have been applied, and none later. `is_uncertain` if it may have
    /// ended before the last tick.
    pub(crate) fn handle_end(&mut self, connection: ConnectionId, end: End, is_uncertain: bool) {
        self.inputs.remove(&connection);
        let Some(PlayerSession { player, unverified, .. }) = self.sessions.remove(&connection) else { return };
        let open = unverified.iter().take_while(|observed| observed.is_regular()).count();
        let mut after = unverified[open..].iter().skip_while(|observed| observed.applied.is_none());
        let released = after.next();
        let is_release = released.is_none_or(|observed| observed.applied == Some(Controls::default()));
        assert!(is_release && after.all(|observed| observed.applied.is_none()), "{player:?} has ended: {unverified:?}");
        let release = match end {
            End::Left => Release::Forbidden,
            _ if released.is_some() => Release::Forbidden,
            End::Replaced => Release::Possible,
            End::Lost if is_uncertain || open < unverified.len() => Release::Possible,
            End::Lost => Release::Required,
        };
        self.ended.insert(player, release);
    }
}

/// The last input that applies from a tick.
fn due(inputs: &[Arrived], tick: TickCount) -> Option<&Arrived> {
    inputs.iter().rfind(|input| input.due == tick)
}

impl Observed {
    /// Whether the tick is that of an open session.
    fn is_regular(&self) -> bool {
        match self.due {
            Some(due) => self.applied == Some(due),
            None => {
                self.applied.is_none() || (self.release != Release::Forbidden && self.applied == Some(Controls::default()))
            }
        }
    }
}
