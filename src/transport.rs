//! Connections: from the listener through HTTP/1 to WebSocket frames, each with timeouts that cannot be blocked.
//!
//! A response body, and with it a session's actor, is polled only while its client accepts data. Neither an actor nor a
//! timer of the HTTP layer can therefore close a connection that is stuck. Each connection has a [`ConnectionTimer`] instead,
//! which a service on the HTTP worker checks independently of the connection's own task.
//!
//! ```text
//! listener ─▶ service: admit? ─▶ HTTP/1 ─▶ app
//!                                   │ upgrade
//!                                   ▼
//!                                upgrade ─▶ app ─▶ 101, whose body is a session's actor
//! ```
//!
//! Depends on [`crate::admission`], but not on actors, rooms or games.

mod byte_stream;
mod connection;
mod outbox;
mod service;
mod stream;
mod timer;
mod timer_service;
mod upgrade;
pub mod websocket;

pub use connection::Connection;
pub use outbox::Pushed;
#[cfg(any(test, feature = "internals"))]
pub use service::memory_service;
pub use service::{Acceptor, service};
pub use stream::Stream;
pub use timer::{ConnectionTimer, Timeouts};
pub use timer_service::TimerService;
