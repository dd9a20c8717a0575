//! Each law detects games that violate it. The games are variants of one small game, each with one deliberate mistake.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

mod disc;
mod hands;

use disc::{Discs, Fault};
use hands::{Hands, leak};
use tickcast_game::Hosted;
use tickcast_testing::{Examination, Failure, Law, VirtualRoom};

fn examine<const FAULT: u8>(law: Law) -> Option<Failure> {
    Examination::<Discs<FAULT>>::new().check(law).err()
}

/// Checks that the law detects the mistake, and that it names an entity if `has_entity` is true.
#[track_caller]
fn check<const FAULT: u8>(law: Law, what: &str, has_entity: bool) {
    let failure = examine::<FAULT>(law).expect("the law detects the mistake");
    assert!(failure.what.contains(what), "{failure}");
    assert_eq!(failure.entity.is_some(), has_entity, "{failure}");
}

#[test]
fn the_game_without_a_mistake_obeys_all_laws() {
    for law in Law::ALL {
        assert_eq!(examine::<{ Fault::NONE }>(law), None);
    }
}

#[test]
fn a_world_that_depends_on_something_else_than_its_seed_is_detected() {
    check::<{ Fault::GLOBAL_STATE }>(Law::Determinism, "two worlds with equal seeds and commands differ", true);
}

#[test]
fn ai_controls_that_depend_on_something_else_than_the_world_are_detected() {
    check::<{ Fault::GLOBAL_STATE_IN_AI }>(Law::Determinism, "ai_controls gives different controls", false);
}

#[test]
fn a_hash_that_does_not_cover_the_entire_state_is_detected() {
    check::<{ Fault::PARTIAL_HASH }>(Law::Determinism, "`hash` does not cover the entire state", false);
}

#[test]
fn state_that_is_not_encoded_is_detected() {
    check::<{ Fault::SKIPPED_STATE }>(Law::Recovery, "a world and its encoded and decoded copy differ", true);
    check::<{ Fault::SKIPPED_STATE }>(
        Law::Rooms,
        "the room that is recovered from its checkpoint and its journal differs",
        false,
    );
}

#[test]
fn an_entity_that_changes_when_it_is_encoded_is_detected() {
    check::<{ Fault::LOSSY_ENCODING }>(Law::Codec, "when it is encoded and decoded", false);
}

#[test]
fn a_panic_while_damaged_bytes_are_decoded_is_detected() {
    check::<{ Fault::PANIC_IN_DECODE }>(Law::Codec, "the game panicked: a disc has a hull of at most 100", false);
}

#[test]
fn a_patch_that_loses_information_is_detected() {
    check::<{ Fault::LOSSY_PATCH }>(Law::Patches, "without an exact patch, return `None`", true);
    check::<{ Fault::LOSSY_PATCH }>(Law::Replication, "the replica and the world differ", true);
    check::<{ Fault::LOSSY_PATCH }>(Law::Rooms, "the replica and the world differ", true);
}

#[test]
fn a_digest_that_does_not_cover_the_entire_entity_is_detected() {
    check::<{ Fault::PARTIAL_DIGEST }>(Law::Digest, "have the same digest", true);
}

#[test]
fn a_shared_avatar_id_is_detected() {
    check::<{ Fault::SHARED_AVATARS }>(Law::Ids, "have the same avatar id", true);
}

#[test]
fn an_avatar_that_remains_without_its_player_is_detected() {
    check::<{ Fault::REMAINING_AVATAR }>(Law::Ids, "who is not in the world", true);
}

#[test]
fn spawned_entities_with_wrong_ids_or_parents_are_detected() {
    check::<{ Fault::ONE_SPARK_ID }>(Law::Ids, "has the id of another one spawned in this tick", true);
    check::<{ Fault::LONG_LIVED_SPARKS }>(Law::Ids, "replaces an existing entity", true);
    check::<{ Fault::WRONG_PARENT }>(Law::Ids, "names a parent that does not exist", true);
}

#[test]
fn a_kernel_that_depends_on_something_else_than_the_entity_is_detected() {
    check::<{ Fault::IMPURE_KERNEL }>(Law::Replication, "the replica and the world differ", true);
}

