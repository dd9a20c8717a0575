//! Whole rooms without sockets and in virtual time: honest clients behind bad lines, vandals among them.
//!
//! Whatever happens, each client's replica is the server's world as far as its view goes, nobody loses a seat that is theirs,
//! and nobody is told what they must not see. Dice decide everything, so that a seed is a whole play: `seeds` plays many of
//! them, `memory` weighs some, and the fuzz target `room` has the fuzzer throw the dice.

mod client;
mod connection;
pub(crate) mod dice;
mod host;
mod inputs;
mod line;
#[cfg(test)]
mod memory;
pub(crate) mod play;
mod seats;
#[cfg(test)]
mod seeds;
mod truth;
mod vandal;
mod view;
