//! Serves Liar's Dice and its page:
//!
//! ```sh
//! cargo run -p dice --features page -- --web-dir examples/dice/web --ai-players 3
//! ```

use std::process::ExitCode;

use dice_rules::LiarsDice;
use tickcast::prelude::*;
use tickcast::{Brains, Program};

fn main() -> ExitCode {
    let program = Program::<Hosted<LiarsDice>>::new().bots(Brains::of_game());
    #[cfg(feature = "page")]
    let program = program.client(tickcast::compiled_client!());
    program.run()
}
