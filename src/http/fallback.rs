//! The HTTP fallback, for clients behind a proxy that blocks the upgrade to WebSocket: the records of a session in the bodies
//! of requests and responses.
//!
//! ```text
//! POST /http/open        → the id of a new session
//! GET  /http/ID/stream   → records, as long as the session lasts
//! GET  /http/ID/poll     → records, as soon as there are some: for clients behind a proxy that buffers responses
//! POST /http/ID/send     ← a batch of records
//! ```

mod sessions;
mod uplink;

use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, ContentType, HeaderName};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use bytes::Bytes;
use futures_util::future::poll_fn;
use futures_util::{Stream, stream};
use serde::Deserialize;
use tickcast_game::Simulation;
use tickcast_protocol::CloseReason;
use tickcast_protocol::codec::{Batch, Record};
use tokio::time::{Instant, sleep, timeout};

use super::Site;
use super::request_context::RequestContext;
use super::socket::{self, SocketQuery};
use crate::actors::session::{CarriedSession, Session};
use crate::admission::Refusal;
use crate::admission::limits::Event;
use crate::transport::{ConnectionTimer, Consumer, HttpCarrier, StalePoll};
use sessions::HttpSession;
pub use sessions::HttpSessions;

#[cfg(feature = "internals")]
pub use sessions::REQUESTS_MAX;
#[cfg(feature = "internals")]
pub use uplink::EARLY_MAX;

/// If nothing is sent on a stream for this time, a heartbeat is sent. A poll gets a response after this time at the latest. It
/// is shorter than the request timeout.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(2);
/// Header that makes nginx and similar proxies forward each piece of a response immediately.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Proxies must neither store nor compress the records: compression would delay them.
const UNCHANGED: &str = "no-store, no-transform";

/// The kind of event as which a request counts against the limits of its client. A request of a session replaces WebSocket
/// messages, so it counts as one. Messages that it contains count in addition.
pub(super) fn event_of(path: &str) -> Event {
    let action = path.strip_prefix("/http/").and_then(|rest| rest.split_once('/'));
    if action.is_some_and(|(_, action)| matches!(action, "poll" | "send")) { Event::Message } else { Event::Request }
}

/// `POST /http/open`: opens a session, with the same query as `GET /ws`. The response contains the id of the session.
pub(super) async fn open<S: Simulation>(request: HttpRequest, query: web::Query<SocketQuery>) -> HttpResponse {
    let (context, site) = (RequestContext::of(&request), Site::<S>::of(&request));
    if site.health.is_shutting_down() {
        return context.refuse(Refusal::ShuttingDown);
    }
    let (entrance, room_name) = match socket::entrance(site, query.into_inner(), request.query_string()).await {
        Ok(entrance) => entrance,
        Err(error) => return context.refuse_with(Refusal::InvalidRoomName, &error),
    };
    let permit = match context.check_page().and_then(|()| context.permit().open_session()) {
        Ok(permit) => permit,
        Err(refusal) => return context.refuse(refusal),
    };
    let timeouts = *site.worker.timeouts();
    let (carrier, ended) = HttpCarrier::new(ConnectionTimer::new(&timeouts, Instant::now()), permit);
    let carrier = Rc::new(carrier);
    let session = Session::new(Rc::clone(&site.worker), entrance, room_name, Rc::clone(&carrier) as Rc<_>);
    let actor = CarriedSession::start(session).recipient();
    let registered = site.http_sessions.insert(HttpSession::new(actor, carrier.downlink()));
    let id = registered.key().to_string();
    // The client may still receive the close reason after the session's actor has stopped.
    actix_web::rt::spawn(async move {
        // An error means that the carrier was dropped, so the session has ended, too.
        ended.await.unwrap_or_default();
        sleep(timeouts.close).await;
        drop((registered, carrier));
    });
    response(HttpResponse::Ok()).content_type(ContentType::plaintext()).body(id)
}

/// `GET /http/ID/stream`: sends records as long as the session lasts. The first one is a heartbeat. A client that does not
/// receive it soon is behind a proxy that buffers responses.
pub(super) async fn stream<S: Simulation>(request: HttpRequest, id: web::Path<String>) -> HttpResponse {
    let context = RequestContext::of(&request);
    let site = Site::<S>::of(&request);
    let Some(session) = site.http_sessions.find(&id) else { return refuse_unknown(&context) };
    // The client must accept a heartbeat within the write timeout.
    context.connection().timer().renew_on_write(HEARTBEAT_INTERVAL + site.worker.timeouts().write);
    let Some(consumer) = session.downlink.attach() else { return lose(&session) };
    // The next request on this connection would have the time limits of the stream.
    response(HttpResponse::Ok()).content_type(ContentType::octet_stream()).force_close().streaming(records(consumer))
}

