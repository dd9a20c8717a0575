//! The adapter between `Game` and the interface of the engine.

use serde::{Deserialize, Serialize};
use tickcast_game::protocol::{EntityId, GameProtocol, Lifecycle, PlayerId, Replica, codec};
use tickcast_game::{
    Behaviour, Bots, Brain, CoastContext, Command, Game, Hosted, Never, Patches, Playable, Protocol, Simulation, World,
    game,
};

/// A game with lamps. Each player has a lamp, which burns while the player holds a switch.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Lamps {
    /// For how many ticks each lamp had burnt before it coasted, and after.
    before: Vec<u32>,
    after: Vec<u32>,
}

/// A lamp, and the ticks for which it has burnt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Lamp {
    on: bool,
    burnt: u32,
}

impl Game for Lamps {
    type Controls = bool;
    type Entity = Lamp;

    fn new(_: &mut World<Self>, _: u64) -> Self {
        Self::default()
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<Lamp> {
        Some(Lamp { on: false, burnt: 0 })
    }

    fn coast(lamp: &mut Lamp, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        lamp.burnt += u32::from(lamp.on);
        Lifecycle::Alive
    }

    fn before_coast(&mut self, world: &World<Self>) {
        self.before = world.entities.iter().map(|(_, lamp)| lamp.burnt).collect();
    }

    fn step(&mut self, world: &mut World<Self>) {
        self.after = world.entities.iter().map(|(_, lamp)| lamp.burnt).collect();
    }

    fn controls_mut(lamp: &mut Lamp) -> Option<&mut bool> {
        Some(&mut lamp.on)
    }
}

impl Patches for Lamps {
    type Patch = u8;

    /// Contains only the lowest eight bits.
    fn patch_between(_: &Lamp, truth: &Lamp) -> Option<u8> {
        Some(truth.burnt as u8)
    }

    fn patch(lamp: &mut Lamp, burnt: &u8) {
        lamp.burnt = u32::from(*burnt);
    }
}

game!(Lamps: Patches);

/// The bots in every second seat hold the switch. The other bots do not.
#[derive(Debug)]
struct Switch;

impl Brain<Protocol<Lamps>> for Switch {
    fn decide(&mut self, player: PlayerId, _: Option<&Replica<Protocol<Lamps>>>) -> bool {
        player.0.is_multiple_of(2)
    }
}

impl Bots for Lamps {
    type Brain = Switch;

    fn brain(_: Behaviour, _: u16, _: u64) -> Switch {
        Switch
    }

    fn kind(_: &Lamp) -> &'static str {
        "lamp"
    }
}

const ADA: PlayerId = PlayerId(0);
const BOB: PlayerId = PlayerId(1);

fn lamps() -> Hosted<Lamps> {
    let mut lamps = Hosted::new(&(), 30, 0);
    lamps.step(&[Command::Join(ADA), Command::Join(BOB), Command::Controls(BOB, true)]);
    lamps
}

#[test]
fn the_server_sets_the_controls_of_avatars_and_coasts_them() {
    let mut lamps = lamps();
    lamps.step(&[Command::Controls(ADA, true), Command::Controls(BOB, false)]);
    lamps.step(&[]);
    assert_eq!(lamps.world().avatar(ADA), Some(&Lamp { on: true, burnt: 2 }));
    assert_eq!(lamps.world().avatar(BOB), Some(&Lamp { on: false, burnt: 1 }));
    assert_eq!((lamps.world().controls(ADA), lamps.world().controls(BOB)), (true, false));
    assert_eq!(Protocol::<Lamps>::controls(&Lamp { on: true, burnt: 0 }), Some(true));
}

#[test]
fn the_rules_see_the_entities_before_and_after_they_coast() {
    let mut lamps = lamps();
    lamps.step(&[]);
    assert_eq!((&lamps.game().before, &lamps.game().after), (&vec![0, 1], &vec![0, 2]));
}

#[test]
fn the_avatar_of_a_player_who_leaves_disappears() {
    let mut lamps = lamps();
    lamps.step(&[Command::Leave(ADA)]);
    assert_eq!((lamps.world().avatar(ADA), lamps.world().players().collect::<Vec<_>>()), (None, vec![BOB]));
}

#[test]
fn commands_of_unknown_players_and_second_joins_are_ignored() {
    let mut lamps = lamps();
    let before = lamps.world().entities.clone();
    lamps.step(&[Command::Leave(PlayerId(9)), Command::Controls(PlayerId(9), true), Command::Controls(BOB, false)]);
    assert_eq!((lamps.world().players().len(), &lamps.world().entities.get(EntityId(0))), (2, &before.get(EntityId(0))));
    lamps.step(&[Command::Controls(ADA, true)]);
    lamps.step(&[Command::Join(ADA)]);
    assert_eq!(lamps.world().avatar(ADA), Some(&Lamp { on: true, burnt: 2 }));
}

