//! The gate in front of all routes: counts each request of a client, and refuses requests over a limit.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

use super::request_context::RequestContext;
use super::{fallback, socket};

/// Passes an admitted request to its route, and refuses any other request. If a connection exceeds a limit, its requests
/// therefore never reach a route that would keep the connection open.
pub(super) async fn admit<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let context = RequestContext::of(request.request());
    let Err(refusal) = context.admit_request(fallback::event_of(request.path())) else {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    };
    let response = match socket::explain(request.request(), refusal) {
        Some(explanation) => explanation,
        None => context.refuse(refusal),
    };
    Ok(request.into_response(response).map_into_right_body())
}
