//! tickcast: an authoritative multiplayer game state server.
//!
//! `ARCHITECTURE.md` is the map. In short: [`simulation::Simulation`] is a game's rules, and the bundled one is
//! [`arena::World`]. [`server::start`] hosts any such game, and [`bots::run`] plays one from outside.

pub mod actors;
pub mod admission;
pub mod arena;
pub mod attack;
pub mod bots;
pub mod config;
pub mod health;
pub mod http;
pub mod journal;
pub mod limits;
pub mod metrics;
pub mod name;
pub mod process;
pub mod replication;
pub mod room;
pub mod server;
pub mod simulation;
pub mod tickets;
pub mod transport;