#[test]
fn a_decoded_checkpoint_continues_identically() {
    let mut lamps = lamps();
    let mut copy: Hosted<Lamps> = codec::decode(&codec::encode(&lamps)).expect("the checkpoint is valid");
    assert_eq!(copy.hash(), lamps.hash());
    for step in 0..10 {
        let commands = [Command::Controls(ADA, step % 3 == 0)];
        assert_eq!(lamps.step(&commands), copy.step(&commands));
        assert_eq!(copy.hash(), lamps.hash());
    }
    lamps.step(&[]);
    assert_ne!(copy.hash(), lamps.hash());
}

#[test]
fn a_lossy_patch_is_not_sent() {
    let lamp = |burnt| Lamp { on: true, burnt };
    assert_eq!(Protocol::<Lamps>::patch_between(&lamp(7), &lamp(255)), Some(255));
    assert_eq!(Protocol::<Lamps>::patch_between(&lamp(7), &lamp(256)), None);
    assert_eq!(Protocol::<Lamps>::patch_between(&Lamp { on: false, burnt: 7 }, &lamp(8)), None);
}

#[test]
fn a_game_without_optional_parts_has_one_cell_and_no_ai_players() {
    let hosted = lamps();
    assert_eq!(hosted.focus(ADA), Protocol::<Lamps>::position(&Lamp { on: true, burnt: 1 }));
    const { assert!(!Hosted::<Lamps>::HAS_AI_PLAYERS) };
    assert_eq!(Protocol::<Lamps>::NAME, "Lamps");
    assert!(codec::decode::<Never>(&[0]).is_err());
}

#[test]
fn bots_play_the_protocol_of_the_game() {
    let mut brain = Protocol::<Lamps>::brain(Behaviour::Wander, 30, 0);
    assert_eq!([ADA, BOB].map(|player| brain.decide(player, None)), [true, false]);
    assert_eq!(<Protocol<Lamps> as Playable>::kind(&Lamp { on: true, burnt: 0 }), "lamp");
}

/// A game in which a ball has the id of the second player's avatar.
#[cfg(debug_assertions)]
mod clash {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Clash;

    impl Game for Clash {
        type Controls = bool;
        type Entity = u8;

        fn new(world: &mut World<Self>, _: u64) -> Self {
            world.entities.insert(EntityId(1), 77);
            Self
        }

        fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<u8> {
            Some(0)
        }

        fn coast(_: &mut u8, _: &mut CoastContext<'_, Self>) -> Lifecycle {
            Lifecycle::Alive
        }

        fn step(&mut self, _: &mut World<Self>) {}
    }

    game!(Clash);

    #[test]
    #[should_panic(
        expected = "Clash: the avatar of player 1 has the id 1, but an entity with this id already exists: Some(77)"
    )]
    fn an_avatar_with_the_id_of_another_entity_is_reported() {
        let mut clash = Hosted::<Clash>::new(&(), 30, 0);
        clash.step(&[Command::Join(ADA)]);
        clash.step(&[Command::Join(BOB)]);
    }
}

/// Variants of one game, for the fingerprint.
mod fingerprint {
    use tickcast_game::{Events, Setup, Standings};

    use super::*;

    /// A game whose entities count by `$step`. When a count is `$reset`, the rules reset it.
    macro_rules! counter {
        ($name:ident, $controls:ty, $event:ty, $step:expr, $reset:expr $(, $samples:item)*) => {
            #[derive(Debug, Serialize, Deserialize)]
            struct $name;

            impl Game for $name {
                type Controls = $controls;
                type Entity = Option<u32>;

                const NAME: &'static str = "counter";

                fn new(world: &mut World<Self>, _: u64) -> Self {
                    world.spawn(None);
                    Self
                }

                fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<Option<u32>> {
                    Some(Some(0))
                }

                fn coast(count: &mut Option<u32>, _: &mut CoastContext<'_, Self>) -> Lifecycle {
                    if let Some(count) = count {
                        *count = count.wrapping_add($step);
                    }
                    Lifecycle::Alive
                }

                fn step(&mut self, world: &mut World<Self>) {
                    for (_, count) in world.entities.iter_mut() {
                        if *count == Some($reset) {
                            *count = Some(0);
                        }
                    }
                }

                $($samples)*
            }

            impl Events for $name {
                type Event = $event;
            }

            impl Standings for $name {
                type Standing = u8;
            }

            game!($name: Events, Standings);
        };
    }

    counter!(Original, u8, Option<u8>, 1, 7);
    counter!(Copied, u8, Option<u8>, 1, 7);
    counter!(OtherKernel, u8, Option<u8>, 2, 7);
    counter!(OtherControls, u16, Option<u8>, 1, 7);
    counter!(OtherEvent, u8, Option<u16>, 1, 7);
    counter!(
        Listed,
        u8,
        u8,
        1,
        7,
        fn sample_entities(_: &Setup<()>) -> Vec<(EntityId, Option<u32>)> {
            listed()
        }
    );
    counter!(
        OtherRules,
        u8,
        u8,
        1,
        9,
        fn sample_entities(_: &Setup<()>) -> Vec<(EntityId, Option<u32>)> {
            listed()
        }
    );

