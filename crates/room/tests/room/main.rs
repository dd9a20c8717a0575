//! Whole rooms without a server.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

mod departures;
mod memory;
mod siege;
mod spectator_delay;
