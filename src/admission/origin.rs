//! Origin check (RFC 6454; RFC 6455, section 10.2): a browser sends the origin of the page that connects, and the page
//! cannot forge it.

use std::str::FromStr;

use url::Url;

/// The origin of a page, such as `https://game.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(url::Origin);

/// The text is not an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an origin is a scheme, a host and an optional port, as in https://game.example")]
pub struct OriginError;

impl Origin {
    /// Whether the page was loaded from `host`, the value of the request's `Host` header. Behind a proxy the scheme of the
    /// request is unknown, so the scheme of the origin is assumed.
    fn is_same_host(&self, host: &str) -> bool {
        let url::Origin::Tuple(scheme, ..) = &self.0 else { return false };
        format!("{scheme}://{host}").parse().is_ok_and(|requested: Self| requested == *self)
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let url: Url = text.parse().map_err(|_| OriginError)?;
        let is_web = matches!(url.scheme(), "http" | "https");
        let has_only_host = url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        // The URL parser also accepts a trailing slash, and wildcards in the host. An origin may contain neither.
        let is_plain = !text.ends_with('/') && !text.contains('*');
        if is_web && has_only_host && is_plain { Ok(Self(url.origin())) } else { Err(OriginError) }
    }
}

/// Whether a request may connect: its page was loaded from the server's own host or has an allowed origin. A request without
/// an `Origin` header was not sent by a browser, and may connect.
#[must_use]
pub fn is_origin_allowed(origin: Option<&str>, host: Option<&str>, allowed: &[Origin]) -> bool {
    let Some(origin) = origin else { return true };
    let Ok(origin) = origin.parse::<Origin>() else { return false };
    host.is_some_and(|host| origin.is_same_host(host)) || allowed.contains(&origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_servers_host_may_connect_and_others_may_not() {
        let check = |origin, host, expected| {
            assert_eq!(is_origin_allowed(Some(origin), Some(host), &[]), expected, "{origin} to {host}");
        };
        check("http://127.0.0.1:8080", "127.0.0.1:8080", true);
        check("https://game.example", "game.example", true);
        check("https://Game.Example", "game.example:443", true);
        check("http://game.example", "game.example:80", true);
        check("http://[::1]:8080", "[::1]:8080", true);
        check("http://[::1]", "[::1]", true);
        check("http://127.0.0.1:8080", "127.0.0.1:8081", false);
        check("https://game.example", "game.example:80", false);
        check("https://evil.example", "game.example", false);
        check("https://game.example.evil.example", "game.example", false);
        check("https://game.example@evil.example", "evil.example", false);
        check("null", "game.example", false);
        check("", "", false);
        check("file://", "game.example", false);
    }

    #[test]
    fn pages_of_allowed_origins_may_connect() {
        let allowed = ["https://play.example", "http://localhost:3000"].map(|text| text.parse().expect("an origin"));
        let check = |origin, expected| {
            assert_eq!(is_origin_allowed(Some(origin), Some("game.example"), &allowed), expected, "{origin}");
        };
        check("https://play.example", true);
        check("https://play.example:443", true);
        check("http://localhost:3000", true);
        check("http://play.example", false);
        check("http://localhost:3001", false);
    }

    #[test]
    fn requests_without_an_origin_may_connect() {
        assert!(is_origin_allowed(None, Some("game.example"), &[]));
        assert!(!is_origin_allowed(Some("https://game.example"), None, &[]));
    }

    #[test]
    fn text_that_is_not_an_origin_is_rejected() {
        for text in
            ["*", "game.example", "https://", "https://game.example/path", "ftp://game.example", "https://*.example"]
        {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
