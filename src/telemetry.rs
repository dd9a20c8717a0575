//! Telemetry for operators: metrics for Prometheus, and whether the server should receive more players.
//!
//! Values that change for every client and tick are summed where they arise and added here once per tick and worker. Depends on
//! [`crate::admission`] for its counters, but not on actors or HTTP types.

mod health;
mod load;
mod metrics;

pub use health::{Health, Readiness};
pub use load::Load;
pub use metrics::{METRICS_CONTENT_TYPE, Metrics};
