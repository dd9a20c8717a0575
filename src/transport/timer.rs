//! Timeouts of a connection.

use std::cell::{Cell, RefCell};
use std::io;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

/// Timeouts for each phase of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Before the upgrade: maximum time in which the server sends nothing to the client. The time starts when the client
    /// connects, even if the client sends no request, and restarts with each write. Default 4 s.
    pub request: Duration,
    /// Maximum time from the upgrade to the Hello. Default 3 s.
    pub hello: Duration,
    /// Maximum time from the Hello to the Welcome. Default 5 s.
    pub join: Duration,
    /// Maximum time between two messages from a joined client. Pings do not count as messages. Default 10 s.
    pub idle: Duration,
    /// Maximum time for which the client accepts no data although data is queued. Default 15 s.
    pub write: Duration,
    /// Maximum time from the server's Close frame to the end of the connection. Default 2 s.
    pub close: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(4),
            hello: Duration::from_secs(3),
            join: Duration::from_secs(5),
            idle: Duration::from_secs(10),
            write: Duration::from_secs(15),
            close: Duration::from_secs(2),
        }
    }
}

/// The deadlines of one connection. When a deadline passes, the connection is *aborted*: reading and writing fail, which
/// ends the tasks that use the connection.
///
/// *Invariant: once the connection is closing, its deadline may only move closer.* Otherwise a client that reads a few
/// bytes now and then could keep the connection open forever.
#[derive(Debug)]
pub struct ConnectionTimer {
    is_aborted: Cell<bool>,
    deadline: Cell<Option<Instant>>,
    /// Whether the connection is closing.
    is_closing: Cell<bool>,
    /// If set, each successful write sets the deadline to this duration after the write.
    renewal: Cell<Option<Duration>>,
    /// Start of the current period in which the client accepts no data although data is queued.
    blocked_since: Cell<Option<Instant>>,
    write_timeout: Duration,
    /// Time of the last message that shows that the client is alive.
    active_at: Cell<Option<Instant>>,
    /// Wakes the connection's own task.
    task: RefCell<Option<Waker>>,
}

impl ConnectionTimer {
    /// The timer of a new connection. Its deadline is the request timeout.
    #[must_use]
    pub fn new(timeouts: &Timeouts, now: Instant) -> Self {
        Self {
            is_aborted: Cell::new(false),
            deadline: Cell::new(Some(now + timeouts.request)),
            is_closing: Cell::new(false),
            renewal: Cell::new(Some(timeouts.request)),
            blocked_since: Cell::new(None),
            write_timeout: timeouts.write,
            active_at: Cell::new(None),
            task: RefCell::new(None),
        }
    }

    /// Aborts the connection when nothing has been written to the client for `time`. Has no effect while the connection is
    /// closing.
    pub fn renew_on_write(&self, time: Duration) {
        self.replace_deadline(Some(Instant::now() + time), Some(time));
    }

    /// Aborts the connection after `time`, unless the deadline is changed before. Has no effect while the connection is
    /// closing.
    pub fn abort_after(&self, time: Duration) {
        self.replace_deadline(Some(Instant::now() + time), None);
    }

    /// Runs `task` until it completes or the present deadline passes. Needed for steps that do not call
    /// [`Self::check_aborted`], such as the TLS handshake.
    pub(super) async fn timeout<T>(&self, task: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        match self.deadline.get() {
            Some(deadline) => timeout_at(deadline, task).await?,
            None => task.await,
        }
    }

    /// Removes the deadline. Only the write timeout remains in effect. Has no effect while the connection is closing.
    pub fn clear_deadline(&self) {
        self.replace_deadline(None, None);
    }

    /// Marks the connection as closing, and aborts it after `time` or at its present deadline, whichever is earlier.
    pub fn close_within(&self, time: Duration) {
        let latest = Instant::now() + time;
        self.deadline.set(Some(self.deadline.get().map_or(latest, |deadline| deadline.min(latest))));
        self.renewal.set(None);
        self.is_closing.set(true);
    }

    fn replace_deadline(&self, deadline: Option<Instant>, renewal: Option<Duration>) {
        if !self.is_closing.get() {
            self.deadline.set(deadline);
            self.renewal.set(renewal);
        }
    }

    /// Records a message that shows that the client is alive.
    pub fn record_activity(&self, now: Instant) {
        self.active_at.set(Some(now));
    }

    /// The time since the last activity; `None` before the first activity.
    #[must_use]
    pub fn idle_for(&self, now: Instant) -> Option<Duration> {
        self.active_at.get().map(|active_at| now.saturating_duration_since(active_at))
    }

    /// Aborts the connection if a deadline has passed.
    pub(super) fn check_deadlines(&self, now: Instant) {
        let is_expired = self.deadline.get().is_some_and(|deadline| now >= deadline);
        let is_blocked = self.is_write_timed_out(now);
        if (is_expired || is_blocked) && !self.is_aborted.replace(true) {
            log::debug!("connection aborted: {}", if is_blocked { "write timeout" } else { "deadline passed" });
            self.wake();
        }
    }

