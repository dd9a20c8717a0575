//! Conformance server for authors of clients: plays a script of faults with one client, and reports which rules of
//! PROTOCOL.md the client has followed.
//!
//! The examiner is a state machine without a socket and without a clock. It hosts a real room (`tickcast-room`) with a
//! fixed seed, and alters what the room sends and receives: late inputs, omitted snapshots, a wrong checksum, a change of
//! an unknown entity, a lost connection, a Drain, and a final close code. The server around it consists of the sockets
//! and the clock. The crate depends on no part of the server crate.

pub mod command;
mod examiner;
mod host;
mod options;
mod report;
mod rules;
mod server;

pub use options::ConformanceOptions;
pub use report::{Outcome, Report, RuleReport};
pub use rules::{Rule, UnknownRule};
pub use server::{ConformanceError, ConformanceServer};
