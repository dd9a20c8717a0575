//! What lies between the listener and HTTP: connections that can be ended from outside, whatever they are stuck in.
//!
//! A response, and with it a session's actor, is polled only while its client takes what is written. So neither an actor nor a
//! timer of HTTP's own can be relied on to end a connection that does not move. Each connection hangs on a [`Lifeline`]
//! instead, and a [`Watch`] on every HTTP worker cuts those whose time is up.
//!
//! ```text
//! listener ─▶ service: let in? ─▶ HTTP/1 ─▶ app
//!                                   │ upgrade
//!                                   ▼
//!                                takeover ─▶ app ─▶ 101, whose body is a session's actor
//! ```

mod byte_stream;
mod connection;
mod lifeline;
mod outbox;
mod service;
mod takeover;
mod watch;

pub use connection::Connection;
pub use lifeline::{Deadlines, Lifeline};
pub use outbox::Pushed;
pub use service::service;
pub use watch::Watch;
