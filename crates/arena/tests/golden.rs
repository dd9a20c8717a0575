//! Golden test vectors, shared with the JavaScript client: both implementations must agree on bytes, motion and replicas.
//!
//! Each test generates a vector file and compares it with the committed one in `protocol/testdata/`. After an intended
//! change, `TICKCAST_BLESS=1 cargo test -p tickcast-arena --test golden` rewrites the files. Then review their diff.

mod golden {
    pub(crate) mod datagrams;
    pub(crate) mod file;
    pub(crate) mod json;
    pub(crate) mod lcg;
    pub(crate) mod messages;
    pub(crate) mod motion;
    pub(crate) mod replica;
    pub(crate) mod single_rules;
    pub(crate) mod stamping;
    pub(crate) mod stream;
}

use golden::{datagrams, file, messages, motion, replica, stamping};

#[test]
fn messages_match_the_committed_vectors() {
    file::check("messages.json", &messages::vectors());
}

#[test]
fn motion_matches_the_committed_vectors() {
    file::check("motion.json", &motion::vectors());
}

#[test]
fn replicas_match_the_committed_vectors() {
    file::check("replica.json", &replica::vectors());
}

#[test]
fn stamping_and_prediction_match_the_committed_vectors() {
    file::check("stamping.json", &stamping::vectors());
}

#[test]
fn datagrams_match_the_committed_vectors() {
    file::check("datagrams.json", &datagrams::vectors());
}
