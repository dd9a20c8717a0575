//! The queue of records for the client of an HTTP session, and its consumers: responses on the thread of any worker.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::transport::Pushed;
use crate::transport::outbox::Outbox;

/// The queue of records for the client of an HTTP session. It has the limits of a connection's outgoing queue.
///
/// At most one response consumes the queue: the newest one. A response that began earlier ends.
#[derive(Debug, Default)]
pub struct Downlink(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    outbox: Outbox,
    /// Number of consumers so far, which is the number of the newest one.
    consumers: u64,
    /// Whether a stream has taken records. Whether they have arrived is unknown, so nothing can follow on another response.
    has_streamed: bool,
    /// Wakes the newest consumer.
    waker: Option<Waker>,
    /// The newest response to a poll. It is sent again if the client repeats the poll, because the response was lost.
    response: Bytes,
    /// Number of responses to polls.
    responses: u32,
    /// Since when records are queued that no response has taken.
    blocked_since: Option<Instant>,
    /// Whether nothing follows what is queued.
    has_ended: bool,
}

impl Downlink {
    /// Queues the Welcome before all snapshots.
    pub(super) fn open(&self, welcome: Bytes) {
        self.change(|state| state.outbox.open(welcome));
    }

    /// Queues a record before all snapshots, or drops it if the client takes nothing.
    pub(super) fn send(&self, record: &[u8]) {
        self.change(|state| state.outbox.push_control(record));
    }

    /// Queues or drops a snapshot.
    pub(super) fn push(&self, record: &[u8], is_full: bool) -> Pushed {
        self.change(|state| state.outbox.push(record, is_full))
    }

    /// Drops all snapshots, and queues the last record.
    pub(super) fn close(&self, record: &[u8]) {
        self.change(|state| {
            state.outbox.clear();
            state.outbox.pending().extend_from_slice(record);
            state.has_ended = true;
        });
    }

    /// Ends the queue. Does not add a close record if there was none.
    pub(super) fn end(&self) {
        self.change(|state| state.has_ended = true);
    }

