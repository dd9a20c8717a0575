//! Temperaments of AI ships.

use tickcast_game::protocol::{PlayerId, PlayerName, Position};

use crate::wire::Upgrade;

/// How an AI ship deals with other ships. All distances are in 64ths of a world unit.
#[derive(Debug)]
pub(super) struct Temperament {
    /// Whether the ship flies to others while none is in range. Players thus always meet someone.
    pub(super) seeks_company: bool,
    /// Maximum distance at which the ship attacks another ship.
    pub(super) attack_range: i32,
    /// A ship that attacks starts to thrust if its target is farther away than this distance.
    pub(super) fight_distance: i32,
    /// The ship flees from a ship that is nearer than this distance.
    pub(super) flight_distance: i32,
    /// Maximum deliberate error of an aim, in steps of 1/1024 turn. Beginners must be able to win a fight.
    pub(super) aim_error_max: i32,
    /// Share of the time in which the ship may fire, in eighths. The pauses let opponents escape.
    pub(super) attack_eighths: u32,
    /// The upgrade that the ship chooses whenever it is offered.
    pub(super) preferred: Upgrade,
    /// Names of ships with this temperament.
    names: [&'static str; 8],
}

/// Looks for fights.
const DUELLIST: Temperament = Temperament {
    seeks_company: true,
    attack_range: 500 * Position::UNIT,
    fight_distance: 200 * Position::UNIT,
    flight_distance: 0,
    aim_error_max: 76,
    attack_eighths: 2,
    preferred: Upgrade::FireRate,
    names: ["Falcon", "Mantis", "Badger", "Lynx", "Shark", "Hornet", "Viper", "Wolf"],
};
/// Collects orbs, and fires only at ships that are near.
const COLLECTOR: Temperament = Temperament {
    seeks_company: false,
    attack_range: 280 * Position::UNIT,
    fight_distance: 200 * Position::UNIT,
    flight_distance: 0,
    aim_error_max: 84,
    attack_eighths: 2,
    preferred: Upgrade::Hull,
    names: ["Magpie", "Beaver", "Hamster", "Squirrel", "Jackdaw", "Packrat", "Bee", "Mole"],
};
/// Fires from a distance, and flees from ships that come near.
const EVADER: Temperament = Temperament {
    seeks_company: true,
    attack_range: 480 * Position::UNIT,
    fight_distance: 380 * Position::UNIT,
    flight_distance: 240 * Position::UNIT,
    aim_error_max: 76,
    attack_eighths: 2,
    preferred: Upgrade::Speed,
    names: ["Hare", "Swift", "Minnow", "Gazelle", "Gecko", "Moth", "Otter", "Robin"],
};

/// Successive seats get the temperaments in this order, again and again. AI players in adjacent seats therefore have
/// different temperaments.
const ALL: [&Temperament; 3] = [&DUELLIST, &COLLECTOR, &EVADER];

impl Temperament {
    /// The temperament of the AI player in this seat.
    pub(super) const fn of(player: PlayerId) -> &'static Self {
        ALL[player.0 as usize % ALL.len()]
    }
}

/// Name of the AI player in this seat. It tells the temperament of the ship.
pub(in crate::rules) fn name(player: PlayerId) -> PlayerName {
    let names = &Temperament::of(player).names;
    let number = usize::from(player.0) / ALL.len();
    let (name, generation) = (names[number % names.len()], number / names.len());
    let name = if generation == 0 { name.to_owned() } else { format!("{name} {}", generation + 1) };
    name.try_into().expect("a word and a number fit a player name")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_seat_has_a_name_of_its_own() {
        let names: BTreeSet<String> = (0..2_000).map(|seat| name(PlayerId(seat)).as_str().to_owned()).collect();
        assert_eq!(names.len(), 2_000);
        assert_eq!(
            [0, 1, 2, 3, 24].map(|seat| name(PlayerId(seat)).as_str().to_owned()),
            ["Falcon", "Magpie", "Hare", "Mantis", "Falcon 2"]
        );
    }
}
