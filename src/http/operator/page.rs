//! The files of the operator page.

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, ServiceConfig};

/// Only files of this listener may be used, and no other page may embed the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file: path, content type and content.
type File = (&'static str, &'static str, &'static str);

const FILES: [File; 6] = [
    ("/admin/", "text/html; charset=utf-8", include_str!("page/index.html")),
    ("/admin/style.css", "text/css; charset=utf-8", include_str!("page/style.css")),
    ("/admin/main.js", "text/javascript; charset=utf-8", include_str!("page/main.js")),
    ("/admin/api.js", "text/javascript; charset=utf-8", include_str!("page/api.js")),
    ("/admin/metrics.js", "text/javascript; charset=utf-8", include_str!("page/metrics.js")),
    ("/admin/rooms.js", "text/javascript; charset=utf-8", include_str!("page/rooms.js")),
];

pub(super) fn routes(config: &mut ServiceConfig) {
    for (path, content_type, content) in FILES {
        config.route(path, web::get().to(move || async move { file(content_type, content) }));
    }
    config.route("/admin", web::get().to(|| async { redirect() })).route("/", web::get().to(|| async { redirect() }));
}

fn file(content_type: &'static str, content: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(content)
}

fn redirect() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/admin/")).finish()
}
