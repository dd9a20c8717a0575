//! Webhooks: signed HTTP requests that report [events of rooms](super::room_events) to the operator's backend.
//!
//! Headers and signature are those of Standard Webhooks 1.0 (<https://www.standardwebhooks.com>), for which libraries exist
//! in many languages. One thread sends the requests one after another. Rooms only put events into its queue.

mod delivery;
mod request;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use log::warn;
use ureq::Agent;
use url::Url;

use super::{Metrics, RoomEvent, RoomEventSink};
use crate::admission::tickets::Secret;
use delivery::{Delivery, deliver};
use request::WebhookRequest;

pub use delivery::ATTEMPTS_MAX;

/// Maximum number of events that wait to be sent. This is enough for one event per room, because a server has at most 1,000
/// rooms. The waiting events take up to 50 MB: an event contains the results of up to 256 players, and takes up to 50 KB.
pub const EVENTS_MAX: usize = 1_000;
/// Time limit of an attempt.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where webhooks are sent, and the secret that signs them.
#[derive(Clone, Debug)]
pub struct WebhookOptions {
    url: Url,
    secret: Secret,
}

/// The URL for webhooks is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the URL for webhooks is not an absolute http or https URL")]
pub struct WebhookUrlError;

impl WebhookOptions {
    /// Webhooks to this URL, signed with this secret.
    ///
    /// # Errors
    /// [`WebhookUrlError`].
    pub fn new(url: &str, secret: Secret) -> Result<Self, WebhookUrlError> {
        let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        Ok(Self { url: url.ok_or(WebhookUrlError)?, secret })
    }
}

/// Sends webhooks until it is dropped. Events that have not been delivered by then are lost.
#[derive(Debug)]
pub struct Webhooks {
    queue: SyncSender<QueuedEvent>,
    waiting: Arc<AtomicUsize>,
    metrics: Arc<Metrics>,
    /// Dropped together with the webhooks, which ends the thread's pauses.
    _running: Sender<Infallible>,
}

/// An event, and the Unix time at which it happened.
type QueuedEvent = (RoomEvent, u64);

impl Webhooks {
    /// Starts the thread.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(options: WebhookOptions, metrics: Arc<Metrics>) -> io::Result<Self> {
        let (queue, events) = mpsc::sync_channel(EVENTS_MAX);
        let (running, stop) = mpsc::channel();
        let (waiting, counters) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&metrics));
        let events = std::iter::from_fn({
            let waiting = Arc::clone(&waiting);
            move || {
                let event = events.recv().ok()?;
                waiting.fetch_sub(1, Ordering::Relaxed);
                Some(event)
            }
        });
        let send = move || send_all(&options, events, &stop, &counters);
        thread::Builder::new().name("tickcast-webhooks".to_owned()).spawn(send)?;
        Ok(Self { queue, waiting, metrics, _running: running })
    }
}

impl RoomEventSink for Webhooks {
    /// Only events with results of players may take the last half of the queue. A client that opens and closes many rooms
    /// therefore does not displace results.
    fn report(&self, event: RoomEvent) {
        let waiting_max = if event.has_results() { EVENTS_MAX } else { EVENTS_MAX / 2 };
        let add = |waiting: usize| (waiting < waiting_max).then_some(waiting + 1);
        let fits = self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok();
        if !fits || self.queue.try_send((event, now_s())).is_err() {
            self.metrics.webhooks_dropped.inc();
        }
    }
}

/// Sends all events, the oldest first. Returns when the webhooks are dropped.
fn send_all(
    options: &WebhookOptions,
    events: impl Iterator<Item = QueuedEvent>,
    stop: &Receiver<Infallible>,
    metrics: &Metrics,
) {
    let agent = agent();
    let must_stop = |pause| stop.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected);
    for (event, time_s) in events {
        let request = WebhookRequest::new(&event, time_s);
        match deliver(|| request.send(&agent, options, now_s()), must_stop) {
            Delivery::Sent => _ = metrics.webhooks_sent.inc(),
            Delivery::Failed(error) => {
                metrics.webhooks_failed.inc();
                warn!("an event of a room is lost: the webhook failed {ATTEMPTS_MAX} times: {error}");
            }
            Delivery::Stopped => return,
        }
    }
}

/// An HTTP client that follows no redirects, because a redirect would send the events elsewhere.
fn agent() -> Agent {
    let config = Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false);
    config.build().into()
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_are_sent_only_to_absolute_http_urls() {
        let secret: Secret = "a secret of at least thirty-two bytes".parse().expect("long enough");
        let is_valid = |url| WebhookOptions::new(url, secret.clone()).is_ok();
        assert!(is_valid("https://backend.example/hooks?game=arena") && is_valid("http://127.0.0.1:9000"));
        for url in ["", "backend.example", "/hooks", "file:///etc/passwd", "ws://backend.example"] {
            assert!(!is_valid(url), "{url}");
        }
    }
}
