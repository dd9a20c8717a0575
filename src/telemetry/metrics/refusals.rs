//! Metrics of admission control, read from its counters on each scrape.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use super::encode_reasons;
use crate::admission::{AdmissionControl, Refusal};

/// Reads the counters of admission control on each scrape.
#[derive(Debug)]
pub(super) struct AdmissionCollector(pub(super) Arc<AdmissionControl>);

impl Collector for AdmissionCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let connections = ConstGauge::new(self.0.connections() as u64);
        let help = "Open TCP connections";
        connections.encode(encoder.encode_descriptor("tickcast_connections", help, None, MetricType::Gauge)?)?;
        let accounts = ConstGauge::new(self.0.account_count() as u64);
        let help = "Addresses and prefixes of clients that are in use or were recently";
        accounts.encode(encoder.encode_descriptor("tickcast_accounts", help, None, MetricType::Gauge)?)?;
        let counts = || self.0.refusals().counts();
        let (name, help) = ("tickcast_requests_refused", "Connections and requests refused before a session");
        encode_reasons(&mut encoder, name, help, counts().map(|(refusal, count)| (refusal.label(), count)))?;
        let (name, help) = ("tickcast_refusals", "Deprecated, use tickcast_requests_refused_total");
        encode_reasons(
            &mut encoder,
            name,
            help,
            counts().filter_map(|(refusal, count)| Some((former_label(refusal)?, count))),
        )
    }
}

/// The label of a refusal in the deprecated metric `tickcast_refusals_total`; `None` if that metric does not count it.
const fn former_label(refusal: Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::ServerFull => Some("crowded"),
        Refusal::AddressFull => Some("address_crowded"),
        Refusal::JoinRate => Some("joins_too_often"),
        Refusal::OriginNotAllowed => Some("foreign_origin"),
        Refusal::SubprotocolMissing => Some("subprotocol"),
        Refusal::InvalidRoomName => Some("bad_room"),
        Refusal::ShuttingDown => Some("draining"),
        _ => None,
    }
}
