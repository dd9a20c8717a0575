//! Whole rooms under load and faults, in virtual time: honest clients behind bad lines, and attackers among them.
//!
//! The tests run the production server on in-memory pipes (`tests/memory_server`). Simulated lines between the server and
//! its clients delay data, stall, and break. Oracles (independent specifications) observe the server from outside. They
//! replay the exact world of each tick from the room's journal, and check everything that clients receive. In every run,
//! they check that
//!
//! - the replica of each client equals the replayed world within the client's view,
//! - each view covers the requested area, and exceeds it by at most one cell on each side,
//! - the server keeps the seat of a lost connection for the grace period, and an invalid resume token never resumes a seat,
//! - a player who has left the room is removed from the world, but not during the first 3 s after damage to the player's
//!   ship,
//! - each input is applied in the tick for which it is due,
//! - controls are released if a session ends and its player stays in the world, and in no other case,
//! - a full snapshot is sent only after a join, a resync request or a gap,
//! - the accounts of clients that share an address count each connection, seat, room and event stream until it is released,
//!   the server refuses every request that exceeds a limit and no other request, and every account is empty at the end of
//!   the run,
//! - a client whose connection has not been disturbed for some seconds is up to date.
//!
//! [`choices`] makes all random decisions, so a seed reproduces a whole run. `seeds` runs many seeds. `memory` measures the
//! memory of servers in long runs. In the fuzz target `room`, the fuzzer makes the decisions.
#![allow(unreachable_pub, reason = "no other crate imports the modules of a test binary")]

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
mod visitors;

#[allow(dead_code, reason = "each test binary uses only a part of this module")]
#[path = "../memory_server/server.rs"]
pub(crate) mod memory_server;
