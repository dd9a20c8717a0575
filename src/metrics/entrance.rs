//! Who has come, and who was turned away: counted where that happens, and told from there.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::admission::Gate;

/// Looks at the gate whenever it is asked.
#[derive(Debug)]
pub(super) struct Entrance(pub(super) Arc<Gate>);

impl Collector for Entrance {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let connections = ConstGauge::new(self.0.connections() as u64);
        let help = "TCP connections that are open, for whatever purpose";
        connections.encode(encoder.encode_descriptor("tickcast_connections", help, None, MetricType::Gauge)?)?;
        let help = "Connections and requests turned away before there was a session";
        let mut family = encoder.encode_descriptor("tickcast_refusals", help, None, MetricType::Counter)?;
        for (refusal, count) in self.0.refusals().counts() {
            ConstCounter::new(count).encode(family.encode_family(&[("reason", refusal.label())])?)?;
        }
        Ok(())
    }
}
