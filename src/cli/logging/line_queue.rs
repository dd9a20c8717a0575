//! A bounded queue of log lines, and the thread that writes them.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// Maximum number of queued lines: enough for a burst, and at most a few hundred KiB.
const LINES_MAX: usize = 1_024;
/// Maximum time for writing the queued lines at the end of the program. A terminal that is stopped accepts no output.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

enum Item {
    Line(Vec<u8>),
    /// Requests a confirmation that all lines before it were written.
    Flush(SyncSender<()>),
}

/// The sending half of the queue. Writing to it never blocks.
pub(super) struct LineQueue {
    items: SyncSender<Item>,
    dropped: Arc<AtomicU64>,
}

/// Flushes the log when it is dropped.
#[must_use = "dropping it flushes the log"]
pub(in crate::cli) struct LogWriter {
    items: SyncSender<Item>,
}

impl LineQueue {
    /// Starts the thread that writes the lines to `output`.
    pub(super) fn start(output: impl Write + Send + 'static) -> (Self, LogWriter) {
        let (items, queued) = sync_channel(LINES_MAX);
        let dropped = Arc::<AtomicU64>::default();
        let counter = Arc::clone(&dropped);
        // If the thread cannot be started, the log is lost, but the server can run.
        let _ = thread::Builder::new().name("log".to_owned()).spawn(move || write_lines(&queued, &counter, output));
        (Self { items: items.clone(), dropped }, LogWriter { items })
    }
}

/// Writes all lines, and how many were dropped. Errors are ignored: there is no other place to report them.
fn write_lines(queued: &Receiver<Item>, dropped: &AtomicU64, mut output: impl Write) {
    for item in queued {
        match item {
            Item::Line(line) => _ = output.write_all(&line),
            Item::Flush(done) => {
                let _ = output.flush();
                let _ = done.try_send(());
            }
        }
        let count = dropped.swap(0, Ordering::Relaxed);
        if count > 0 {
            let _ = writeln!(output, "{count} log lines dropped, because they could not be written fast enough");
        }
    }
}

impl Write for LineQueue {
    /// Queues a line, or drops and counts it if the queue is full. env_logger passes each line in one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.items.try_send(Item::Line(line.to_vec())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        let (done, written) = sync_channel(1);
        // Retry while the queue is full: the thread may still make space, unless the output accepts nothing.
        let deadline = std::time::Instant::now() + FLUSH_TIMEOUT;
        let mut request = Item::Flush(done);
        while let Err(std::sync::mpsc::TrySendError::Full(returned)) = self.items.try_send(request) {
            if std::time::Instant::now() >= deadline {
                return;
            }
            request = returned;
            thread::sleep(Duration::from_millis(5));
        }
        match written.recv_timeout(FLUSH_TIMEOUT) {
            Ok(()) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
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
        let (mut queue, writer) = LineQueue::start(Blocked { permits, written: Arc::clone(&written) });
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
    }
}
