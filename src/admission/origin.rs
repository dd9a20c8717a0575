//! Origin check (RFC 6454; RFC 6455, section 10.2): a browser sends the origin of the page that connects, and the page
//! cannot forge it.
//!
//! A page whose origin equals the request's `Host` header is not necessarily a page of this server: an attacker can make a
//! domain name of their own resolve to the server's address, even to a loopback address (DNS rebinding). Of all domain
//! names, the server therefore accepts only those in its configuration. It accepts all IP addresses and `localhost`,
//! because an attacker cannot rebind them.

use std::str::FromStr;

use url::{Host, Url};

use super::Refusal;

/// The origin of a page, such as `https://game.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(url::Origin);

/// The scheme of a request, as far as the server knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestScheme {
    /// The client's connection to this server uses TLS. Pages loaded with plain `http` are rejected, because an attacker in
    /// the network can modify them.
    Https,
    /// A proxy may have forwarded the request. The server assumes that the client used the scheme of the page's origin.
    Unknown,
}

/// The text is not an origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an origin is a scheme, a host and an optional port, as in https://game.example")]
pub struct OriginError;

/// The name or the IP address of a host, such as `game.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(Host);

/// The text is not the name of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a host is a name or an IP address without a port, as in game.example")]
pub struct HostNameError;

impl FromStr for HostName {
    type Err = HostNameError;

    fn from_str(text: &str) -> Result<Self, HostNameError> {
        if text.contains('*') {
            return Err(HostNameError);
        }
        Host::parse(text).map(Self).map_err(|_| HostNameError)
    }
}

impl Origin {
    const fn host(&self) -> Option<&Host> {
        if let url::Origin::Tuple(_, host, _) = &self.0 { Some(host) } else { None }
    }

    /// Whether the host is an IP address or a name that browsers resolve to loopback addresses (RFC 6761, section 6.3).
    fn cannot_be_rebound(&self) -> bool {
        match self.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
            None => false,
        }
    }

    /// Whether the page was loaded from `host` (the value of the request's `Host` header) with the scheme of the request.
    fn is_same_host(&self, host: &str, scheme: RequestScheme) -> bool {
        let url::Origin::Tuple(own_scheme, ..) = &self.0 else { return false };
        let scheme = match scheme {
            RequestScheme::Https => "https",
            RequestScheme::Unknown => own_scheme,
        };
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

/// The pages that may connect.
#[derive(Clone, Copy, Debug)]
pub struct AllowedPages<'a> {
    /// Origins from which pages may connect, whatever the server's host is.
    pub origins: &'a [Origin],
    /// Names of this server.
    pub hosts: &'a [HostName],
}

impl AllowedPages<'_> {
    /// Checks whether the page that sent a request may connect: its origin is allowed, or it was loaded from this server
    /// under a known name. A request without an `Origin` header was not sent by a page, and may connect.
    ///
    /// # Errors
    /// [`Refusal::OriginNotAllowed`] or [`Refusal::HostNotAllowed`].
    pub fn check(&self, origin: Option<&str>, host: Option<&str>, scheme: RequestScheme) -> Result<(), Refusal> {
        let Some(origin) = origin else { return Ok(()) };
        let origin = origin.parse::<Origin>().map_err(|_| Refusal::OriginNotAllowed)?;
        if self.origins.contains(&origin) {
            return Ok(());
        }
        if !host.is_some_and(|host| origin.is_same_host(host, scheme)) {
            return Err(Refusal::OriginNotAllowed);
        }
        if self.is_known(&origin) { Ok(()) } else { Err(Refusal::HostNotAllowed) }
    }

    /// Whether the host in a page's origin is a known name of this server, or cannot be rebound. Otherwise, an attacker may
    /// have rebound the name to this server's address.
    fn is_known(&self, origin: &Origin) -> bool {
        origin.cannot_be_rebound()
            || self.hosts.iter().any(|known| Some(&known.0) == origin.host())
            || self.origins.iter().any(|known| known.host() == origin.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_servers_host_may_connect_and_others_may_not() {
        let hosts = ["game.example", "evil.example"].map(|name| name.parse().expect("a name"));
        let pages = AllowedPages { origins: &[], hosts: &hosts };
        let check = |origin, host, expected| {
            assert_eq!(
                pages.check(Some(origin), Some(host), RequestScheme::Unknown).is_ok(),
                expected,
                "{origin} to {host}"
            );
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
        let pages = AllowedPages { origins: &allowed, hosts: &[] };
        let check = |origin, expected| {
            for scheme in [RequestScheme::Unknown, RequestScheme::Https] {
                let is_allowed = pages.check(Some(origin), Some("game.example"), scheme).is_ok();
                assert_eq!(is_allowed, expected, "{origin}, {scheme:?}");
            }
        };
        check("https://play.example", true);
        check("https://play.example:443", true);
        check("http://localhost:3000", true);
        check("http://play.example", false);
        check("http://localhost:3001", false);
    }

    #[test]
    fn requests_without_an_origin_may_connect() {
        let pages = AllowedPages { origins: &[], hosts: &[] };
        assert_eq!(pages.check(None, Some("game.example"), RequestScheme::Unknown), Ok(()));
        assert_eq!(pages.check(Some("https://game.example"), None, RequestScheme::Unknown), Err(Refusal::OriginNotAllowed));
    }

    #[test]
    fn pages_of_a_host_may_connect_only_if_its_name_is_known_or_cannot_be_rebound() {
        let hosts = ["game.example".parse().expect("a name")];
        let origins = ["https://play.example:8443".parse().expect("an origin")];
        let pages = AllowedPages { origins: &origins, hosts: &hosts };
        let check = |host: &str, expected| {
            let checked = pages.check(Some(&format!("http://{host}")), Some(host), RequestScheme::Unknown);
            assert_eq!(checked, expected, "{host}");
        };
        for host in ["127.0.0.1:8080", "192.168.1.7:8080", "[::1]:8080", "[fe80::1]", "localhost:8080", "a.localhost"] {
            check(host, Ok(()));
        }
        for host in ["game.example:8080", "Game.Example", "play.example"] {
            check(host, Ok(()));
        }
        for host in ["rebound.example:8080", "a.game.example", "game.example.evil.example", "localhost.example"] {
            check(host, Err(Refusal::HostNotAllowed));
        }
    }

    #[test]
    fn pages_without_tls_may_not_connect_to_a_server_with_tls() {
        let hosts = ["game.example", "evil.example"].map(|name| name.parse().expect("a name"));
        let pages = AllowedPages { origins: &[], hosts: &hosts };
        let check = |origin, host, expected| {
            let is_allowed = pages.check(Some(origin), Some(host), RequestScheme::Https).is_ok();
            assert_eq!(is_allowed, expected, "{origin} to {host}");
        };
        check("https://game.example", "game.example", true);
        check("https://game.example:8443", "game.example:8443", true);
        check("http://game.example", "game.example", false);
        check("http://game.example:8443", "game.example:8443", false);
        check("http://game.example:443", "game.example", false);
        check("https://evil.example", "game.example", false);
    }

    #[test]
    fn text_that_is_not_a_host_is_rejected() {
        for text in ["", "*", "*.example", "game.example:80", "https://game.example", "a b", "a/b"] {
            assert!(text.parse::<HostName>().is_err(), "{text}");
        }
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
