//! Prediction of the player's own entity ahead of the server. If entities interact, of all entities.
//!
//! Client-side prediction with server reconciliation, as described in Gabriel Gambetta's "Fast-Paced Multiplayer" and Yahn
//! Bernier's "Latency Compensating Methods in Client/Server In-game Protocol Design and Optimization" (GDC 2001). Client and
//! server run the same deterministic kernel, so the server corrects an entity only after something has happened to it that
//! the kernel does not compute.
//!
//! If the entities of a game [interact](GameProtocol::interact), the player's own entity cannot be predicted without the
//! others. All entities are then predicted. Those of other players keep the controls that they hold in the newest snapshot.

use std::collections::VecDeque;

use super::Replica;
use crate::game::GameProtocol;
use crate::message::{Act, InputReport};
use crate::units::{EntityId, PlayerId, Tick};
use crate::world::{EntityMap, coast_all};

/// Maximum number of unconfirmed inputs: one input per tick for two seconds at the highest tick rate, 120. When one more
/// input is recorded, the oldest is discarded.
const PENDING_MAX: usize = 240;
/// An unconfirmed input is discarded when its stamp is this many ticks older than the newest snapshot. Stamps are at most
/// one second (120 ticks) ahead of the newest snapshot, so the stamps of unconfirmed inputs differ by less than 256. Two
/// different stamps therefore have different low bytes. This is necessary because a report contains only the low byte.
const PENDING_TICKS_MAX: i32 = 128;

/// Stores the inputs that the server has not confirmed yet, and predicts their effect on the player's entity.
///
/// Record each input when it is sent, and call [`Prediction::confirm`] after each snapshot.
#[derive(Clone, Debug)]
pub struct Prediction<G: GameProtocol> {
    avatar: EntityId,
    pending: VecDeque<(Tick, G::Controls)>,
}

impl<G: GameProtocol> Prediction<G> {
    /// Creates a prediction of the player's [avatar](GameProtocol::avatar).
    #[must_use]
    pub fn new(player: PlayerId) -> Self {
        Self { avatar: G::avatar(player), pending: VecDeque::new() }
    }

    /// Number of unconfirmed inputs.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Records an input that was sent with the stamp `tick`. If several inputs have the same stamp, the last one takes
    /// effect.
    pub fn record(&mut self, tick: Tick, controls: G::Controls) {
        if self.pending.len() == PENDING_MAX {
            self.pending.pop_front();
        }
        self.pending.push_back((tick, controls));
    }

    /// Discards the input that `report` confirms, and all inputs before it. `report` is the report of the newest snapshot.
    /// Call this after each snapshot.
    ///
    /// An input that arrived late stays pending until it is reported, because the server applies it in a later tick than
    /// the tick of its stamp.
    pub fn confirm(&mut self, replica: &Replica<G>, report: Option<InputReport>) {
        let Some(confirmed) = replica.tick() else { return };
        if let Some(report) = report {
            let reported = self.pending.iter().rposition(|(tick, _)| tick.0 as u8 == report.stamp);
            self.pending.drain(..reported.map_or(0, |index| index + 1));
        }
        self.pending.retain(|(tick, _)| confirmed.since(*tick) < PENDING_TICKS_MAX);
    }

    /// Predicts the player's entity at tick `to`, and the entities that it spawns until then. Starts from the entity in the
    /// replica and replays the unconfirmed inputs. The result is empty while the replica has no tick or the player has no
    /// entity.
    ///
    /// If the entities of the game [interact](GameProtocol::INTERACTS), predicts all entities.
    #[must_use]
    pub fn predict(&self, replica: &Replica<G>, to: Tick) -> EntityMap<G::Entity> {
        self.predict_with(replica, to, |_| false)
    }

