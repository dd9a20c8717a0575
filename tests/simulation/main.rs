//! Whole rooms under load and faults, in virtual time: honest clients behind bad lines, and attackers among them.
//!
//! The tests run the production server on in-memory pipes (`tests/memory_server`). Simulated lines between the server and its
//! clients delay data, stall, and lose connections. Oracles (independent specifications) observe the server from outside. They
//! replay the exact world of each tick from the room's journal, and check everything that clients receive. In every run,
//!
//! - the replica of each client equals the replayed world within the client's view,
//! - each view covers the requested area and little more,
//! - no player loses a seat while it must be kept, and worthless resume tokens never resume a seat,
//! - each player's controls are those of the input that was due,
//! - controls are released exactly when a connection is lost,
//! - full snapshots are sent only with a reason,
//! - a client without disturbances is up to date.
//!
//! [`choices`] makes all random decisions, so a seed reproduces a whole run. `seeds` runs many seeds. `memory` measures the
//! memory of servers in long runs. In the fuzz target `room`, the fuzzer makes the decisions.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

mod attacker;
pub(crate) mod choices;
mod client;
mod host;
mod line;
#[cfg(test)]
mod memory;
mod oracles;
pub(crate) mod scenario;
#[cfg(test)]
mod seeds;

#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "../memory_server/server.rs"]
pub(crate) mod memory_server;
