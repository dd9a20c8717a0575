//! What those who run the server ask it: is it alive, should it be sent players, what has it counted?

use std::sync::Arc;
use std::time::Instant;

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse};

use crate::health::{Health, Readiness};
use crate::metrics::{self, Metrics};

/// `GET /healthz`: whoever answers is alive.
pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body("ok\n")
}

/// `GET /readyz`: 200 if the server should be sent players, 503 and the reason if not.
pub(super) async fn readyz(request: HttpRequest) -> HttpResponse {
    let health: &Arc<Health> = request.app_data().expect("every application has its health");
    let (mut response, word) = match health.readiness(Instant::now()) {
        Readiness::Ready => (HttpResponse::Ok(), "ready\n"),
        Readiness::Draining => (HttpResponse::ServiceUnavailable(), "draining\n"),
        Readiness::Overloaded => (HttpResponse::ServiceUnavailable(), "overloaded\n"),
    };
    response.content_type(ContentType::plaintext()).body(word)
}

/// `GET /metrics`: what the server has counted.
pub(super) async fn metrics(request: HttpRequest) -> HttpResponse {
    let metrics: &Arc<Metrics> = request.app_data().expect("the administrators' application has its metrics");
    HttpResponse::Ok().content_type(metrics::CONTENT_TYPE).body(metrics.encode())
}
