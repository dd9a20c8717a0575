//! Markers: moments of a match that people look for in a replay.

use serde::{Deserialize, Serialize};
use tickcast_protocol::{GameProtocol, PlayerId, PlayerKind, PlayerName, Tick};

use super::{Player, Roster};

/// Maximum number of markers that wait to be taken. They are taken with each checkpoint, every ten seconds.
const WAITING_MAX: usize = 256;

/// A moment of a match that people look for in a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The tick.
    pub tick: Tick,
    /// What happened.
    pub kind: MarkerKind,
}

/// What happened at a [`Marker`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MarkerKind {
    /// This player was announced, some seconds after joining.
    Joined(PlayerName),
    /// This player, who had been announced, left.
    Left(PlayerName),
    /// A player has defeated another one. At least one of them is a human.
    Kill {
        /// The player who has defeated the other one.
        player: PlayerName,
        /// The player who was defeated.
        victim: PlayerName,
    },
    /// This player has overtaken the best player of the round so far.
    Record(PlayerName),
}

/// Records markers. The state of a room does not depend on them, so they are not part of it.
#[derive(Debug, Default)]
pub(super) struct Markers {
    is_recording: bool,
    /// What has happened since the last tick.
    pending: Vec<MarkerKind>,
    waiting: Vec<Marker>,
    /// The highest score of the round, and the player who reached it. The seat may have another holder now.
    best: Option<(PlayerId, u32)>,
}

impl<G: GameProtocol> Roster<G> {
    /// Starts to record markers.
    pub(in crate::room) fn record_markers(&mut self) {
        let points = |(id, player): (&PlayerId, &Player<G>)| Some((*id, G::score(&player.standing)?.points));
        self.markers.start(self.players.iter().filter_map(points));
    }

    /// Takes the markers recorded since the last call.
    pub(in crate::room) fn take_markers(&mut self) -> Vec<Marker> {
        self.markers.take()
    }

    pub(super) fn mark_kills(&mut self, events: &[G::Event]) {
        for (player, victim) in events.iter().filter_map(kill::<G>) {
            let (Some(player), Some(victim)) = (self.players.get(&player), self.players.get(&victim)) else { continue };
            if [player, victim].iter().any(|it| it.kind == PlayerKind::Human) {
                let (player, victim) = (player.name.clone(), victim.name.clone());
                self.markers.push(MarkerKind::Kill { player, victim });
            }
        }
    }

    pub(super) fn mark_records(&mut self, standings: &[(PlayerId, G::Standing)]) {
        for (id, standing) in standings {
            let (Some(score), Some(player)) = (G::score(standing), self.players.get(id)) else { continue };
            if self.markers.handle_score(*id, score.points) && player.kind == PlayerKind::Human {
                self.markers.push(MarkerKind::Record(player.name.clone()));
            }
        }
    }
}

impl Markers {
    /// Starts to record. `scores` are the current scores.
    pub(super) fn start(&mut self, scores: impl Iterator<Item = (PlayerId, u32)>) {
        if !self.is_recording {
            self.is_recording = true;
            self.best = scores.max_by_key(|(_, points)| *points);
        }
    }

    pub(super) const fn is_recording(&self) -> bool {
        self.is_recording
    }

    /// Records what has happened since the last tick.
    pub(super) fn push(&mut self, kind: MarkerKind) {
        if self.is_recording {
            self.pending.push(kind);
        }
    }

    /// Handles a new score. Returns whether the player has overtaken the best player of the round.
    pub(super) fn handle_score(&mut self, player: PlayerId, points: u32) -> bool {
        let best = self.best.replace((player, points));
        match best {
            Some((_, highest)) if points <= highest => {
                self.best = best;
                false
            }
            Some((holder, highest)) => holder != player && highest > 0,
            None => false,
        }
    }

    /// Handles the beginning of a round: all scores begin again at zero.
    pub(super) const fn start_round(&mut self) {
        self.best = None;
    }

    /// Assigns the tick to what has happened since the last tick.
    pub(super) fn handle_tick(&mut self, tick: Tick) {
        self.waiting.extend(self.pending.drain(..).map(|kind| Marker { tick, kind }));
        self.waiting.drain(..self.waiting.len().saturating_sub(WAITING_MAX));
    }

    /// Takes the markers recorded since the last call.
    pub(super) fn take(&mut self) -> Vec<Marker> {
        std::mem::take(&mut self.waiting)
    }
}

/// The player who defeated another player in an event, and the player who was defeated.
pub(super) fn kill<G: GameProtocol>(event: &G::Event) -> Option<(PlayerId, PlayerId)> {
    let (mut player, mut victim) = (None, None);
    for (id, change) in G::standing_changes(event) {
        let mut standing = G::Standing::default();
        change(&mut standing);
        let score = G::score(&standing)?;
        player = player.or((score.kills > 0).then_some(id));
        victim = victim.or((score.deaths > 0).then_some(id));
    }
    player.zip(victim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_overtakes_the_best_player_sets_a_record() {
        let mut markers = Markers::default();
        markers.start([(PlayerId(1), 0), (PlayerId(2), 0)].into_iter());
        let scores = [(1, 100), (1, 200), (2, 200), (2, 300), (2, 400), (1, 300), (1, 500)];
        let records = scores.map(|(player, points)| markers.handle_score(PlayerId(player), points));
        assert_eq!(records, [false, false, false, true, false, false, true]);
    }

    #[test]
    fn the_newest_markers_are_kept() {
        let mut markers = Markers::default();
        markers.push(MarkerKind::Record(PlayerName::default()));
        markers.handle_tick(Tick(1));
        assert_eq!(markers.take(), [], "nothing is recorded before the start");
        markers.start(std::iter::empty());
        for tick in 0..1_000 {
            markers.push(MarkerKind::Record(PlayerName::default()));
            markers.handle_tick(Tick(tick));
        }
        let ticks: Vec<_> = markers.take().iter().map(|marker| marker.tick.0).collect();
        assert_eq!(ticks, (1_000 - WAITING_MAX as u32..1_000).collect::<Vec<_>>());
    }
}
