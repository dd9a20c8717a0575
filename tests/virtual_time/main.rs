//! Timing of a whole server in virtual time: timeouts, ticks, batches and backpressure.
//!
//! The tests run the production server on in-memory pipes (`tests/memory_server`). Waiting takes no real time, and every
//! run of a test has the same result.
#![allow(unreachable_pub, reason = "no other crate imports the modules of a test binary")]

mod client;
mod client_limits;
mod crashes;
mod durability;
mod fanout;
mod http_fallback;
mod incidents;
mod inputs;
mod join_storms;
mod overload;
mod pace;
mod pauses;
mod pipelining;
mod profiles;
mod replays;
mod resuming;
mod room_events;
mod shutdown;
mod slow_readers;
mod spectator_delay;
mod tickets;
mod ticks;
mod timeouts;
mod tls;

#[allow(dead_code, reason = "each test binary uses only a part of this module")]
#[path = "../memory_server/server.rs"]
mod memory_server;

#[allow(dead_code, reason = "each test binary uses a part of it")]
#[path = "../certificate/test_certificate.rs"]
mod test_certificate;