    /// Changes the state, and wakes the consumer if there is something to send.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let result = change(&mut state);
        let has_records = !state.outbox.is_written();
        if has_records && state.blocked_since.is_none() {
            state.blocked_since = Some(Instant::now());
        }
        let is_ready = state.has_ended || has_records;
        let waker = if is_ready { state.waker.take() } else { None };
        drop(state);
        waker.into_iter().for_each(Waker::wake);
        result
    }

    /// For how long records have been queued that no response has taken.
    pub(super) fn blocked_for(&self, now: Instant) -> Duration {
        self.state().blocked_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// Makes a new stream the consumer of the queue. `None` if an earlier stream has taken records: some may be lost.
    pub fn attach(self: &Arc<Self>) -> Option<Consumer> {
        let mut state = self.state();
        if state.has_streamed {
            return None;
        }
        let number = Self::next_consumer(&mut state);
        drop(state);
        Some(Consumer { downlink: Arc::clone(self), number })
    }

    /// Attaches the response to a poll to the queue, as its consumer. `after` is the number of responses that the client
    /// has received. If the client has not received the newest response, it gets this response again: its size is returned,
    /// too, and is 0 for a new response.
    ///
    /// # Errors
    /// [`StalePoll::Late`] if the client has sent a later poll before. [`StalePoll::Invalid`] if `after` exceeds the number
    /// of responses. [`StalePoll::Streamed`] if a stream has taken records.
    pub fn attach_poll(self: &Arc<Self>, after: u32) -> Result<(Consumer, usize), StalePoll> {
        let mut state = self.state();
        if state.has_streamed {
            return Err(StalePoll::Streamed);
        }
        match state.responses.checked_sub(after) {
            Some(0) => state.response = Bytes::new(),
            Some(1) if !state.response.is_empty() => {}
            Some(_) => return Err(StalePoll::Late),
            None => return Err(StalePoll::Invalid),
        }
        let repeated_bytes = state.response.len();
        let number = Self::next_consumer(&mut state);
        drop(state);
        Ok((Consumer { downlink: Arc::clone(self), number }, repeated_bytes))
    }

    /// Ends the response that has consumed the queue so far, and returns the number of the next consumer.
    fn next_consumer(state: &mut State) -> u64 {
        state.consumers += 1;
        state.waker.take().into_iter().for_each(Waker::wake);
        state.consumers
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reason why a poll gets no records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StalePoll {
    /// The client has sent a later poll before this one arrived.
    Late,
    /// The poll claims responses that were never sent.
    Invalid,
    /// A stream has taken records. Some may be lost.
    Streamed,
}

/// A response that consumes the queue.
#[derive(Debug)]
pub struct Consumer {
    downlink: Arc<Downlink>,
    number: u64,
}

impl Consumer {
    /// The next records for a streamed response; `None` at its end.
    pub fn poll_stream(&self, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        self.poll(cx, |state| {
            state.has_streamed = true;
            state.outbox.take()
        })
    }

    /// The records of the response to a poll; `None` if a later response replaces it, or if nothing follows.
    pub fn poll_response(&self, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        {
            let state = self.downlink.state();
            if state.consumers == self.number && !state.response.is_empty() {
                return Poll::Ready(Some(state.response.clone()));
            }
        }
        self.poll(cx, |state| {
            state.response = state.outbox.take();
            state.responses += 1;
            state.response.clone()
        })
    }

    fn poll(&self, cx: &Context<'_>, take: impl FnOnce(&mut State) -> Bytes) -> Poll<Option<Bytes>> {
        let mut state = self.downlink.state();
        if state.consumers != self.number {
            return Poll::Ready(None);
        }
        if !state.outbox.is_written() {
            state.blocked_since = None;
            return Poll::Ready(Some(take(&mut state)));
        }
        if state.has_ended {
            return Poll::Ready(None);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(welcome: &'static [u8]) -> Arc<Downlink> {
        let downlink = Arc::<Downlink>::default();
        downlink.open(Bytes::from_static(welcome));
        downlink
    }

    fn stream(consumer: &Consumer) -> Poll<Option<Bytes>> {
        consumer.poll_stream(&Context::from_waker(Waker::noop()))
    }

    fn response(downlink: &Arc<Downlink>, after: u32) -> Result<Poll<Option<Bytes>>, StalePoll> {
        downlink.attach_poll(after).map(|(consumer, _)| consumer.poll_response(&Context::from_waker(Waker::noop())))
    }

    fn sent(bytes: &'static [u8]) -> Poll<Option<Bytes>> {
        Poll::Ready(Some(Bytes::from_static(bytes)))
    }

    #[test]
    fn a_stream_gets_what_is_queued_and_ends_with_the_close_record() {
        let downlink = open(b"welcome ");
        let consumer = downlink.attach().expect("nothing was streamed");
        assert_eq!(downlink.push(b"snapshot", true), Pushed::Queued);
        assert_eq!([stream(&consumer), stream(&consumer)], [sent(b"welcome snapshot"), Poll::Pending]);
        downlink.push(b"dropped", false);
        downlink.send(b"drain ");
        downlink.close(b"close");
        assert_eq!([stream(&consumer), stream(&consumer)], [sent(b"drain close"), Poll::Ready(None)]);
    }

    #[test]
    fn a_new_response_replaces_the_previous_one() {
        let downlink = Arc::<Downlink>::default();
        let first = downlink.attach().expect("nothing was streamed");
        assert_eq!(stream(&first), Poll::Pending);
        let second = downlink.attach().expect("nothing was streamed");
        downlink.open(Bytes::from_static(b"welcome"));
        assert_eq!([stream(&first), stream(&second)], [Poll::Ready(None), sent(b"welcome")]);
    }

    #[test]
    fn nothing_follows_on_another_response_after_a_stream_has_taken_records() {
        let downlink = open(b"welcome");
        let first = downlink.attach().expect("nothing was streamed");
        assert_eq!(stream(&first), sent(b"welcome"));
        downlink.push(b"delta", false);
        assert!(downlink.attach().is_none(), "the first stream may have lost the Welcome");
        assert_eq!(response(&downlink, 0), Err(StalePoll::Streamed));
        assert_eq!(stream(&first), sent(b"delta"));
    }

    #[test]
    fn pongs_for_a_client_that_takes_nothing_are_bounded() {
        let downlink = open(b"1");
        (0..100_000).for_each(|_| downlink.send(b"a pong in a record"));
        let Ok(Poll::Ready(Some(taken))) = response(&downlink, 0) else { panic!("records are queued") };
        assert!(taken.len() <= crate::transport::OUTBOX_BYTES_MAX, "{} bytes", taken.len());
    }

    #[test]
    fn a_lost_response_is_repeated() {
        let downlink = open(b"1");
        assert_eq!(response(&downlink, 0), Ok(sent(b"1")));
        downlink.push(b"2", false);
        assert_eq!(response(&downlink, 0), Ok(sent(b"1")), "the client has not received the first response");
        assert_eq!(response(&downlink, 1), Ok(sent(b"2")));
        assert_eq!(response(&downlink, 0), Err(StalePoll::Late));
        assert_eq!(response(&downlink, 2), Ok(Poll::Pending));
        assert_eq!(response(&downlink, 3), Err(StalePoll::Invalid));
        assert_eq!(response(&downlink, 1), Err(StalePoll::Late), "the client has confirmed the second response");
    }

    #[test]
    fn the_close_record_is_repeated_too() {
        let downlink = open(b"1");
        assert_eq!(response(&downlink, 0), Ok(sent(b"1")));
        downlink.close(b"close");
        assert_eq!([response(&downlink, 1), response(&downlink, 1)], [Ok(sent(b"close")), Ok(sent(b"close"))]);
        assert_eq!(response(&downlink, 2), Ok(Poll::Ready(None)));
    }

    #[test]
    fn the_queue_of_a_client_that_takes_nothing_is_bounded() {
        let downlink = open(b"1");
        assert_eq!(response(&downlink, 0), Ok(sent(b"1")));
        let queued = (0..1000).filter(|_| downlink.push(b"x", false) == Pushed::Queued).count();
        assert_eq!(queued, crate::transport::OUTBOX_FRAMES_MAX);
    }

    #[test]
    fn a_session_that_ends_without_a_reason_ends_its_stream() {
        let downlink = open(b"welcome");
        let consumer = downlink.attach().expect("nothing was streamed");
        assert_eq!([stream(&consumer), stream(&consumer)], [sent(b"welcome"), Poll::Pending]);
        downlink.end();
        assert_eq!(stream(&consumer), Poll::Ready(None));
    }
}
