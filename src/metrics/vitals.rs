//! What every process is expected to tell: <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::limits;
use crate::process::Process;

/// Looks at this process whenever it is asked. What the system does not tell is left out.
#[derive(Debug)]
pub(super) struct Vitals {
    process: Process,
    /// When it started, near enough, in seconds since 1970.
    start_s: f64,
}

impl Vitals {
    pub(super) fn this_process() -> Self {
        let start_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        Self { process: Process::this(), start_s }
    }
}

impl Collector for Vitals {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut tell = |name: &str, help: &str, metric: &dyn Told| metric.tell(&mut encoder, name, help);
        let cpu_s = limits::cpu_time().as_secs_f64();
        tell(
            "process_cpu_seconds",
            "Processor time, the process's own and the kernel's for it",
            &ConstCounter::new(cpu_s),
        )?;
        tell("process_start_time_seconds", "When it started, since 1970", &ConstGauge::new(self.start_s))?;
        if let Ok(bytes) = self.process.resident_bytes() {
            tell("process_resident_memory_bytes", "Memory in use", &ConstGauge::new(bytes))?;
        }
        if let Ok(files) = self.process.open_files() {
            tell("process_open_fds", "Open files and sockets", &ConstGauge::new(files as u64))?;
        }
        if let Some(files) = limits::open_files_max() {
            tell("process_max_fds", "How many may be open", &ConstGauge::new(files))?;
        }
        Ok(())
    }
}

/// A number that is true for now.
trait Told {
    fn tell(&self, encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str) -> Result<(), fmt::Error>;
}

impl<M: EncodeMetric> Told for M {
    fn tell(&self, encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str) -> Result<(), fmt::Error> {
        self.encode(encoder.encode_descriptor(name, help, None, self.metric_type())?)
    }
}
