//! Nim obeys the laws of games. The test kit finds the panics that Nim contains deliberately.

use tickcast::testing::{Examination, Law, Random};

use crate::nim::{Table, Take};

/// Valid and invalid moves, but no controls that inject a fault.
fn moves(random: &mut Random) -> Take {
    Take(random.below(8) as u8)
}

#[test]
fn nim_obeys_all_laws_except_for_its_deliberate_panics() {
    let examination = Examination::<Table>::new().controls(moves);
    for law in Law::ALL.into_iter().filter(|law| *law != Law::Codec) {
        examination.assert(law);
    }
}

#[test]
fn arbitrary_controls_find_a_deliberate_panic() {
    let failure = Examination::<Table>::new().check(Law::Panics).expect_err("some controls cause a panic");
    assert!(failure.what.contains("a deliberate panic in"), "{failure}");
}

#[test]
fn arbitrary_values_find_a_deliberate_panic_in_the_codec() {
    let failure = Examination::<Table>::new().seeds(40).check(Law::Codec).expect_err("some values cause a panic");
    assert!(failure.what.contains("a deliberate panic in"), "{failure}");
}
