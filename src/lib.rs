//! tickcast: an authoritative multiplayer game state server.
//!
//! `ARCHITECTURE.md` is the map. In short: [`simulation::Simulation`] is a game's rules, and the bundled one is
//! [`arena::World`]. The rest of the crate hosts any such game.

pub mod bots;
pub mod simulation;
