//! Timing of a whole server, in virtual time: timeouts, ticks, batches and backpressure at exact times.
//!
//! The server is the production one on in-memory pipes (`tests/memory_server`). A test takes as long as its computations, and has
//! the same result every time.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

mod client;
mod fanout;
mod inputs;
mod overload;
mod resuming;
mod shutdown;
mod slow_readers;
mod ticks;
mod timeouts;

#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "../memory_server/server.rs"]
mod memory_server;
