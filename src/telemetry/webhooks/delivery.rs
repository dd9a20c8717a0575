//! Repeats a delivery that fails.

use std::time::Duration;

/// Maximum number of attempts to deliver an event. The pauses between the attempts add up to two minutes, which is longer
/// than a restart of the backend takes. Later events wait in the meantime.
pub const ATTEMPTS_MAX: u32 = 8;
/// Pause after the first failed attempt. Each further pause is twice as long.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// How a delivery has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// The backend has accepted the event.
    Sent,
    /// All attempts failed; the last one for this reason.
    Failed(String),
    /// The server stops.
    Stopped,
}

/// Attempts a delivery until it succeeds, at most [`ATTEMPTS_MAX`] times. After a failure, calls `must_stop`, which pauses
/// for the given time and returns true if the server stops.
pub(super) fn deliver(
    mut attempt: impl FnMut() -> Result<(), String>,
    mut must_stop: impl FnMut(Duration) -> bool,
) -> Delivery {
    let mut pause = PAUSE_MIN;
    for _ in 1..ATTEMPTS_MAX {
        if attempt().is_ok() {
            return Delivery::Sent;
        }
        if must_stop(pause) {
            return Delivery::Stopped;
        }
        pause *= 2;
    }
    attempt().map_or_else(Delivery::Failed, |()| Delivery::Sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Delivers to a backend that fails this many times, and then accepts. Returns the pauses in seconds.
    fn run(failures: usize) -> (Delivery, Vec<u64>) {
        let (mut attempts, mut pauses) = (0, Vec::new());
        let delivery = deliver(
            || {
                attempts += 1;
                if attempts > failures { Ok(()) } else { Err(format!("failure {attempts}")) }
            },
            |pause| {
                pauses.push(pause.as_secs());
                false
            },
        );
        (delivery, pauses)
    }

    #[test]
    fn an_event_that_is_accepted_is_sent_once() {
        assert_eq!(run(0), (Delivery::Sent, vec![]));
    }

    #[test]
    fn failures_are_repeated_after_growing_pauses_until_the_last_attempt() {
        assert_eq!(run(3), (Delivery::Sent, vec![1, 2, 4]));
        assert_eq!(run(7), (Delivery::Sent, vec![1, 2, 4, 8, 16, 32, 64]));
        assert_eq!(run(8), (Delivery::Failed("failure 8".to_owned()), vec![1, 2, 4, 8, 16, 32, 64]));
    }

    #[test]
    fn a_server_that_stops_makes_no_further_attempt() {
        let mut attempts = 0;
        let delivery = deliver(
            || {
                attempts += 1;
                Err(String::new())
            },
            |_| true,
        );
        assert_eq!((delivery, attempts), (Delivery::Stopped, 1));
    }
}