    /// Like [`Prediction::predict`], but also coasts the entities that `is_own` selects, for example the bullets that the
    /// player has fired. A client that draws them at the same tick as the player's entity shows no gap between both.
    #[must_use]
    pub fn predict_with(&self, replica: &Replica<G>, to: Tick, is_own: impl Fn(EntityId) -> bool) -> EntityMap<G::Entity> {
        self.predict_with_actions(replica, &[], to, is_own)
    }

    /// Like [`Prediction::predict_with`], but also predicts the effects of the actions whose outcomes are not known yet;
    /// see [`GameProtocol::predict_action`] and [`Actions::iter`](super::Actions::iter).
    #[must_use]
    pub fn predict_with_actions<'a>(
        &self,
        replica: &Replica<G>,
        unresolved: impl IntoIterator<Item = &'a Act<G>, IntoIter: Clone>,
        to: Tick,
        is_own: impl Fn(EntityId) -> bool,
    ) -> EntityMap<G::Entity> {
        let unresolved = unresolved.into_iter();
        let is_predicted = |id: EntityId| G::INTERACTS || id == self.avatar || is_own(id);
        let entities = replica.entities().iter().filter(|(id, _)| is_predicted(*id));
        let mut predicted: EntityMap<_> = entities.map(|(id, entity)| (id, entity.clone())).collect();
        let Some(mut tick) = replica.tick().filter(|_| !predicted.is_empty()) else { return EntityMap::default() };
        let first = tick.next();
        while to.is_newer_than(tick) {
            tick = tick.next();
            // The server will apply late inputs and actions in its next tick, which is the first predicted tick.
            let is_due = |stamp: Tick| stamp == tick || (tick == first && !stamp.is_newer_than(first));
            for (stamp, controls) in &self.pending {
                if is_due(*stamp)
                    && let Some(avatar) = predicted.get_mut(self.avatar)
                {
                    G::set_controls(avatar, *controls);
                }
            }
            for act in unresolved.clone().filter(|act| is_due(act.tick)) {
                if let Some(avatar) = predicted.get_mut(self.avatar) {
                    G::predict_action(avatar, &act.action);
                }
            }
            coast_all::<G>(replica.rules(), &mut predicted);
        }
        predicted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Change;
    use crate::test_game::{Point, TestGame, replica, snapshot};

    const PLAYER: PlayerId = PlayerId(3);

    /// A replica at tick 102 and a prediction with one input, stamped 101 and not yet applied by the server.
    fn with_late_input() -> (Replica<TestGame>, Prediction<TestGame>) {
        let (mut replica, mut prediction) = (replica(), Prediction::new(PLAYER));
        let upsert = vec![Change::Upsert(TestGame::avatar(PLAYER), Point { x: 500, held: 0 })];
        replica.apply(&snapshot(Some(Tick(100)), upsert)).expect("the full snapshot applies");
        prediction.record(Tick(101), 5);
        for _ in 0..2 {
            replica.apply(&snapshot(None, vec![])).expect("the delta snapshot applies");
            prediction.confirm(&replica, None);
        }
        (replica, prediction)
    }

    #[test]
    fn a_late_input_is_predicted_from_the_next_tick_until_it_is_reported() {
        let (mut replica, mut prediction) = with_late_input();
        let predicted = prediction.predict(&replica, Tick(104));
        let controls = vec![Change::Controls(TestGame::avatar(PLAYER), 5)];
        replica.apply(&snapshot(None, controls)).expect("the delta snapshot applies");
        prediction.confirm(&replica, Some(InputReport { stamp: 101, margin: -2 }));
        assert!(prediction.pending.is_empty());
        replica.apply(&snapshot(None, vec![])).expect("the delta snapshot applies");
        assert_eq!(&predicted, replica.entities());
    }

    #[test]
    fn an_input_that_is_never_reported_is_discarded() {
        let (mut replica, mut prediction) = with_late_input();
        for _ in 0..PENDING_TICKS_MAX {
            replica.apply(&snapshot(None, vec![])).expect("the delta snapshot applies");
            prediction.confirm(&replica, None);
        }
        assert!(prediction.pending.is_empty());
    }
}
