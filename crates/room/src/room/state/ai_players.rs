//! Players that the server controls. They populate a room with few human players.

use core::time::Duration;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickcast_game::Simulation;
use tickcast_protocol::{GameProtocol, PlayerId};

use crate::replication::TickTime;
use crate::room::roster::Roster;

/// After an AI player has been replaced by a human, no AI player is added for this long. Without this delay, AI players
/// would join and leave with every client that leaves and joins.
const RETURN_DELAY: Duration = Duration::from_secs(2);
/// Decisions of each AI player per second.
const DECISIONS_PER_S: u32 = 6;

/// The AI players of a room. Their controls reach the world as commands, like those of human players.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct AiPlayers<G: GameProtocol> {
    /// Number of AI players while no human plays.
    count_max: usize,
    /// Beats between two decisions of an AI player.
    decision_ticks: u32,
    /// No AI player is added before this time.
    returns_at: Duration,
    /// Current controls of each AI player.
    controls: BTreeMap<PlayerId, G::Controls>,
}

/// What AI players do in a tick, by player.
pub(super) struct AiDecisions<G: GameProtocol> {
    /// The controls that change.
    pub(super) controls: BTreeMap<PlayerId, G::Controls>,
    pub(super) actions: Vec<(PlayerId, G::Action)>,
}

impl<G: GameProtocol> AiPlayers<G> {
    pub(super) fn new(count_max: u16, tick_rate: u16) -> Self {
        let decision_ticks = (u32::from(tick_rate) / DECISIONS_PER_S).max(1);
        Self { count_max: count_max.into(), decision_ticks, returns_at: Duration::ZERO, controls: BTreeMap::new() }
    }

    /// Adds or removes one AI player if their number differs from the target. The target is `count_max` minus the number of
    /// human players.
    pub(super) fn balance<S: Simulation<Game = G>>(&mut self, roster: &mut Roster<G>, now: Duration) {
        let wanted = self.count_max.saturating_sub(roster.humans());
        if roster.ai_players() < wanted && now >= self.returns_at {
            let player = roster.join_ai(S::ai_name, now);
            self.controls.insert(player, G::Controls::default());
        } else if roster.ai_players() > wanted
            && let Some(player) = roster.last_ai()
        {
            self.returns_at = now + RETURN_DELAY;
            roster.leave(player);
            self.controls.remove(&player);
        }
    }

    /// The controls that change now, and the actions. Each AI player makes a decision every `decision_ticks` beats. AI players in
    /// adjacent seats decide in different ticks, to spread the load.
    pub(super) fn decide<S: Simulation<Game = G>>(&mut self, world: &S, now: TickTime) -> AiDecisions<G> {
        let mut decisions = AiDecisions { controls: BTreeMap::new(), actions: Vec::new() };
        for (player, controls) in &mut self.controls {
            if !now.shifted(player.0.into()).reaches_multiple_of(self.decision_ticks) {
                continue;
            }
            let decision = world.ai_controls(*player);
            if decision != *controls {
                *controls = decision;
                decisions.controls.insert(*player, decision);
            }
            decisions.actions.extend(world.ai_action(*player).map(|action| (*player, action)));
        }
        decisions
    }
}
