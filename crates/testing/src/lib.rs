//! Test kit for games that are hosted by [tickcast](https://docs.rs/tickcast).
//!
//! A [`Simulation`](tickcast_game::Simulation) must obey [laws](Law): it is deterministic, its patches are exact, its entities
//! round-trip through the codec, and so on. If a game violates one of them, players see entities that jump, or a server that
//! cannot continue a room after a restart. The kit checks all laws of any game, with random players and arbitrary controls
//! that are derived from the types of the game. It depends on no async runtime and opens no sockets.
//!
//! # All laws
//!
//! One line in a file `tests/laws.rs` declares a test for each law. The argument is the [`Hosted`](tickcast_game::Hosted) form of a
//! game, or a simulation of the engine:
//!
//! ```no_run
//! # use tickcast_arena::World;
//! tickcast_testing::examine!(World);
//! ```
//!
//! A failure names the seed, the tick and the entity, and the command that repeats the run:
//!
//! ```text
//! patches is violated with seed 2 in tick 31, entity 4: the patch Hull(6) from … to … gives …
//!     repeat this run: TICKCAST_SEED=2 cargo test
//! ```
//!
//! With `TICKCAST_SEEDS=100 cargo test`, each law is checked with a hundred seeds. To compare debug and release builds, or two
//! machines, compare [`Examination::golden_hash`] with a constant in a test.
//!
//! To choose the options of the game, the number of players or their controls, pass an [`Examination`]:
//!
//! ```no_run
//! # use tickcast_arena::{Options, World};
//! # use tickcast_testing::Examination;
//! let duel = Options { world_size: 512, ..Options::default() };
//! Examination::<World>::new().options(duel).players(2).ticks(1_000).examine();
//! ```
//!
//! # Scenarios
//!
//! In a [`VirtualRoom`], scripted clients play a scenario in virtual time. The room and the clients run the code of the
//! production server and of real clients. In every tick, the replicas of all clients are compared with the world.
//!
//! ```
//! use tickcast_arena::{Controls, Entity, Options, World};
//! use tickcast_testing::{Line, VirtualRoom};
//!
//! let mut room = VirtualRoom::<World>::new(&Options::default(), 7);
//! let ada = room.join("Ada");
//! let bob = room.join_over("Bob", Line { delay_ticks: 4, jitter_ticks: 2 });
//! room.run(30);
//! room.hold(ada, Controls { thrust: true, ..Controls::default() });
//! room.disconnect(bob);
//! room.run(30);
//! room.connect(bob);
//! room.run(30);
//! assert!(room.client(bob).has_resumed());
//! let Some(Entity::Ship(ship)) = room.client(ada).avatar() else { panic!("Ada has no ship") };
//! assert!(ship.controls.thrust);
//! ```

//!
//! # WebAssembly
//!
//! With the feature `wasm`, `examine_client` compares the client of a game, compiled to WebAssembly, with the same client in native
//! code. The program of a game tests its client in this way:
//!
//! ```ignore
//! let [(_, module), ..] = tickcast::compiled_client!();
//! tickcast_testing::examine_client::<MyGame>(module);
//! ```

mod arbitrary;
mod comparison;
mod examination;
mod laws;
mod play;
mod trial;
mod virtual_room;
#[cfg(feature = "wasm")]
mod wasm;

pub use arbitrary::{Random, arbitrary};
pub use examination::{Examination, Failure};
pub use laws::{Cost, Follower, Law, Mismatch};
pub use virtual_room::{Client, ClientId, Line, VirtualRoom};
#[cfg(feature = "wasm")]
pub use wasm::examine_client;

/// Checks all laws of a game with the default [`Examination`], and prints how long a step takes.
///
/// # Panics
/// If the game violates a law. The message lists the first failure of each law.
pub fn examine<S: tickcast_game::Simulation>() {
    Examination::<S>::new().examine();
}

/// Declares a test for each law of a game, and a test `cost` that prints the cost of a step (visible with `--nocapture`).
///
/// The argument is the type that implements [`Simulation`](tickcast_game::Simulation), optionally followed by an expression
/// for the [`Examination`].
#[macro_export]
macro_rules! examine {
    ($world:ty) => {
        $crate::examine!($world, $crate::Examination::<$world>::new());
    };
    ($world:ty, $examination:expr) => {
        $crate::examine! { @tests $world, $examination,
            determinism Determinism,
            recovery Recovery,
            codec Codec,
            patches Patches,
            digest Digest,
            ids Ids,
            replication Replication,
            panics Panics,
            rooms Rooms,
            secrets Secrets,
        }

        #[test]
        fn cost() {
            let examination: $crate::Examination<$world> = $examination;
            println!("{}", examination.cost());
        }
    };
    (@tests $world:ty, $examination:expr, $($name:ident $law:ident,)+) => {$(
        #[test]
        fn $name() {
            let examination: $crate::Examination<$world> = $examination;
            examination.assert($crate::Law::$law);
        }
    )+};
}
