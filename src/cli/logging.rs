//! The log of the program: limits how often a line is written, and writes on a thread of its own.
//!
//! Remote clients can cause log lines, also in dependencies (actix-http logs an error for each malformed request). The number of
//! lines per kind and minute is therefore limited. No thread that ticks or serves waits for the log: if the writer is too slow,
//! lines are dropped and counted.

mod line_limit;
mod line_queue;

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;

use env_logger::{Builder, Env, Logger, Target};
use log::{Level, Log, Metadata, Record};

use line_limit::{LineLimit, Verdict};
use line_queue::LineQueue;

pub(super) use line_queue::LogWriter;

/// Filter if `RUST_LOG` is not set. actix-server logs the start of each of its threads.
const DEFAULT_FILTER: &str = "info,actix_server=warn";

/// Installs the logger of the process. The log is flushed when the returned value is dropped, including during a panic.
pub(super) fn init() -> LogWriter {
    let (queue, writer) = LineQueue::start(std::io::stderr());
    let inner = Builder::from_env(Env::default().default_filter_or(DEFAULT_FILTER))
        .target(Target::Pipe(Box::new(queue)))
        .write_style(write_style())
        .build();
    let level = inner.filter();
    let logger = LimitedLogger { inner, limit: Mutex::default() };
    if log::set_boxed_logger(Box::new(logger)).is_ok() {
        log::set_max_level(level);
    }
    writer
}

/// Enables colours only if standard error is a terminal. env_logger itself checks this only if it writes to standard error
/// directly.
fn write_style() -> env_logger::WriteStyle {
    use std::io::IsTerminal;
    if std::io::stderr().is_terminal() { env_logger::WriteStyle::Always } else { env_logger::WriteStyle::Never }
}

/// Limits how often each statement writes a line. Debugging output, which the operator requests, is not limited.
struct LimitedLogger {
    inner: Logger,
    limit: Mutex<LineLimit>,
}

impl Log for LimitedLogger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.inner.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.inner.matches(record) {
            return;
        }
        if record.level() > Level::Info {
            return self.inner.log(record);
        }
        let verdict = {
            let mut limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
            limit.check(record.target(), record.line().unwrap_or_default(), Instant::now())
        };
        match verdict {
            Verdict::Write { suppressed: 0 } => self.inner.log(record),
            Verdict::Write { suppressed } => {
                let text = format_args!("{} ({suppressed} more suppressed)", record.args()).to_string();
                let mut builder = Record::builder();
                builder.metadata(record.metadata().clone()).module_path(record.module_path());
                self.inner.log(&builder.file(record.file()).line(record.line()).args(format_args!("{text}")).build());
            }
            Verdict::Suppress => {}
        }
    }

    fn flush(&self) {
        self.inner.flush();
    }
}
