//! Bodies of requests during a shutdown.

use std::future::Future;
use std::task::Poll;

use actix_http::error::PayloadError;
use actix_http::{Payload, Request};
use actix_server::GracefulShutdownSignal;
use futures_util::stream::poll_fn;
use futures_util::{FutureExt, StreamExt};

/// If the server stops before the request's body has arrived completely, makes the body fail as incomplete. Otherwise, a
/// client that sends only a part of a body would delay the shutdown until the request timeout.
pub(super) fn abort_at_shutdown(request: &mut Request, stopping: &GracefulShutdownSignal) {
    if matches!(request.payload(), Payload::None) {
        return;
    }
    let (mut body, stopping) = (request.take_payload(), stopping.clone());
    let mut stopped = Box::pin(async move { stopping.notified().await }.fuse());
    let abortable = poll_fn(move |cx| match body.poll_next_unpin(cx) {
        Poll::Pending => stopped.as_mut().poll(cx).map(|()| Some(Err(PayloadError::Incomplete(None)))),
        received => received,
    });
    *request.payload() = Payload::Stream { payload: Box::pin(abortable) };
}
