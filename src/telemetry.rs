//! Telemetry for operators: metrics for Prometheus, and whether the server should receive more players.
//!
//! Values that change for every client in every tick are summed locally first, and added to the shared metrics in batches.
//! Depends on [`crate::admission`], whose counters it exports, but not on actors or HTTP types.

mod health;
mod load;
mod metrics;

pub use health::{Health, Readiness};
pub use load::Load;
pub use metrics::{METRICS_CONTENT_TYPE, Metrics};
