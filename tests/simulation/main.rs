//! Whole rooms under load and faults, in virtual time: honest clients behind bad lines, and attackers among them.
//!
//! The server is the production one on in-memory pipes (`tests/memory_server`). Lines between it and its clients delay, stall and
//! lose connections. The oracles observe the server from outside: the journal of the room, from which the exact world of each
//! tick is replayed, and everything that clients receive. Whatever happens,
//!
//! - the replica of each client equals the replayed world within the client's view, and the view is what was requested,
//! - no player loses a seat that is theirs, and no attacker gets one with a worthless token,
//! - the controls of each player are those of the input that was due, and are released exactly when the connection is lost,
//! - full snapshots are sent only with a reason, and a client without disturbances is up to date.
//!
//! Everything is decided by [`choices`], so a seed reproduces a whole run: `seeds` runs many seeds, `memory` measures some, and
//! the fuzz target `room` lets the fuzzer decide.
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
