//! A bounded queue of log lines, and the thread that writes them.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use log::Level;

use super::log_format::LogFormat;

/// Maximum number of queued lines: enough for a burst, and at most a few hundred KiB.
const LINES_MAX: usize = 1_024;
/// Interval between summaries of the suppressed lines.
const SUMMARY_INTERVAL: Duration = Duration::from_secs(60);
/// Maximum time for writing the queued lines at the end of the program. Without a limit, the program could not end while
/// its terminal is stopped, because such a terminal accepts no output.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

enum Item {
    Line(Vec<u8>),
    /// Requests a confirmation that all lines before it were written.
    Flush(SyncSender<()>),
}

/// The sending half of the queue. Writing to it never blocks.
#[derive(Clone)]
pub(super) struct LineQueue {
    items: SyncSender<Item>,
    dropped: Arc<AtomicU64>,
}

/// Flushes the log when it is dropped.
#[must_use = "dropping it flushes the log"]
pub(in crate::cli) struct LogWriter(LineQueue);

impl LineQueue {
    /// Starts the thread that writes the lines to `output`. Once per minute and with each flush, it also writes the line that
    /// `summarize` returns.
    pub(super) fn start(
        output: impl Write + Send + 'static,
        format: LogFormat,
        summarize: impl FnMut() -> Option<String> + Send + 'static,
    ) -> (Self, LogWriter) {
        let (items, queued) = sync_channel(LINES_MAX);
        let queue = Self { items, dropped: Arc::default() };
        let writer = Writer { output, format, summarize, dropped: Arc::clone(&queue.dropped) };
        // If the thread cannot be started, the log is lost, but the server can run.
        let _ = thread::Builder::new().name("log".to_owned()).spawn(move || writer.run(&queued));
        (queue.clone(), LogWriter(queue))
    }

    /// Queues lines, or drops and counts them if the queue is full.
    pub(super) fn push(&self, lines: Vec<u8>) {
        if self.items.try_send(Item::Line(lines)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits up to `timeout` until the lines queued so far are written.
    pub(super) fn flush_within(&self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        let (done, written) = sync_channel(1);
        let mut request = Item::Flush(done);
        // Retry while the queue is full: the thread may still make space, unless the output accepts nothing.
        while let Err(TrySendError::Full(returned)) = self.items.try_send(request) {
            if Instant::now() >= deadline {
                return;
            }
            request = returned;
            thread::sleep(Duration::from_millis(5));
        }
        // Fails if the time is over, or if the thread could not be started.
        let _ = written.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

/// Writes the queued lines. Errors are ignored: there is no other place to report them.
struct Writer<O, S> {
    output: O,
    format: LogFormat,
    summarize: S,
    dropped: Arc<AtomicU64>,
}

impl<O: Write, S: FnMut() -> Option<String>> Writer<O, S> {
    fn run(mut self, queued: &Receiver<Item>) {
        let mut summary_due = Instant::now() + SUMMARY_INTERVAL;
        loop {
            match queued.recv_timeout(summary_due.saturating_duration_since(Instant::now())) {
                Ok(Item::Line(line)) => _ = self.output.write_all(&line),
                Ok(Item::Flush(done)) => {
                    self.write_summary();
                    let _ = self.output.flush();
                    let _ = done.try_send(());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if Instant::now() >= summary_due {
                summary_due = Instant::now() + SUMMARY_INTERVAL;
                self.write_summary();
            }
            self.write_dropped();
        }
    }

    fn write_summary(&mut self) {
        if let Some(summary) = (self.summarize)() {
            self.write_warning(&summary);
        }
    }

    fn write_dropped(&mut self) {
        let count = self.dropped.swap(0, Ordering::Relaxed);
        if count > 0 {
            self.write_warning(&format!("{count} log lines dropped, because they could not be written fast enough"));
        }
    }

    fn write_warning(&mut self, message: &str) {
        let _ = self.output.write_all(&self.format.line(Level::Warn, module_path!(), message));
    }
}

impl Write for LineQueue {
    /// Queues a line, or drops and counts it if the queue is full. env_logger passes each line in one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        self.0.flush_within(FLUSH_TIMEOUT);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    use super::*;

    /// An output that waits for a permit before each write.
    struct Blocked {
        permits: Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Blocked {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // After the sender is dropped, the output accepts everything.
            let _ = self.permits.recv();
            self.written.lock().expect("not poisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_are_dropped_and_counted_while_the_output_is_blocked_and_flushed_at_the_end() {
        let (permit, permits) = channel();
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let output = Blocked { permits, written: Arc::clone(&written) };
        let (mut queue, writer) = LineQueue::start(output, LogFormat::Text, || Some("a summary".to_owned()));
        let lines = 3 * LINES_MAX;
        for _ in 0..lines {
            assert_eq!(queue.write(b"line\n").expect("queueing does not fail"), 5);
        }
        drop(permit);
        drop(writer);
        let log = String::from_utf8(written.lock().expect("not poisoned").clone()).expect("the log is UTF-8");
        let count = log.matches("line\n").count();
        // The writer may have taken one line from the queue.
        assert!((LINES_MAX..=LINES_MAX + 1).contains(&count), "{count} lines");
        assert!(log.contains(&format!("{} log lines dropped", lines - count)), "{log}");
        assert!(log.contains("a summary\n"), "{log}");
    }
}
