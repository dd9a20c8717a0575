//! Whole rooms without a server.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

mod departures;
mod siege;
