//! The connection and the client of a request, as admission needs them.

use std::rc::Rc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, FORWARDED, HOST, HeaderName, ORIGIN, RETRY_AFTER, X_FORWARDED_FOR};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::admission::limits::Event;
use crate::admission::{ConnectionPermit, Refusal, RequestScheme};
use crate::transport::Connection;

/// A request and its connection.
pub(super) struct RequestContext<'r> {
    request: &'r HttpRequest,
    connection: &'r Rc<Connection>,
}

impl<'r> RequestContext<'r> {
    /// The context of a request.
    pub(super) fn of(request: &'r HttpRequest) -> Self {
        let connection = request.conn_data().expect("the transport registers the connection of each request");
        Self { request, connection }
    }

    /// The connection of the request.
    pub(super) const fn connection(&self) -> &'r Rc<Connection> {
        self.connection
    }

    /// Counts the request, as an event of this kind, against the limits of its client.
    ///
    /// # Errors
    /// The reason for refusing the request.
    pub(super) fn admit_request(&self, event: Event) -> Result<(), Refusal> {
        self.permit().attribute_request(self.header(X_FORWARDED_FOR), self.header(FORWARDED))?;
        self.permit().count_request(event)
    }

    /// Checks that the page that sent the request may use the server.
    ///
    /// # Errors
    /// [`Refusal::OriginNotAllowed`] or [`Refusal::HostNotAllowed`].
    pub(super) fn check_page(&self) -> Result<(), Refusal> {
        self.permit().control().check_page(self.header(ORIGIN).next(), self.header(HOST).next(), self.scheme())
    }

    /// Counts a refusal.
    pub(super) fn count(&self, refusal: Refusal) {
        self.permit().control().count(refusal);
    }

    /// Counts a refusal and creates its response, which contains the reason.
    pub(super) fn refuse(&self, refusal: Refusal) -> HttpResponse {
        self.refuse_with(refusal, refusal.text())
    }

    /// Like [`Self::refuse`], but with `text` as the reason. A response of the room API contains the reason as JSON. Any
    /// other response contains it as plain text.
    pub(super) fn refuse_with(&self, refusal: Refusal, text: &str) -> HttpResponse {
        self.count(refusal);
        let status = StatusCode::from_u16(refusal.status()).expect("refusals have valid status codes");
        let mut response = HttpResponse::build(status);
        if let Some(seconds) = refusal.retry_after_s() {
            response.insert_header((RETRY_AFTER, seconds.to_string())).force_close();
        }
        if self.request.path().starts_with("/api/") {
            return response.json(json!({ "error": text }));
        }
        response.content_type(ContentType::plaintext()).body(format!("{text}\n"))
    }

    /// The admission permit of the connection.
    pub(super) fn permit(&self) -> &'r ConnectionPermit {
        self.connection.permit()
    }

    /// The scheme that the client used: `Https` if the client itself connected with TLS. Otherwise, the scheme is unknown,
    /// because a proxy need not use the same scheme as its client.
    fn scheme(&self) -> RequestScheme {
        let is_https = self.connection.is_encrypted() && !self.permit().is_proxied();
        if is_https { RequestScheme::Https } else { RequestScheme::Unknown }
    }

    /// The values of a header. Replaces a value that is not text with an invalid value, so that the header counts as
    /// invalid and not as absent.
    fn header(&self, name: HeaderName) -> impl Iterator<Item = &'r str> {
        self.request.headers().get_all(name).map(|value| value.to_str().unwrap_or("\0"))
    }
}
