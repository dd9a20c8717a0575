//! Options of a room that do not depend on its game.

use serde::{Deserialize, Serialize};
use tickcast_game::{OptionsError, Simulation};
use tickcast_protocol::Team;

/// Options of a room that do not depend on its game. The keys in JSON are the field names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RoomOptions {
    /// Ticks per second, from 10 to 120. Default: 30.
    pub tick_rate: u16,
    /// Seats for human players, from 1 to [`RoomOptions::SEATS_MAX`]. Default: 100.
    pub seats: u16,
    /// Maximum number of spectators, up to [`RoomOptions::SPECTATORS_MAX`]. Each spectator sees the whole world. Default:
    /// 100.
    pub spectators: u16,
    /// Delay in seconds with which spectators see the world, up to [`RoomOptions::SPECTATOR_DELAY_S_MAX`]. Without a delay,
    /// a player could open a second connection as a spectator, and see opponents outside the player's view. Choose 10 s for
    /// ranked games. The room keeps the ticks of this period in memory. Default: 0.
    pub spectator_delay_s: u16,
    /// Number of AI players while no human plays, up to [`RoomOptions::AI_PLAYERS_MAX`]. Each human player replaces one AI
    /// player. Default: 8.
    pub ai_players: u16,
    /// Maximum width and height of a client's view in world units, from 256 to 16,384. Default: 1920.
    pub view_size: u16,
    /// Number of teams, up to [`Team::COUNT_MAX`]. 0 means the number that the game chooses, which is 0 for most games: the
    /// room then has no teams. A team has at most its share of the seats, rounded up. Default: 0.
    pub teams: u16,
    /// If not 0, the match begins when all players are ready, or after this many seconds, up to
    /// [`RoomOptions::READY_UP_S_MAX`]. The time begins when [`ready_up_players`](Self::ready_up_players) have taken a seat.
    /// Default: 0: the match begins at once.
    pub ready_up_s: u16,
    /// Number of players without whom the match does not begin, from 1 to the number of seats. Has no effect if
    /// [`ready_up_s`](Self::ready_up_s) is 0. Default: 1.
    pub ready_up_players: u16,
}

impl RoomOptions {
    /// Returns these options after applying `change` to them.
    ///
    /// ```
    /// let duel = tickcast_room::RoomOptions::default().with(|room| room.seats = 2);
    /// ```
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Maximum number of seats for human players. AI players take additional seats.
    pub const SEATS_MAX: u16 = 6_000;
    /// Maximum number of spectators.
    pub const SPECTATORS_MAX: u16 = 6_000;
    /// Maximum delay of spectators in seconds. It bounds the memory for past ticks.
    pub const SPECTATOR_DELAY_S_MAX: u16 = 60;
    /// Maximum time for which a room waits until its players are ready, in seconds.
    pub const READY_UP_S_MAX: u16 = 600;
    /// Maximum number of AI players.
    pub const AI_PLAYERS_MAX: u16 = 2_000;

    /// These options, with at most as many seats and AI players as the game admits players. A match that waits for its players
    /// waits for at most as many as there are seats.
    pub(crate) fn limited_to_players<S: Simulation>(self) -> Self {
        let (seats, ai_players) = (self.seats.min(S::PLAYERS_MAX), self.ai_players.min(S::PLAYERS_MAX));
        let ready_up_players = self.ready_up_players.min(seats);
        Self { seats, ai_players, ready_up_players, ..self }
    }

