//! Standard process metrics: <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Reads the values on each scrape. Values that the system does not report are left out.
#[derive(Debug)]
pub(super) struct ProcessCollector {
    /// Approximate start of the process as Unix time in seconds.
    start_s: f64,
}

impl ProcessCollector {
    pub(super) fn new() -> Self {
        Self { start_s: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() }
    }
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let cpu_time = ConstCounter::new(tickcast_platform::process_cpu_time().as_secs_f64());
        encode(&mut encoder, "process_cpu_seconds", "User and system CPU time", &cpu_time)?;
        let start = ConstGauge::new(self.start_s);
        encode(&mut encoder, "process_start_time_seconds", "Start of the process as Unix time", &start)?;
        if let Some(bytes) = tickcast_platform::resident_bytes() {
            encode(&mut encoder, "process_resident_memory_bytes", "Resident memory", &ConstGauge::new(bytes))?;
        }
        if let Some(files) = tickcast_platform::open_files() {
            encode(&mut encoder, "process_open_fds", "Open files and sockets", &ConstGauge::new(files as u64))?;
        }
        if let Some(files) = tickcast_platform::open_files_max() {
            encode(&mut encoder, "process_max_fds", "Limit on open files and sockets", &ConstGauge::new(files))?;
        }
        Ok(())
    }
}

fn encode(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> Result<(), fmt::Error> {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}
