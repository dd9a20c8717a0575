//! Serves Sumo and its page:
//!
//! ```sh
//! cargo run -p sumo --features page -- --web-dir examples/sumo/web --ai-players 3
//! ```

use std::process::ExitCode;

use sumo_rules::Sumo;
use tickcast::Program;
use tickcast::prelude::*;

fn main() -> ExitCode {
    let program = Program::<Hosted<Sumo>>::new();
    #[cfg(feature = "page")]
    let program = program.client(tickcast::compiled_client!());
    program.run()
}
