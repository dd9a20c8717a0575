//! Health, readiness and metrics.

use std::sync::Arc;

use actix_web::http::header::ContentType;
use actix_web::{HttpRequest, HttpResponse};
use tokio::time::Instant;

use crate::telemetry::{Health, METRICS_CONTENT_TYPE, Metrics, Readiness};

/// `GET /healthz`: 200 while the process serves requests.
pub(in crate::http) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body("ok\n")
}

/// `GET /readyz`: 200 if the server should receive more players, otherwise 503 and the reason.
pub(in crate::http) async fn readyz(request: HttpRequest) -> HttpResponse {
    let health: &Arc<Health> = request.app_data().expect("the health is registered with the routes");
    let (mut response, text) = match health.readiness(Instant::now()) {
        Readiness::Ready => (HttpResponse::Ok(), "ready\n"),
        Readiness::Unsaved => (HttpResponse::Ok(), "ready, but the store fails\n"),
        Readiness::ShuttingDown => (HttpResponse::ServiceUnavailable(), "draining\n"),
        Readiness::Overloaded => (HttpResponse::ServiceUnavailable(), "overloaded\n"),
    };
    response.content_type(ContentType::plaintext()).body(text)
}

/// `GET /metrics`
pub(super) async fn metrics(request: HttpRequest) -> HttpResponse {
    let metrics: &Arc<Metrics> = request.app_data().expect("the metrics are registered with the routes");
    HttpResponse::Ok().content_type(METRICS_CONTENT_TYPE).body(metrics.encode())
}
