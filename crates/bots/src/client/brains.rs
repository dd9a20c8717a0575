//! Decision logic of bots: the logic of the game, or random controls if the game has no such logic.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_game::{Behaviour, Brain, Playable};
use tickcast_protocol::{GameProtocol, PlayerId, Replica, codec};

/// Number of random bytes from which controls are decoded. Controls are small, because every input contains them.
const RANDOM_BYTES: usize = 32;
/// Number of attempts to decode controls from random bytes. Most bytes encode no controls of a game with few keys.
const DECODE_ATTEMPTS: usize = 64;

/// How bots decide which controls to hold, and what the report calls the kinds of entities.
#[derive(Debug)]
pub struct Brains<G: GameProtocol> {
    create: fn(Behaviour, u16, u64) -> Box<dyn Brain<G>>,
    pub(crate) kind: fn(&G::Entity) -> &'static str,
}

impl<G: GameProtocol> Clone for Brains<G> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<G: GameProtocol> Copy for Brains<G> {}

impl<G: GameProtocol> Brains<G> {
    /// The brains of the game.
    #[must_use]
    pub fn of_game() -> Self
    where
        G: Playable<Brain: 'static>,
    {
        Self {
            create: |behaviour, tick_rate, seed| Box::new(G::brain(behaviour, tick_rate, seed)),
            kind: <G as Playable>::kind,
        }
    }

    /// Brains for any game: a bot holds random controls, and chooses others about once per second. Half of them are decoded
    /// from random bytes, the others are [samples](GameProtocol::samples). Bots with [`Behaviour::Idle`] hold none.
    #[must_use]
    pub fn random() -> Self {
        Self {
            create: |behaviour, tick_rate, seed| match behaviour {
                Behaviour::Wander | Behaviour::Hunt => Box::new(RandomBrain::<G>::new(tick_rate, seed)),
                Behaviour::Idle => Box::new(IdleBrain),
            },
            kind: |_| "entity",
        }
    }

    /// Creates a brain. Its decisions depend only on these arguments and on the replicas passed to it.
    pub(super) fn create(&self, behaviour: Behaviour, tick_rate: u16, seed: u64) -> Box<dyn Brain<G>> {
        (self.create)(behaviour, tick_rate, seed)
    }
}

/// Holds random controls.
#[derive(Debug)]
struct RandomBrain<G: GameProtocol> {
    samples: Vec<G::Controls>,
    rng: Xoshiro256PlusPlus,
    tick_rate: u32,
    held: G::Controls,
    ticks_to_change: u32,
}

impl<G: GameProtocol> RandomBrain<G> {
    fn new(tick_rate: u16, seed: u64) -> Self {
        Self {
            samples: G::samples().controls,
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            tick_rate: u32::from(tick_rate).max(1),
            held: G::Controls::default(),
            ticks_to_change: 0,
        }
    }

    fn random_controls(&mut self) -> G::Controls {
        let attempts = if self.rng.random() { DECODE_ATTEMPTS } else { 0 };
        let decoded = (0..attempts).find_map(|_| self.decode_controls());
        decoded.unwrap_or_else(|| self.sample())
    }

    /// Decodes controls from random bytes. `None` if they encode none. Small bytes are more frequent, because they encode
    /// the values of types with few values, such as `bool` and enums.
    fn decode_controls(&mut self) -> Option<G::Controls> {
        let bytes: [u8; RANDOM_BYTES] = std::array::from_fn(|_| self.rng.random::<u8>() >> self.rng.random_range(0..8));
        codec::decode_next(&mut bytes.as_slice()).ok()
    }

    fn sample(&mut self) -> G::Controls {
        if self.samples.is_empty() {
            return G::Controls::default();
        }
        self.samples[self.rng.random_range(0..self.samples.len())]
    }
}

impl<G: GameProtocol> Brain<G> for RandomBrain<G> {
    fn decide(&mut self, _: PlayerId, _: Option<&Replica<G>>) -> G::Controls {
        if self.ticks_to_change == 0 {
            self.held = self.random_controls();
            self.ticks_to_change = self.rng.random_range(self.tick_rate.div_ceil(2)..=self.tick_rate * 3 / 2);
        }
        self.ticks_to_change = self.ticks_to_change.saturating_sub(1);
        self.held
    }
}

/// Holds no controls.
#[derive(Debug)]
struct IdleBrain;

impl<G: GameProtocol> Brain<G> for IdleBrain {
    fn decide(&mut self, _: PlayerId, _: Option<&Replica<G>>) -> G::Controls {
        G::Controls::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use tickcast_arena::{Arena, Controls};

    const RATE: u16 = 30;

    /// The decisions of a bot with random controls in `seconds` seconds.
    fn decisions(behaviour: Behaviour, seed: u64, seconds: usize) -> Vec<Controls> {
        let mut brain = Brains::<Arena>::random().create(behaviour, RATE, seed);
        (0..seconds * usize::from(RATE)).map(|_| brain.decide(PlayerId(3), None)).collect()
    }

    #[test]
    fn random_controls_change_about_once_per_second() {
        let held = decisions(Behaviour::Wander, 7, 60);
        let changes = held.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((40..=80).contains(&changes), "{changes} changes in a minute");
    }

    #[test]
    fn random_controls_include_samples_and_others() {
        let held = decisions(Behaviour::Hunt, 7, 60);
        let samples = Arena::samples().controls;
        let encoded = |controls: &Controls| codec::encode(controls);
        let (sampled, decoded): (BTreeSet<_>, BTreeSet<_>) =
            (held.iter().filter(|it| samples.contains(it)).map(encoded).collect(), held.iter().map(encoded).collect());
        assert!(!sampled.is_empty() && decoded.len() > sampled.len() + 10, "{} of {}", sampled.len(), decoded.len());
    }

    #[test]
    fn equal_seeds_give_equal_random_controls() {
        assert_eq!(decisions(Behaviour::Wander, 7, 10), decisions(Behaviour::Wander, 7, 10));
        assert_ne!(decisions(Behaviour::Wander, 7, 10), decisions(Behaviour::Wander, 8, 10));
    }

    #[test]
    fn idle_bots_hold_no_controls() {
        assert!(decisions(Behaviour::Idle, 7, 10).iter().all(|controls| *controls == Controls::default()));
    }
}
