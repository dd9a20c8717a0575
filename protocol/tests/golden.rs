//! The golden vectors: what this crate and the JavaScript client must both say of the same bytes and the same world.
//!
//! Each test computes its file anew and compares it with the committed one in `testdata/`. After a change that is meant,
//! `TICKCAST_BLESS=1 cargo test -p tickcast-protocol --test golden` writes them; the difference belongs into the review.

mod golden {
    pub(crate) mod file;
    pub(crate) mod json;
    pub(crate) mod lcg;
    pub(crate) mod messages;
    pub(crate) mod motion;
    pub(crate) mod replica;
    pub(crate) mod stream;
}

use golden::{file, messages, motion, replica};

#[test]
fn messages_are_as_committed() {
    file::check("messages.json", &messages::vectors());
}

#[test]
fn motion_is_as_committed() {
    file::check("motion.json", &motion::vectors());
}

#[test]
fn replicas_are_as_committed() {
    file::check("replica.json", &replica::vectors());
}
