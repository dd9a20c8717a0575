//! Decision logic of bots: the logic of the game, or random controls and actions if the game has no such logic.

use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tickcast_game::{Behaviour, Brain, Playable};
use tickcast_protocol::game::{Samples, Wire};
use tickcast_protocol::{GameProtocol, PlayerId, Replica, codec};

/// Number of random bytes from which controls or an action are decoded. Controls are small, because every input contains them.
const RANDOM_BYTES: usize = 32;
/// Number of attempts to decode a value from random bytes. Most bytes encode no controls of a game with few keys.
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
    /// from random bytes, the others are [samples](GameProtocol::samples). In a game with actions, the bot also tries random
    /// actions; the game refuses those that are against the rules. Bots with [`Behaviour::Idle`] do nothing.
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

/// Holds random controls, and tries random actions.
#[derive(Debug)]
struct RandomBrain<G: GameProtocol> {
    controls: Vec<G::Controls>,
    actions: Vec<G::Action>,
    rng: Xoshiro256PlusPlus,
    tick_rate: u32,
    held: G::Controls,
    ticks_to_change: u32,
}

impl<G: GameProtocol> RandomBrain<G> {
    fn new(tick_rate: u16, seed: u64) -> Self {
        let Samples { controls, actions, .. } = G::samples();
        Self {
            controls,
            actions,
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            tick_rate: u32::from(tick_rate).max(1),
            held: G::Controls::default(),
            ticks_to_change: 0,
        }
    }
}

/// A value that is decoded from random bytes, or one of the samples; each in half of the cases. `None` if there are no samples.
fn random_value<T: Wire>(samples: &[T], rng: &mut Xoshiro256PlusPlus) -> Option<T> {
    let attempts = if rng.random() { DECODE_ATTEMPTS } else { 0 };
    let decoded = (0..attempts).find_map(|_| decode_random(rng));
    decoded.or_else(|| samples.choose(rng).cloned())
}

/// Decodes a value from random bytes. `None` if they encode none. Small bytes are more frequent, because they encode the values
/// of types with few values, such as `bool` and enums.
fn decode_random<T: Wire>(rng: &mut Xoshiro256PlusPlus) -> Option<T> {
    let bytes: [u8; RANDOM_BYTES] = std::array::from_fn(|_| rng.random::<u8>() >> rng.random_range(0..8));
    codec::decode_next(&mut bytes.as_slice()).ok()
}

impl<G: GameProtocol> Brain<G> for RandomBrain<G> {
    fn decide(&mut self, _: PlayerId, _: Option<&Replica<G>>) -> G::Controls {
        if self.ticks_to_change == 0 {
            self.held = random_value(&self.controls, &mut self.rng).unwrap_or_default();
            self.ticks_to_change = self.rng.random_range(self.tick_rate.div_ceil(2)..=self.tick_rate * 3 / 2);
        }
        self.ticks_to_change = self.ticks_to_change.saturating_sub(1);
        self.held
    }

    fn act(&mut self, _: PlayerId, _: &Replica<G>) -> Option<G::Action> {
        if self.actions.is_empty() { None } else { random_value(&self.actions, &mut self.rng) }
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

    use serde::{Deserialize, Serialize};
    use tickcast_arena::{Arena, Controls};
    use tickcast_game::prelude::*;
    use tickcast_protocol::Welcome;

    const RATE: u16 = 30;

    /// A game with buttons, which players press.
    #[derive(Serialize, Deserialize)]
    struct Buttons;

    game!(Buttons: Actions);

    impl Game for Buttons {
        type Controls = ();
        type Entity = u8;

        fn new(_: &mut World<Self>, _seed: u64) -> Self {
            Self
        }

        fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<u8> {
            None
        }

        fn coast(_: &mut u8, _: &mut CoastContext<'_, Self>) -> Lifecycle {
            Lifecycle::Alive
        }

        fn step(&mut self, _: &mut World<Self>) {}
    }

    impl Actions for Buttons {
        type Action = u8;
        type Refusal = ();

        fn act(&mut self, _: &mut World<Self>, _: PlayerId, _: &u8) -> Result<(), ()> {
            Ok(())
        }
    }

    fn replica() -> Replica<Protocol<Buttons>> {
        let room = "buttons".parse().expect("the room name is valid");
        let rules = Setup { tick_rate: RATE, options: () };
        let welcome = Welcome { seat: None, room, tick_rate: RATE, pace: Pace::OnDemand, cell_size: 128, rules };
        Replica::new(&welcome).expect("the grid is valid")
    }

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
    fn random_brains_try_valid_and_invalid_actions_but_none_in_a_game_without_actions() {
        let mut brain = Brains::<Protocol<Buttons>>::random().create(Behaviour::Wander, RATE, 7);
        let replica = replica();
        let tried: BTreeSet<_> = (0..200).filter_map(|_| brain.act(PlayerId(3), &replica)).collect();
        assert!(tried.contains(&0) && tried.len() > 20, "{tried:?}");
        assert!(Arena::samples().actions.is_empty());
        let mut idle = Brains::<Protocol<Buttons>>::random().create(Behaviour::Idle, RATE, 7);
        assert_eq!(idle.act(PlayerId(3), &replica), None);
    }

    #[test]
    fn idle_bots_hold_no_controls() {
        assert!(decisions(Behaviour::Idle, 7, 10).iter().all(|controls| *controls == Controls::default()));
    }
}