/// Ends a session some of whose records may be lost. The client can resume its seat.
fn lose(session: &HttpSession) -> HttpResponse {
    session.lose();
    response(HttpResponse::Gone()).finish()
}

/// Streams records and, while there are none, heartbeats.
fn records(consumer: Consumer) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let first = stream::iter([Ok(heartbeat())]);
    let others = stream::unfold(consumer, |consumer| async {
        let next = timeout(HEARTBEAT_INTERVAL, poll_fn(|cx| consumer.poll_stream(cx))).await;
        let records = next.unwrap_or_else(|_| Some(heartbeat()))?;
        Some((Ok(records), consumer))
    });
    futures_util::StreamExt::chain(first, others)
}

fn heartbeat() -> Bytes {
    let mut bytes = Vec::new();
    Record::Heartbeat.encode_into(&mut bytes);
    bytes.into()
}

/// The query of a poll.
#[derive(Debug, Deserialize)]
pub(super) struct PollQuery {
    /// Number of responses to polls that the client has received.
    after: u32,
}

/// `GET /http/ID/poll?after=N`: sends records as soon as there are some. Responds with 204 if there are none for some time, and
/// with 410 if there will be none.
pub(super) async fn poll<S: Simulation>(
    request: HttpRequest,
    id: web::Path<String>,
    query: web::Query<PollQuery>,
) -> HttpResponse {
    let context = RequestContext::of(&request);
    let Some(session) = Site::<S>::of(&request).http_sessions.find(&id) else { return refuse_unknown(&context) };
    let (consumer, repeated_bytes) = match session.downlink.attach_poll(query.after) {
        Ok(attached) => attached,
        Err(StalePoll::Late) => return response(HttpResponse::NoContent()).finish(),
        Err(StalePoll::Streamed) => return lose(&session),
        Err(StalePoll::Invalid) => {
            session.close(CloseReason::InvalidMessage);
            return response(HttpResponse::Gone()).finish();
        }
    };
    // Otherwise, a client could make the server send a large response any number of times.
    let repeated_bytes = repeated_bytes.try_into().unwrap_or(u32::MAX);
    if let Err(refusal) = context.permit().client().try_acquire(Event::Byte, repeated_bytes) {
        return context.refuse(refusal);
    }
    match timeout(HEARTBEAT_INTERVAL, poll_fn(|cx| consumer.poll_response(cx))).await {
        Ok(Some(records)) => response(HttpResponse::Ok()).content_type(ContentType::octet_stream()).body(records),
        Ok(None) => response(HttpResponse::Gone()).finish(),
        Err(_) => response(HttpResponse::NoContent()).finish(),
    }
}

/// `POST /http/ID/send`: passes a batch to the session.
pub(super) async fn send<S: Simulation>(
    request: HttpRequest,
    id: web::Path<String>,
    payload: web::Payload,
) -> HttpResponse {
    let context = RequestContext::of(&request);
    let Some(session) = Site::<S>::of(&request).http_sessions.find(&id) else { return refuse_unknown(&context) };
    let Some(_request) = session.begin_request() else { return context.refuse(Refusal::SessionRequests) };
    match payload.to_bytes_limited(Batch::BYTES_MAX).await {
        Ok(Ok(batch)) => session.handle_batch(&batch),
        // The client has ended the request. It may send the batch again.
        Ok(Err(_)) => return response(HttpResponse::BadRequest()).finish(),
        Err(_) => session.close(CloseReason::MessageTooBig),
    }
    response(HttpResponse::NoContent()).finish()
}

/// Refuses a request for a session that does not exist. The refused request also counts against the limit on HTTP requests.
/// This limits the rate at which a client can guess ids.
fn refuse_unknown(context: &RequestContext<'_>) -> HttpResponse {
    let counted = context.permit().count_request(Event::Request);
    context.refuse(counted.err().unwrap_or(Refusal::UnknownSession))
}

/// A response with the headers that all responses of the HTTP fallback have. Pages of any origin may read them: only an
/// allowed page can open a session, and only the page that knows its id can use it.
fn response(mut response: HttpResponseBuilder) -> HttpResponseBuilder {
    response
        .insert_header((CACHE_CONTROL, UNCHANGED))
        .insert_header((ACCEL_BUFFERING, "no"))
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_sessions_count_as_messages() {
        for path in ["/http/0123/poll", "/http/0123/send"] {
            assert_eq!(event_of(path), Event::Message, "{path}");
        }
        for path in ["/http/open", "/http/0123/stream", "/http/poll", "/http/0123/poll/", "/poll", "/"] {
            assert_eq!(event_of(path), Event::Request, "{path}");
        }
    }
}