    /// Whether the client has accepted no data for the write timeout although data is queued.
    pub(super) fn is_write_timed_out(&self, now: Instant) -> bool {
        self.blocked_since.get().is_some_and(|since| now.saturating_duration_since(since) >= self.write_timeout)
    }

    /// See [`Timeouts::write`].
    pub(super) const fn write_timeout(&self) -> Duration {
        self.write_timeout
    }

    /// Wakes the connection's own task.
    pub(super) fn wake(&self) {
        if let Some(task) = &*self.task.borrow() {
            task.wake_by_ref();
        }
    }

    /// Fails if the connection was aborted. Otherwise registers the calling task: [`Self::wake`] and an abort of the
    /// connection wake this task.
    pub(super) fn check_aborted(&self, cx: &Context<'_>) -> io::Result<()> {
        if self.is_aborted.get() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let mut task = self.task.borrow_mut();
        if !task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            *task = Some(cx.waker().clone());
        }
        Ok(())
    }

    pub(super) fn record_write(&self) {
        self.blocked_since.set(None);
        if let Some(time) = self.renewal.get() {
            self.deadline.set(Some(Instant::now() + time));
        }
    }

    pub(super) fn record_blocked(&self) {
        if self.blocked_since.get().is_none() {
            self.blocked_since.set(Some(Instant::now()));
        }
    }

    /// Whether the client accepts no data although data is queued.
    pub(super) const fn is_blocked(&self) -> bool {
        self.blocked_since.get().is_some()
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.is_aborted.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUTS: Timeouts = Timeouts {
        request: Duration::from_secs(500),
        hello: Duration::from_secs(300),
        join: Duration::from_secs(500),
        idle: Duration::from_secs(1000),
        write: Duration::from_secs(1500),
        close: Duration::from_secs(200),
    };

    /// Applies `history` to the timer of a new connection. Returns whether the connection is aborted after `seconds`.
    fn is_aborted(history: impl FnOnce(&ConnectionTimer), seconds: u64) -> bool {
        let start = Instant::now();
        let timer = ConnectionTimer::new(&TIMEOUTS, start);
        history(&timer);
        timer.check_deadlines(start + Duration::from_secs(seconds));
        timer.check_aborted(&Context::from_waker(Waker::noop())).is_err()
    }

    #[test]
    fn a_request_has_a_deadline() {
        assert!(!is_aborted(|_| {}, 499));
        assert!(is_aborted(|_| {}, 501));
    }

    #[test]
    fn a_session_has_no_deadline_until_it_is_closed() {
        assert!(!is_aborted(ConnectionTimer::clear_deadline, 1_000_000));
        let closes = |timer: &ConnectionTimer| {
            timer.clear_deadline();
            timer.close_within(Duration::from_secs(200));
            timer.record_write();
        };
        assert!(!is_aborted(closes, 199));
        assert!(is_aborted(closes, 202));
    }

    #[test]
    fn the_deadline_of_a_closing_connection_only_moves_closer() {
        let attempts: [fn(&ConnectionTimer); 5] = [
            ConnectionTimer::clear_deadline,
            ConnectionTimer::record_write,
            |timer| timer.abort_after(Duration::from_secs(1000)),
            |timer| timer.renew_on_write(Duration::from_secs(1000)),
            |timer| timer.close_within(Duration::from_secs(1000)),
        ];
        for attempt in attempts {
            let closes = |timer: &ConnectionTimer| {
                timer.close_within(Duration::from_secs(200));
                attempt(timer);
            };
            assert!(!is_aborted(closes, 199));
            assert!(is_aborted(closes, 202));
        }
        let closes_sooner = |timer: &ConnectionTimer| {
            timer.close_within(Duration::from_secs(200));
            timer.close_within(Duration::from_secs(100));
        };
        assert!(is_aborted(closes_sooner, 102));
    }

    #[test]
    fn a_client_that_accepts_no_data_is_aborted() {
        let blocks = |timer: &ConnectionTimer| {
            timer.clear_deadline();
            timer.record_blocked();
        };
        assert!(!is_aborted(blocks, 1_499));
        assert!(is_aborted(blocks, 1_502));
        let recovers = |timer: &ConnectionTimer| {
            blocks(timer);
            timer.record_write();
        };
        assert!(!is_aborted(recovers, 1_502));
    }

    #[test]
    fn each_write_postpones_a_renewed_deadline() {
        let responds = |timer: &ConnectionTimer| {
            timer.renew_on_write(Duration::from_secs(900));
            timer.record_write();
        };
        assert!(!is_aborted(responds, 899));
        assert!(is_aborted(responds, 902));
    }
}
