//! Layout of Arena's values in a WebAssembly client.

use tickcast_game::protocol::game::WordLayout;
use tickcast_game::protocol::{EntityId, PlayerId};
use tickcast_game::{Game, Protocol};

use crate::rules::ArenaGame;
use crate::wire::{Controls, Density, Destroyed, Destroyer, Entity, Event, Map, MapField, MapShips, Rules, Standing};

impl WordLayout for ArenaGame {
    type Game = Protocol<Self>;

    fn rules_words(rules: &Rules, words: &mut Vec<i32>) {
        words.extend([rules.tick_rate, rules.world_size, rules.round_s].map(i32::from));
    }

    fn entity_words(entity: &Entity, words: &mut Vec<i32>) {
        entity.for_each_word(|word| words.push(word));
    }

    /// - Destroyed: 0, victim, the player who destroyed the ship or −1 for a rock.
    /// - Map with fields: 1, the leader's field or −1, number of ships, the field of each ship.
    /// - End of a round: 3, number of places on the podium, player and score of each place.
    /// - Collected: 4, player.
    /// - Map with the density: 2, the leader's field or −1, the value of each square, row by row.
    fn event_words(event: &Event, words: &mut Vec<i32>) {
        let number = |field: &MapField| i32::from(field.row()) * i32::from(Map::SIDE) + i32::from(field.column());
        match event {
            Event::Destroyed(Destroyed { victim, by }) => {
                let by = if let Destroyer::Player(player) = by { player.0.into() } else { -1 };
                words.extend([0, victim.0.into(), by]);
            }
            Event::Collected(player) => words.extend([4, player.0.into()]),
            Event::Map(Map { leader, ships: MapShips::Fields(ships) }) => {
                words.extend([1, leader.as_ref().map_or(-1, number), ships.len() as i32]);
                words.extend(ships.iter().map(number));
            }
            Event::RoundEnded(podium) => {
                words.extend([3, podium.places().len() as i32]);
                words.extend(podium.places().iter().flat_map(|place| [place.player.0.into(), place.score.cast_signed()]));
            }
            Event::Map(Map { leader, ships: MapShips::Density(density) }) => {
                words.extend([2, leader.as_ref().map_or(-1, number)]);
                let squares = (0..Density::SIDE).flat_map(|row| (0..Density::SIDE).map(move |column| (row, column)));
                words.extend(squares.map(|(row, column)| i32::from(density.value(row, column))));
            }
        }
    }

    fn standing_words(standing: &Standing, words: &mut Vec<i32>) {
        let Standing { score, kills, deaths, streak } = *standing;
        words.extend([score.cast_signed(), i32::from(kills), i32::from(deaths), i32::from(streak)]);
    }

    fn controls_from_words(words: &[i32]) -> Option<Controls> {
        let [bits] = words else { return None };
        Controls::from_bits(u16::try_from(*bits).ok()?)
    }

    fn is_own(player: PlayerId, id: EntityId) -> bool {
        <Self as Game>::is_own(player, id)
    }
}