    fn listed() -> Vec<(EntityId, Option<u32>)> {
        vec![(EntityId(0), Some(5)), (EntityId(1), None)]
    }

    fn of<G: tickcast_game::Hostable>() -> [u8; 4] {
        codec::fingerprint::<Protocol<G>>()
    }

    #[test]
    fn the_fingerprint_depends_on_the_kernel_and_on_the_encoding_of_every_type() {
        assert_eq!(of::<Original>(), of::<Copied>());
        let others = [of::<OtherKernel>(), of::<OtherControls>(), of::<OtherEvent>()];
        assert!(others.iter().all(|other| *other != of::<Original>()), "{others:?}");
    }

    #[test]
    fn the_fingerprint_of_a_game_that_lists_sample_entities_does_not_depend_on_the_rules() {
        assert_eq!(of::<Listed>(), of::<OtherRules>());
    }

    #[test]
    fn samples_contain_every_variant() {
        let samples = Protocol::<Original>::samples();
        let is_spawned = |(id, entity): &&(EntityId, Option<u32>)| id.0 >= 8192 && entity.is_none();
        assert_eq!(samples.entities.iter().filter(is_spawned).count(), 2, "the first of its variant, and at the end");
        assert!(samples.entities.iter().any(|(id, entity)| *id == EntityId(3) && entity.is_some()));
        assert!(samples.events.contains(&None) && samples.events.iter().any(Option::is_some));
        assert!(samples.controls.len() > 8 && samples.controls.contains(&0));
    }
}

/// A game whose clients know only a part of the options.
mod public_setup {
    use tickcast_game::protocol::Position;
    use tickcast_game::{Configure, Events, PublicSetup, Setup, Space, Standings};

    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Race;

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct RaceOptions {
        length: u16,
        seed_of_obstacles: u64,
    }

    impl Game for Race {
        type Controls = bool;
        type Entity = u16;

        fn new(_: &mut World<Self>, _: u64) -> Self {
            Self
        }

        fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<u16> {
            Some(0)
        }

        fn coast(place: &mut u16, context: &mut CoastContext<'_, Self>) -> Lifecycle {
            *place = (*place + 1).min(*context.setup);
            Lifecycle::Alive
        }

        fn step(&mut self, _: &mut World<Self>) {}
    }

    impl Configure for Race {
        type Options = RaceOptions;
    }

    impl PublicSetup for Race {
        /// The length of the course.
        type PublicSetup = u16;

        fn public_setup(setup: &Setup<RaceOptions>) -> u16 {
            setup.options.length
        }

        fn sample_public_setup() -> u16 {
            7
        }
    }

    impl Events for Race {
        type Event = u8;

        fn sample_events() -> Vec<u8> {
            vec![9]
        }
    }

    impl Standings for Race {
        type Standing = u32;

        fn sample_standing() -> u32 {
            300
        }
    }

    impl Space for Race {
        fn extent(length: &u16) -> Position {
            Position::at_units((*length).into(), 1)
        }

        fn position(place: &u16) -> Position {
            Position::at_units((*place).into(), 0)
        }
    }

    impl Patches for Race {
        type Patch = u8;

        fn patch_between(_: &u16, _: &u16) -> Option<u8> {
            None
        }

        fn patch(_: &mut u16, _: &u8) {}

        fn sample_patches() -> Vec<u8> {
            vec![5]
        }
    }

    game!(Race: Configure, PublicSetup, Events, Standings, Space, Patches);

    fn race() -> Hosted<Race> {
        let mut race = Hosted::new(&RaceOptions { length: 2, seed_of_obstacles: 3 }, 30, 0);
        race.step(&[Command::Join(ADA), Command::Join(BOB)]);
        race
    }

    #[test]
    fn the_kernel_and_clients_receive_the_public_setup() {
        let mut race = race();
        assert_eq!(race.rules(), &2);
        assert_eq!(Protocol::<Race>::extent(race.rules()), Position::at_units(2, 1));
        (0..5).for_each(|_| drop(race.step(&[])));
        assert_eq!((race.world().avatar(ADA), race.world().public_setup()), (Some(&2), &2));
        assert_eq!(race.focus(BOB), Position::at_units(2, 0));
        let copy: Hosted<Race> = codec::decode(&codec::encode(&race)).expect("the checkpoint is valid");
        assert_eq!(copy.rules(), &2);
    }

    #[test]
    fn the_fingerprint_is_computed_from_the_samples_of_the_game() {
        let samples = Protocol::<Race>::samples();
        assert_eq!((samples.rules, samples.standing), (7, 300));
        assert_eq!((samples.events, samples.patches), (vec![9], vec![5]));
    }

    #[test]
    fn a_test_can_change_the_world() {
        let mut race = race();
        race.world_mut().entities.clear();
        assert!(race.entities().is_empty());
    }
}
