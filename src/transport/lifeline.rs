//! What a connection hangs on.

use std::cell::{Cell, RefCell};
use std::io;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

/// How long a connection may take for what. The defaults are in [`Deadlines::default`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From connecting, or from the last byte of an answer, to the first byte of the next answer: 4 s.
    pub request: Duration,
    /// From the upgrade to the first message: 3 s.
    pub hello: Duration,
    /// From the first message to being in a room: 5 s.
    pub joining: Duration,
    /// Between two messages of a client that plays: 10 s.
    pub silence: Duration,
    /// Without taking any byte of what waits for it: 15 s.
    pub stall: Duration,
    /// From the server's goodbye to the end of the connection: 2 s.
    pub goodbye: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(4),
            hello: Duration::from_secs(3),
            joining: Duration::from_secs(5),
            silence: Duration::from_secs(10),
            stall: Duration::from_secs(15),
            goodbye: Duration::from_secs(2),
        }
    }
}

/// What a connection hangs on. Once it is cut, reading and writing fail, which ends everything that was built on the connection.
#[derive(Debug)]
pub struct Lifeline {
    is_cut: Cell<bool>,
    /// When it is to be cut.
    deadline: Cell<Option<Instant>>,
    /// By how much each byte that the client takes puts the deadline off.
    renewal: Cell<Option<Duration>>,
    /// Since when the client takes nothing, while something waits for it.
    blocked_since: Cell<Option<Instant>>,
    stall: Duration,
    /// When the client last said anything that shows that it plays.
    heard: Cell<Option<Instant>>,
    /// The task of the connection.
    task: RefCell<Option<Waker>>,
}

impl Lifeline {
    /// The lifeline of a connection that was made just now.
    #[must_use]
    pub fn new(deadlines: &Deadlines, now: Instant) -> Self {
        Self {
            is_cut: Cell::new(false),
            deadline: Cell::new(Some(now + deadlines.request)),
            renewal: Cell::new(Some(deadlines.request)),
            blocked_since: Cell::new(None),
            stall: deadlines.stall,
            heard: Cell::new(None),
            task: RefCell::new(None),
        }
    }

    /// From now on the connection ends when the client has taken nothing for so long.
    pub fn renew_by(&self, time: Duration) {
        self.renewal.set(Some(time));
        self.deadline.set(Some(Instant::now() + time));
    }

    /// The connection ends after so long, unless something else is said by then.
    pub fn end_within(&self, time: Duration) {
        self.renewal.set(None);
        self.deadline.set(Some(Instant::now() + time));
    }

    /// The connection stays for as long as the client takes what is written.
    pub fn hold(&self) {
        self.renewal.set(None);
        self.deadline.set(None);
    }

    /// The client has said something that shows that it plays.
    pub fn hear(&self, now: Instant) {
        self.heard.set(Some(now));
    }

    /// For how long it has said nothing, if it ever did.
    #[must_use]
    pub fn silence(&self, now: Instant) -> Option<Duration> {
        self.heard.get().map(|heard| now.saturating_duration_since(heard))
    }

    /// Ends the connection, if its time is up.
    pub(super) fn handle_time(&self, now: Instant) {
        let is_late = self.deadline.get().is_some_and(|deadline| now >= deadline);
        let is_stalled = self.blocked_since.get().is_some_and(|since| now.saturating_duration_since(since) >= self.stall);
        if (is_late || is_stalled) && !self.is_cut.replace(true) {
            log::debug!("a connection is cut: {}", if is_stalled { "its client takes nothing" } else { "its time is up" });
            self.wake();
        }
    }

    /// Wakes the connection's own task.
    pub(super) fn wake(&self) {
        if let Some(task) = &*self.task.borrow() {
            task.wake_by_ref();
        }
    }

    /// Fails once the lifeline is cut; until then the task will be woken when that happens.
    pub(super) fn check(&self, cx: &Context<'_>) -> io::Result<()> {
        if self.is_cut.get() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let mut task = self.task.borrow_mut();
        if !task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            *task = Some(cx.waker().clone());
        }
        Ok(())
    }

    pub(super) fn handle_written(&self) {
        self.blocked_since.set(None);
        if let Some(time) = self.renewal.get() {
            self.deadline.set(Some(Instant::now() + time));
        }
    }

    pub(super) fn handle_blocked(&self) {
        if self.blocked_since.get().is_none() {
            self.blocked_since.set(Some(Instant::now()));
        }
    }

    pub(super) fn is_cut(&self) -> bool {
        self.is_cut.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINES: Deadlines = Deadlines {
        request: Duration::from_secs(500),
        hello: Duration::from_secs(300),
        joining: Duration::from_secs(500),
        silence: Duration::from_secs(1000),
        stall: Duration::from_secs(1500),
        goodbye: Duration::from_secs(200),
    };

    /// Whether a connection that went through this is over so many seconds later.
    fn is_over(history: impl FnOnce(&Lifeline), seconds: u64) -> bool {
        let start = Instant::now();
        let lifeline = Lifeline::new(&DEADLINES, start);
        history(&lifeline);
        lifeline.handle_time(start + Duration::from_secs(seconds));
        lifeline.check(&Context::from_waker(Waker::noop())).is_err()
    }

    #[test]
    fn a_request_has_a_deadline() {
        assert!(!is_over(|_| {}, 499));
        assert!(is_over(|_| {}, 501));
    }

    #[test]
    fn a_session_has_none_until_it_is_told_to_end() {
        assert!(!is_over(Lifeline::hold, 1_000_000));
        let ends = |lifeline: &Lifeline| {
            lifeline.hold();
            lifeline.end_within(Duration::from_secs(200));
            lifeline.handle_written();
        };
        assert!(!is_over(ends, 199));
        assert!(is_over(ends, 202));
    }

    #[test]
    fn who_takes_nothing_is_cut_and_whoever_takes_something_is_not() {
        let stalls = |lifeline: &Lifeline| {
            lifeline.hold();
            lifeline.handle_blocked();
        };
        assert!(!is_over(stalls, 1_499));
        assert!(is_over(stalls, 1_502));
        let moves = |lifeline: &Lifeline| {
            stalls(lifeline);
            lifeline.handle_written();
        };
        assert!(!is_over(moves, 1_502));
    }

    #[test]
    fn what_the_client_takes_puts_a_renewed_deadline_off() {
        let answers = |lifeline: &Lifeline| {
            lifeline.renew_by(Duration::from_secs(900));
            lifeline.handle_written();
        };
        assert!(!is_over(answers, 899));
        assert!(is_over(answers, 902));
    }
}