    /// Checks the range of each option.
    ///
    /// # Errors
    /// The first option that is out of range.
    pub fn validate(&self) -> Result<(), OptionsError> {
        let Self { tick_rate, seats, spectators, spectator_delay_s, ai_players, .. } = *self;
        let Self { view_size, teams, ready_up_s, ready_up_players, .. } = *self;
        OptionsError::check_range("tick_rate", tick_rate, 10..=120)?;
        OptionsError::check_range("seats", seats, 1..=Self::SEATS_MAX)?;
        OptionsError::check_range("spectators", spectators, 0..=Self::SPECTATORS_MAX)?;
        OptionsError::check_range("spectator_delay_s", spectator_delay_s, 0..=Self::SPECTATOR_DELAY_S_MAX)?;
        OptionsError::check_range("ai_players", ai_players, 0..=Self::AI_PLAYERS_MAX)?;
        OptionsError::check_range("view_size", view_size, 256..=16_384)?;
        OptionsError::check_range("teams", teams, 0..=Team::COUNT_MAX)?;
        OptionsError::check_range("ready_up_s", ready_up_s, 0..=Self::READY_UP_S_MAX)?;
        OptionsError::check_range("ready_up_players", ready_up_players, 1..=seats)
    }

    /// Checks options chosen by a client. The delay of spectators must equal the operator's value: a shorter delay would
    /// let players cheat, and a longer delay would take more memory. Teams and the ready-up phase can be chosen freely. Every
    /// other option may be at most the operator's value.
    ///
    /// # Errors
    /// The first option that exceeds its bound.
    pub fn validate_untrusted(&self, operator: &Self) -> Result<(), OptionsError> {
        let Self { tick_rate, seats, spectators, spectator_delay_s, ai_players, view_size, .. } = *self;
        let delay_s = operator.spectator_delay_s;
        OptionsError::check_range("tick_rate", tick_rate, 0..=operator.tick_rate)?;
        OptionsError::check_range("seats", seats, 0..=operator.seats)?;
        OptionsError::check_range("spectators", spectators, 0..=operator.spectators)?;
        OptionsError::check_range("spectator_delay_s", spectator_delay_s, delay_s..=delay_s)?;
        OptionsError::check_range("ai_players", ai_players, 0..=operator.ai_players)?;
        OptionsError::check_range("view_size", view_size, 0..=operator.view_size)
    }
}

impl Default for RoomOptions {
    fn default() -> Self {
        Self {
            tick_rate: 30,
            seats: 100,
            spectators: 100,
            spectator_delay_s: 0,
            ai_players: 8,
            view_size: 1920,
            teams: 0,
            ready_up_s: 0,
            ready_up_players: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: RoomOptions = RoomOptions {
        tick_rate: 30,
        seats: 1,
        spectators: 0,
        spectator_delay_s: 0,
        ai_players: 0,
        view_size: 512,
        teams: 2,
        ready_up_s: 0,
        ready_up_players: 1,
    };

    #[test]
    fn the_operators_options_are_upper_bounds() {
        assert_eq!(OPTIONS.validate_untrusted(&OPTIONS), Ok(()));
        for (name, higher) in [
            ("tick_rate", RoomOptions { tick_rate: 31, ..OPTIONS }),
            ("seats", RoomOptions { seats: 2, ..OPTIONS }),
            ("spectators", RoomOptions { spectators: 1, ..OPTIONS }),
            ("ai_players", RoomOptions { ai_players: 1, ..OPTIONS }),
            ("view_size", RoomOptions { view_size: 513, ..OPTIONS }),
        ] {
            let error = higher.validate_untrusted(&OPTIONS).expect_err(name).to_string();
            assert!(error.starts_with(&format!("{name} is ")), "{error}");
            assert_eq!(OPTIONS.validate_untrusted(&higher), Ok(()), "{name}");
        }
    }

    #[test]
    fn clients_may_choose_neither_a_shorter_nor_a_longer_delay_of_spectators_than_the_operator() {
        let options = |spectator_delay_s| RoomOptions { spectator_delay_s, ..OPTIONS };
        let accepted = |operator, delay| options(delay).validate_untrusted(&options(operator)).is_ok();
        assert_eq!([9, 10, 11].map(|delay| accepted(10, delay)), [false, true, false]);
        assert_eq!([0, 1].map(|delay| accepted(0, delay)), [true, false]);
        assert!(options(60).validate().is_ok() && options(61).validate().is_err());
    }
}
