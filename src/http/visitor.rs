//! Who sends a request, as far as letting them in goes.

use std::net::IpAddr;
use std::rc::Rc;
use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, FORWARDED, HOST, HeaderName, ORIGIN, RETRY_AFTER, X_FORWARDED_FOR};
use actix_web::{HttpRequest, HttpResponse};

use crate::admission::{Presence, Refusal, is_welcome};
use crate::transport::Connection;

/// Who sends a request.
pub(super) struct Visitor<'r> {
    request: &'r HttpRequest,
    connection: &'r Rc<Connection>,
}

impl<'r> Visitor<'r> {
    /// Who sends this one.
    pub(super) fn of(request: &'r HttpRequest) -> Self {
        let connection = request.conn_data().expect("every request comes over a connection");
        Self { request, connection }
    }

    /// Over which connection.
    pub(super) const fn connection(&self) -> &'r Rc<Connection> {
        self.connection
    }

    /// Counts as a join, or as making a room.
    ///
    /// # Errors
    /// Where there are too many, and to pages that have no business here.
    pub(super) fn ask_to_join(&self, now: Instant) -> Result<(), Refusal> {
        let allowed = self.presence().gate().allowed_origins();
        if !is_welcome(self.header(ORIGIN).next(), self.header(HOST).next(), allowed) {
            return Err(Refusal::ForeignOrigin);
        }
        self.presence().handle_join(self.client(), now)
    }

    /// Counts a refusal, and says why.
    pub(super) fn refuse(&self, refusal: Refusal, why: String) -> HttpResponse {
        self.presence().gate().count(refusal);
        let status = StatusCode::from_u16(refusal.status()).expect("a status");
        let mut response = HttpResponse::build(status);
        if let Some(seconds) = refusal.retry_after_s() {
            response.insert_header((RETRY_AFTER, seconds.to_string())).force_close();
        }
        response.content_type(ContentType::plaintext()).body(why)
    }

    fn presence(&self) -> &'r Presence {
        self.connection.presence()
    }

    fn client(&self) -> IpAddr {
        let peer = self.request.peer_addr().expect("connections are made over TCP").ip();
        let proxies = self.presence().gate().trusted_proxies();
        proxies.client(peer, self.header(X_FORWARDED_FOR), self.header(FORWARDED))
    }

    /// The values of a header. What is no text stands for what nobody would say.
    fn header(&self, name: HeaderName) -> impl Iterator<Item = &'r str> {
        self.request.headers().get_all(name).map(|value| value.to_str().unwrap_or("\0"))
    }
}