#[test]
fn interactions_that_depend_on_something_else_than_the_entities_are_detected() {
    check::<{ Fault::IMPURE_INTERACTION }>(Law::Replication, "the replica and the world differ", true);
    check::<{ Fault::IMPURE_INTERACTION }>(Law::Rooms, "the replica and the world differ", true);
}

#[test]
fn interactions_in_a_world_larger_than_a_view_are_detected() {
    check::<{ Fault::INTERACTION_BEYOND_THE_VIEW }>(
        Law::Replication,
        "the game panicked: discs: the world of a game",
        false,
    );
}

#[test]
fn a_kernel_that_panics_without_the_rules_is_detected() {
    check::<{ Fault::KERNEL_THAT_NEEDS_THE_RULES }>(Law::Panics, "the rules repair a disc in every tick", false);
}

#[test]
fn a_panic_with_arbitrary_controls_is_detected() {
    check::<{ Fault::PANIC_IN_STEP }>(Law::Panics, "the game panicked: a disc is pushed by at most one", false);
}

#[test]
fn a_standing_that_changes_without_a_report_is_detected() {
    check::<{ Fault::SILENT_STANDING }>(Law::Rooms, "report every change in `Outcome::standings`", false);
}

/// What the law `secrets` reports about the game of hidden cards with this mistake.
fn examine_secrets(leak: u8) -> String {
    let examined = Examination::<Hosted<Hands>>::new().options(leak).check(Law::Secrets);
    examined.err().map_or_else(String::new, |failure| failure.what)
}

#[test]
fn hidden_cards_that_only_their_holder_receives_until_they_are_shown_are_secret() {
    for law in Law::ALL {
        assert_eq!(Examination::<Hosted<Hands>>::new().options(leak::NONE).check(law), Ok(()));
    }
}

#[test]
fn secrets_that_reach_another_client_are_detected() {
    let leaks = [
        (leak::CARD_IN_ENTITY, "a spectator receives"),
        (leak::CARD_OF_NEIGHBOUR, "Does this secret depend on those of other players?"),
        (leak::CARD_IN_REFUSAL, "PlayerId"),
        (leak::CARD_IN_PRIVATE_EVENT, "PlayerId"),
    ];
    for (leak, expected) in leaks {
        let text = examine_secrets(leak);
        assert!(text.contains(expected), "{leak}: {text}");
    }
}

#[test]
fn secrets_that_are_not_reshuffled_are_reported() {
    assert!(examine_secrets(leak::NOTHING_RESHUFFLED).contains("never differ after `reshuffle`"));
}

#[test]
#[should_panic(expected = "the replica and the world differ")]
fn a_scenario_detects_a_replica_that_differs() {
    let mut room = VirtualRoom::<Discs<{ Fault::LOSSY_PATCH }>>::new(&(), 1);
    let ada = room.join("Ada");
    room.hold(ada, -1);
    room.run(100);
}

#[test]
fn a_failure_names_the_run_and_how_to_repeat_it() {
    let examination = Examination::<Discs<{ Fault::LOSSY_PATCH }>>::new();
    let failure = examination.check(Law::Patches).expect_err("the patch loses information");
    assert_eq!(examination.check_with_seed(Law::Patches, failure.seed), Err(failure.clone()), "the run can be repeated");
    let text = failure.to_string();
    let entity = failure.entity.expect("a patch is about an entity").0;
    let start = format!("patches is violated with seed {} in tick {}, entity {entity}: ", failure.seed, failure.tick);
    assert!(text.starts_with(&start), "{text}");
    assert!(text.ends_with(&format!("repeat this run: TICKCAST_SEED={} cargo test", failure.seed)), "{text}");
}

#[test]
#[should_panic(expected = "2 laws of discs are violated")]
fn an_examination_lists_all_violated_laws() {
    Examination::<Discs<{ Fault::PARTIAL_DIGEST_AND_HASH }>>::new().examine();
}

#[test]
fn the_golden_hash_changes_with_the_rules_and_with_nothing_else() {
    let hash = Examination::<Discs<{ Fault::NONE }>>::new().golden_hash();
    assert_eq!(hash, Examination::<Discs<{ Fault::PARTIAL_DIGEST }>>::new().golden_hash());
    assert_ne!(hash, Examination::<Discs<{ Fault::REMAINING_AVATAR }>>::new().golden_hash());
}
