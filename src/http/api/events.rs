//! The list of rooms as a stream of Server-Sent Events (WHATWG HTML, section 9.2).

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::{Stream, stream};
use tickcast_game::Simulation;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::actors::messages::{Subscribe, SubscribeError};
use crate::admission::Refusal;
use crate::http::Site;
use crate::http::request_context::RequestContext;

/// If no list is sent on a stream for this time, a comment is sent. Without these comments, the server would not notice
/// that the connection is lost.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);
/// An empty comment.
const HEARTBEAT: Bytes = Bytes::from_static(b":\n\n");
/// Header that makes nginx and similar proxies forward each event immediately.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// `GET /api/rooms/events`
pub(in crate::http) async fn rooms<S: Simulation>(request: HttpRequest) -> HttpResponse {
    let context = RequestContext::of(&request);
    let permit = match context.permit().take_event_stream() {
        Ok(permit) => permit,
        Err(refusal) => return context.refuse(refusal),
    };
    match Site::<S>::of(&request).lobby.send(Subscribe).await {
        Ok(Ok(lists)) => {
            // A subscriber that accepts no byte for two heartbeat intervals is considered lost.
            context.connection().timer().renew_on_write(2 * HEARTBEAT_INTERVAL);
            HttpResponse::Ok()
                .content_type("text/event-stream")
                .insert_header((CACHE_CONTROL, "no-store"))
                .insert_header((ACCEL_BUFFERING, "no"))
                .streaming(events(lists, HEARTBEAT_INTERVAL, permit))
        }
        Ok(Err(SubscribeError::TooMany)) => context.refuse(Refusal::EventStreamsFull),
        Ok(Err(SubscribeError::ShuttingDown)) | Err(_) => context.refuse(Refusal::ShuttingDown),
    }
}

/// Streams each new list until the lobby ends the subscription. A slow subscriber gets only the newest list. While the list
/// does not change, sends heartbeats. `permit` is dropped with the stream.
fn events<P>(
    lists: watch::Receiver<Bytes>,
    heartbeat_interval: Duration,
    permit: P,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold((lists, permit), move |(mut lists, permit)| async move {
        let event = match timeout(heartbeat_interval, lists.changed()).await {
            Ok(Ok(())) => lists.borrow_and_update().clone(),
            Ok(Err(_)) => return None,
            Err(_) => HEARTBEAT,
        };
        Some((Ok(event), (lists, permit)))
    })
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::StreamExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_has_heartbeats_and_ends_with_the_subscription() {
        let list = watch::Sender::new(Bytes::new());
        let mut events = pin!(events(list.subscribe(), Duration::from_secs(15), ()));
        assert_eq!(events.next().await, Some(Ok(HEARTBEAT)));
        list.send_replace(Bytes::from_static(b"rooms"));
        assert_eq!(events.next().await, Some(Ok(Bytes::from_static(b"rooms"))));
        assert_eq!(events.next().await, Some(Ok(HEARTBEAT)));
        drop(list);
        assert_eq!(events.next().await, None);
    }
}
