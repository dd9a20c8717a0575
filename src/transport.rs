//! Connections: from the listener through HTTP/1 to WebSocket frames. Timeouts take effect even if the client accepts no data.
//!
//! A session's actor runs inside a response body, which is polled only while its client accepts data. If the client stops
//! reading, neither the actor nor a timer of the HTTP layer can close the connection. Each connection therefore has a
//! [`ConnectionTimer`], which the [`TimerService`] of its HTTP worker checks in a task of its own.
//!
//! ```text
//! listener ─▶ service: admit? ─▶ TLS, if configured ─▶ HTTP/1 ─▶ app
//!                                                         │ upgrade
//!                                                         ▼
//!                                                      upgrade ─▶ app ─▶ 101, whose body is a session's actor
//! ```
//!
//! Depends on [`crate::admission`] and the metrics in [`crate::telemetry`], but not on actors, rooms or games.

mod byte_stream;
mod carrier;
mod connection;
mod outbox;
mod service;
mod stream;
mod timer;
mod upgrade;
pub mod websocket;

#[cfg(any(test, feature = "internals"))]
pub use byte_stream::HEAD_BYTES_MAX;
#[cfg(feature = "datagrams")]
pub use carrier::datagrams;
pub use carrier::{Carrier, Consumer, Downlink, HttpCarrier, OutgoingSnapshot, StalePoll};
pub use connection::Connection;
pub use outbox::Pushed;
#[cfg(any(test, feature = "internals"))]
pub use outbox::{BYTES_MAX as OUTBOX_BYTES_MAX, FRAMES_MAX as OUTBOX_FRAMES_MAX};
#[cfg(any(test, feature = "internals"))]
pub use service::memory_service;
pub use service::{Acceptor, service};
pub use stream::Stream;
#[cfg(all(feature = "tls", any(test, feature = "internals")))]
pub use stream::TLS_UNSENT_BYTES_MAX;
#[cfg(feature = "tls")]
pub use stream::TlsAcceptor;
pub use timer::{ConnectionTimer, Timeouts};
