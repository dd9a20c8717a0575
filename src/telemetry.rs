//! Telemetry for operators: metrics for Prometheus, whether the server should receive more players, and events of rooms for
//! the operators' backend.
//!
//! Values that change for every client in every tick are first summed by each thread, and then added to the shared metrics
//! in batches. This module depends on [`crate::admission`], whose counters it exports, but not on actors or HTTP types.

mod health;
mod load;
mod metrics;
pub mod room_events;
#[cfg(feature = "webhooks")]
pub mod webhooks;

pub use health::{Health, Readiness};
pub use load::Load;
#[cfg(feature = "datagrams")]
pub use metrics::DatagramCounters;
pub use metrics::{METRICS_CONTENT_TYPE, Metrics, Transport};
pub use room_events::{PlayerResult, RoomEnd, RoomEvent, RoomEventSink};
#[cfg(feature = "webhooks")]
pub use webhooks::{WebhookOptions, WebhookUrlError, Webhooks};
