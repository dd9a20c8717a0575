//! The list of rooms as a stream of Server-Sent Events (WHATWG HTML, section 9.2).

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::api::{refuse, site};
use super::visitor::Visitor;
use crate::actors::messages::Listen;
use crate::simulation::Simulation;

/// How long nothing may be sent: a listener that is gone is noticed when something is.
const SILENCE_MAX: Duration = Duration::from_secs(15);
/// What is sent when there is nothing to tell.
const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");
/// Tells nginx and its like to pass on every event as it comes.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// `GET /api/rooms/events`
pub(super) async fn rooms<S: Simulation>(request: HttpRequest) -> HttpResponse {
    match site::<S>(&request).lobby.send(Listen).await {
        Ok(Some(lists)) => {
            // Twice the silence: a heartbeat that has not come through by then never will.
            Visitor::of(&request).connection().lifeline().renew_by(2 * SILENCE_MAX);
            HttpResponse::Ok()
                .content_type("text/event-stream")
                .insert_header((CACHE_CONTROL, "no-store"))
                .insert_header((ACCEL_BUFFERING, "no"))
                .streaming(events(lists, SILENCE_MAX))
        }
        Ok(None) => refuse(HttpResponse::ServiceUnavailable(), "too many are listening"),
        Err(_) => refuse(HttpResponse::ServiceUnavailable(), "the server is stopping"),
    }
}

/// Every list that comes, or the newest where the listener is slow; until there are no more.
fn events(lists: watch::Receiver<Bytes>, silence_max: Duration) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(lists, move |mut lists| async move {
        let event = match timeout(silence_max, lists.changed()).await {
            Ok(Ok(())) => lists.borrow_and_update().clone(),
            Ok(Err(_)) => return None,
            Err(_) => HEARTBEAT,
        };
        Some((Ok(event), lists))
    })
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::StreamExt;

    use super::*;

    #[actix_web::test]
    async fn silence_is_broken_by_heartbeats_and_ends_with_the_list() {
        let list = watch::Sender::new(Bytes::new());
        let mut events = pin!(events(list.subscribe(), Duration::from_millis(1)));
        assert_eq!(events.next().await, Some(Ok(HEARTBEAT)));
        list.send_replace(Bytes::from_static(b"rooms"));
        assert_eq!(events.next().await, Some(Ok(Bytes::from_static(b"rooms"))));
        assert_eq!(events.next().await, Some(Ok(HEARTBEAT)));
        drop(list);
        assert_eq!(events.next().await, None);
    }
}
