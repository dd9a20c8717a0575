//! Datagrams: snapshots and inputs over a path that loses packets, without waiting for retransmissions.
//!
//! Client and server have two channels: *datagrams*, which may be lost, duplicated and reordered, and a reliable *stream*.
//! Snapshots and inputs are small. Instead of retransmitting those that are lost, each side repeats in every datagram all
//! messages that the other side has not acknowledged. So a lost datagram delays a message only until the next datagram.
//!
//! Both sides send [`Bundle`]es. The messages of a bundle have consecutive numbers. Snapshots are numbered by their ticks,
//! client messages are counted. A receiver accepts a message only if it has the message before it, so *each message is
//! delivered exactly once and in order, and never after a hole*. [`ServerLink`] and [`ClientLink`] therefore deliver the
//! same sequence of messages as a WebSocket would.
//!
//! Three things go over the stream:
//!
//! - All other messages. A full snapshot does not depend on earlier messages. It begins a new *epoch*: bundles of earlier
//!   epochs are outdated.
//! - *Spilled* messages: if the unacknowledged messages do not fit into one datagram together, the oldest of them move to
//!   the stream, as a bundle. From then on, datagrams do not contain them.
//! - A delta snapshot that is larger than a datagram, which is spilled at once. All unacknowledged snapshots before it are
//!   spilled with it.
//!
//! Messages are thus spilled in the order of their numbers. Whatever is not on the stream is in every datagram, until it is
//! acknowledged.
//!
//! These types perform no I/O and read no clock.

mod bundle;
mod client_link;
mod repeater;
mod sequencer;
mod server_link;

pub use bundle::{BUNDLE_TAG, Bundle, BundleHeader, InvalidBundle};
pub use client_link::ClientLink;
pub use server_link::ServerLink;

/// Maximum size of a datagram in bytes. QUIC paths carry at least 1200 bytes per packet (RFC 9000, section 14), of which
/// QUIC and HTTP/3 use up to 60. Browsers accept at least 1024.
pub const DATAGRAM_BYTES_MAX: usize = 1_000;
