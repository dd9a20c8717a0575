//! The log of the program.
//!
//! Remote clients can cause log lines, also in dependencies (actix-http logs an error for each malformed request). The number of
//! lines that each log statement may write per minute is therefore limited.
//!
//! A separate thread writes the lines. If this thread is too slow, lines are dropped and counted. Threads that run rooms or
//! serve clients never wait for the writing thread, except for at most 50 ms after a panic.

mod line_limit;
mod line_queue;
mod log_format;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use env_logger::{Builder, Env, Logger, Target};
use log::{Level, Log, Metadata, Record};

use line_limit::LineLimit;
use line_queue::LineQueue;

pub(super) use line_queue::LogWriter;
pub(super) use log_format::LogFormat;

/// The filter if `RUST_LOG` is not set. It hides the messages that actix-server logs when each of its threads starts.
const DEFAULT_FILTER: &str = "info,actix_server=warn";
/// Maximum time for which a panicking thread waits until the panic is written. Without waiting, the message would be lost
/// if the process aborts after the panic.
const PANIC_FLUSH_TIMEOUT: Duration = Duration::from_millis(50);

/// Installs the logger of the process, and a panic hook that writes to the same queue. The log is flushed when the returned
/// value is dropped, including during a panic.
pub(super) fn init(format: LogFormat) -> LogWriter {
    let limit = SharedLimit::default();
    let summarize = {
        let limit = limit.clone();
        move || limit.take_summary()
    };
    let (queue, writer) = LineQueue::start(std::io::stderr(), format, summarize);
    write_panics_to(queue.clone(), format, limit.clone());
    let mut builder = Builder::from_env(Env::default().default_filter_or(DEFAULT_FILTER));
    format.configure(&mut builder);
    let inner = builder.target(Target::Pipe(Box::new(queue))).write_style(write_style()).build();
    let level = inner.filter();
    if log::set_boxed_logger(Box::new(LimitedLogger { inner, limit })).is_ok() {
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

/// Replaces the default panic hook, which would block a thread that serves clients until standard error accepts its output.
fn write_panics_to(queue: LineQueue, format: LogFormat, limit: SharedLimit) {
    panic::set_hook(Box::new(move |info| {
        if limit.admits("panic", 0) {
            queue.push(format.line(Level::Error, "panic", describe(info).trim_end()));
            queue.flush_within(PANIC_FLUSH_TIMEOUT);
        }
    }));
}

/// A panic as the default hook describes it.
fn describe(info: &PanicHookInfo<'_>) -> String {
    let thread = thread::current();
    let description = format!("thread '{}' {info}\n", thread.name().unwrap_or("<unnamed>"));
    let backtrace = Backtrace::capture();
    match backtrace.status() {
        BacktraceStatus::Captured => format!("{description}{backtrace}\n"),
        _ => description,
    }
}

/// The limit on lines, shared by the logger, the panic hook and the thread that writes summaries.
#[derive(Clone, Default)]
struct SharedLimit(Arc<Mutex<LineLimit>>);

impl SharedLimit {
    fn admits(&self, target: &str, line: u32) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).admits(target, line, Instant::now())
    }

    fn take_summary(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take_summary()
    }
}

/// Limits how often each statement writes a line. Lines of the levels debug and trace are not limited, because they are
/// written only if the operator enables these levels.
struct LimitedLogger {
    inner: Logger,
    limit: SharedLimit,
}

impl Log for LimitedLogger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.inner.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        let is_limited = record.level() <= Level::Info;
        if self.inner.matches(record)
            && (!is_limited || self.limit.admits(record.target(), record.line().unwrap_or_default()))
        {
            self.inner.log(record);
        }
    }

    fn flush(&self) {
        self.inner.flush();
    }
}
