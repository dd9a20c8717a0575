//! The listener that redirects plain HTTP requests to HTTPS.

use actix_web::http::header::{HOST, LOCATION};
use actix_web::http::uri::Authority;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use super::gate;

/// The default port of the scheme `https`.
const DEFAULT_HTTPS_PORT: u16 = 443;

/// Answers a request with a permanent redirect to the same URL, but with the scheme `https` and this port. Requests over a
/// limit are refused.
pub fn redirect_routes(https_port: u16) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        let redirect = web::to(move |request: HttpRequest| {
            let response = redirect(&request, https_port);
            async move { response }
        });
        config.service(web::scope("").wrap(from_fn(gate::admit)).default_service(redirect));
    }
}

fn redirect(request: &HttpRequest, https_port: u16) -> HttpResponse {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let Some(host) = host else {
        return HttpResponse::BadRequest().force_close().body("a request needs a Host header\n");
    };
    let host = match https_port {
        DEFAULT_HTTPS_PORT => host.host().to_owned(),
        port => format!("{}:{port}", host.host()),
    };
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    HttpResponse::PermanentRedirect().insert_header((LOCATION, format!("https://{host}{path}"))).force_close().finish()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_location_has_the_host_of_the_request_and_the_port_of_the_listener() {
        let check = |host, path, port, expected: &str| {
            let request = TestRequest::with_uri(path).insert_header((HOST, host)).to_http_request();
            let response = redirect(&request, port);
            assert_eq!(response.status(), 308);
            assert_eq!(response.headers().get(LOCATION).expect("a redirect has a location"), expected);
        };
        check("game.example", "/", 443, "https://game.example/");
        check("game.example:80", "/ws?room=duel", 8443, "https://game.example:8443/ws?room=duel");
        check("[::1]:8080", "/", 443, "https://[::1]/");
        check("user@game.example", "/", 443, "https://game.example/");
    }

    #[test]
    fn a_request_without_a_valid_host_is_not_redirected() {
        assert_eq!(redirect(&TestRequest::default().to_http_request(), 443).status(), 400);
        let request = TestRequest::default().insert_header((HOST, "no host")).to_http_request();
        assert_eq!(redirect(&request, 443).status(), 400);
    }
}
