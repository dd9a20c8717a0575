//! Which pages may connect (RFC 6454, RFC 6455 section 10.2): a browser names the page's origin, and pages cannot lie about it.

use std::str::FromStr;

/// The origin of a page, such as `https://game.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// Whether a request to `host`, as its header names it, comes from this origin's own server.
    fn is_same_host(&self, host: &str) -> bool {
        let (host, port) = split_port(host);
        host.eq_ignore_ascii_case(&self.host) && self.without_default(port) == self.port
    }

    /// The port, unless it is the one that goes without saying.
    fn without_default(&self, port: Option<u16>) -> Option<u16> {
        port.filter(|port| *port != if self.scheme == "https" { 443 } else { 80 })
    }
}

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const SHAPE: &str = "an origin is a scheme, a host and perhaps a port, as in https://game.example";
        let (scheme, rest) = text.split_once("://").ok_or(SHAPE)?;
        let (host, port) = split_port(rest);
        let is_host = |host: &str| !host.is_empty() && !host.contains(['/', '?', '#', '@', '*', ' ']);
        if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") || !is_host(host) {
            return Err(SHAPE);
        }
        let mut origin = Self { scheme: scheme.to_ascii_lowercase(), host: host.to_ascii_lowercase(), port: None };
        origin.port = origin.without_default(port);
        Ok(origin)
    }
}

/// A host, and the port if one follows.
fn split_port(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?))) {
        // The colons of a bare IPv6 address come before its closing bracket.
        Some((host, port)) if !authority.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Whether a page may connect: one of the server's own, or one that is on the list. What names no page is no browser, and may.
#[must_use]
pub fn is_welcome(origin: Option<&str>, host: Option<&str>, allowed: &[Origin]) -> bool {
    let Some(origin) = origin else { return true };
    let Ok(origin) = origin.parse::<Origin>() else { return false };
    host.is_some_and(|host| origin.is_same_host(host)) || allowed.contains(&origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_pages_may_connect_and_others_may_not() {
        let check =
            |origin, host, expected| assert_eq!(is_welcome(Some(origin), Some(host), &[]), expected, "{origin} to {host}");
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
    fn pages_on_the_list_may_connect() {
        let allowed = ["https://play.example", "http://localhost:3000"].map(|text| text.parse().expect("an origin"));
        let check =
            |origin, expected| assert_eq!(is_welcome(Some(origin), Some("game.example"), &allowed), expected, "{origin}");
        check("https://play.example", true);
        check("https://play.example:443", true);
        check("http://localhost:3000", true);
        check("http://play.example", false);
        check("http://localhost:3001", false);
    }

    #[test]
    fn who_names_no_page_may_connect() {
        assert!(is_welcome(None, Some("game.example"), &[]));
        assert!(!is_welcome(Some("https://game.example"), None, &[]));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in
            ["*", "game.example", "https://", "https://game.example/path", "ftp://game.example", "https://*.example"]
        {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
