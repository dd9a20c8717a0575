//! Datagrams over lines that lose, duplicate, reorder and delay: messages arrive exactly once and in order, and replicas
//! equal the server's world.
//!
//! By default, the runs are short. For a million ticks of each:
//!
//! ```sh
//! TICKCAST_TICKS=1000000 cargo test --profile ci -p tickcast-testing --test datagrams
//! ```
#![allow(unreachable_pub, reason = "no other crate imports the modules of a test binary")]

mod line;
mod links;
mod replicas;

/// Number of ticks to simulate.
fn ticks(default: u32) -> u32 {
    std::env::var("TICKCAST_TICKS").map_or(default, |ticks| ticks.parse().expect("TICKCAST_TICKS is a number"))
}
