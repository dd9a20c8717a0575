//! Admission control, shared by the HTTP workers. The table of *accounts* records what each address, IPv6 prefix and
//! ticket's subject uses. A mutex protects the table. Looking up the accounts of a client locks the mutex, but counting
//! does not.

pub mod bans;
mod connection_permit;

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use log::warn;

use super::account::key::AccountKey;
use super::account::table::AccountTable;
use super::limits::{Event, Resource};
use super::{
    AdmissionLimits, AllowedPages, Client, HostName, Networks, Origin, Permit, RateLimit, Refusal, Refusals, RequestScheme,
    TrustedProxies,
};
use bans::BanList;

pub use connection_permit::ConnectionPermit;

/// Maximum length of a host name in the log.
const LOGGED_HOST_MAX: usize = 100;

/// Maximum number of refused connections that are kept open to receive an error response. Connections that are refused
/// beyond this number are closed without a response.
pub const REFUSED_MAX: usize = 256;
/// Maximum number of refused upgrades per second that are explained with a close code, in bursts of up to twice as many.
/// The server has to complete the upgrade to WebSocket before it can send the close code. Upgrades that are refused beyond
/// this rate get an HTTP status instead.
pub const EXPLANATIONS_PER_SECOND: u32 = 100;
/// Maximum number of accounts of one connection: three of an IPv6 address and one of a ticket's subject. The table has
/// space for at least this number of accounts per permitted connection.
const ACCOUNTS_PER_CONNECTION: usize = 4;

/// Options of admission control.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AdmissionOptions {
    /// Limits on connections and clients.
    pub limits: AdmissionLimits,
    /// Origins of pages that may connect, in addition to pages from the server's own host.
    pub allowed_origins: Vec<Origin>,
    /// Host names of the server. A page that was loaded under one of these names may connect. IP addresses, `localhost` and
    /// the hosts of allowed origins need not be listed.
    pub allowed_hosts: Vec<HostName>,
    /// Proxies whose forwarding headers are trusted.
    pub trusted_proxies: TrustedProxies,
    /// Whether each connection from a trusted proxy begins with a PROXY protocol header (version 2). Default: no.
    pub proxy_protocol: bool,
    /// Networks whose addresses are exempt from the limits on clients. Trusted proxies in these networks are not exempt.
    /// Default: 127.0.0.1 and `::1`.
    pub exempt_networks: Networks,
}

impl Default for AdmissionOptions {
    fn default() -> Self {
        Self {
            limits: AdmissionLimits::default(),
            allowed_origins: Vec::new(),
            allowed_hosts: Vec::new(),
            trusted_proxies: TrustedProxies::default(),
            proxy_protocol: false,
            exempt_networks: Networks::localhost(),
        }
    }
}

/// Decides which connections are served, and counts refusals.
#[derive(Debug)]
pub struct AdmissionControl {
    options: AdmissionOptions,
    /// Number of admitted connections.
    admitted: AtomicUsize,
    /// Number of refused connections that are still open.
    refused: AtomicUsize,
    accounts: Mutex<AccountTable>,
    explanations: RateLimit,
    refusals: Refusals,
    bans: BanList,
    /// Whether the warning about an exempt proxy was logged.
    has_warned: AtomicBool,
    host_warning: Once,
}

impl AdmissionControl {
    /// Maximum number of refused connections that are kept open until their error response is sent.
    pub const REFUSED_MAX: usize = REFUSED_MAX;

    /// Starts with no connections.
    #[must_use]
    pub fn new(options: AdmissionOptions) -> Arc<Self> {
        let AdmissionLimits { connections_max, accounts_max, client } = options.limits;
        let accounts_max = connections_max.saturating_mul(ACCOUNTS_PER_CONNECTION).max(accounts_max);
        Arc::new(Self {
            options,
            admitted: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            accounts: Mutex::new(AccountTable::new(client, accounts_max)),
            explanations: RateLimit::per_second(EXPLANATIONS_PER_SECOND),
            refusals: Refusals::default(),
            bans: BanList::default(),
            has_warned: AtomicBool::new(false),
            host_warning: Once::new(),
        })
    }

    /// Counts a connection that the listener has accepted. Returns `None` if the connection must be dropped without a
    /// response.
    pub fn handle_connect(self: &Arc<Self>, peer: IpAddr) -> Option<ConnectionPermit> {
        let is_proxied = self.options.trusted_proxies.includes(peer);
        let client = if is_proxied { Client::default() } else { self.client(peer, None) };
        let (connection, refusal) = match self.admit(&client) {
            Ok(connection) => (connection, None),
            Err(refusal) if client.may_be_answered() && try_count(&self.refused, REFUSED_MAX) => {
                (Permit::empty(client, Resource::Connection), Some(refusal))
            }
            Err(refusal) => {
                self.count(refusal);
                return None;
            }
        };
        let (control, connection) = (Arc::clone(self), RefCell::new(connection));
        Some(ConnectionPermit { control, peer, is_proxied, proxied: Cell::new(None), connection, refusal })
    }

    /// Whether a connection from this peer begins with a PROXY protocol header.
    pub fn expects_proxy_header(&self, peer: IpAddr) -> bool {
        self.options.proxy_protocol && self.options.trusted_proxies.includes(peer)
    }

    /// Admits and counts a connection, unless a limit is reached.
    fn admit(&self, client: &Client) -> Result<Permit, Refusal> {
        client.try_acquire(Event::Connect, 1)?;
        let connection = client.hold(Resource::Connection, 1)?;
        let is_free = try_count(&self.admitted, self.options.limits.connections_max);
        is_free.then_some(connection).ok_or(Refusal::ServerFull)
    }

    /// The client with this address. `subject` is the subject of the client's ticket, if there is one.
    fn client(&self, address: IpAddr, subject: Option<&str>) -> Client {
        let AdmissionOptions { exempt_networks, trusted_proxies, .. } = &self.options;
        if exempt_networks.include(address) && !trusted_proxies.includes(address) {
            return Client::default();
        }
        let keys = AccountKey::of_address(address).chain(subject.map(AccountKey::of_subject));
        self.accounts().client(keys)
    }

    /// Counts a refusal.
    pub fn count(&self, refusal: Refusal) {
        self.refusals.count(refusal);
    }

    /// Whether a refused upgrade may be explained with a close code. Counts the explanation if so. See
    /// [`EXPLANATIONS_PER_SECOND`].
    pub fn may_explain(&self) -> bool {
        self.explanations.try_acquire()
    }

    /// Refusals, by reason.
    pub const fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Bans of networks and users.
    pub const fn bans(&self) -> &BanList {
        &self.bans
    }

    /// The number of open connections, including refused ones.
    pub fn connections(&self) -> usize {
        self.admitted.load(Ordering::Relaxed) + self.refused.load(Ordering::Relaxed)
    }

    /// The number of accounts.
    pub fn account_count(&self) -> usize {
        self.accounts().len()
    }

    /// The sum of what all accounts hold of a resource. What a client holds counts once for each of its accounts: an IPv6
    /// address has three (its /64, /56 and /48), an IPv4 address has one, and a ticket's subject adds one.
    #[cfg(any(test, feature = "internals"))]
    pub fn held(&self, resource: Resource) -> u64 {
        self.accounts().held(resource)
    }

    /// The amount of a resource that this IPv4 address or IPv6 /64 holds.
    #[cfg(any(test, feature = "internals"))]
    pub fn held_by(&self, address: IpAddr, resource: Resource) -> u32 {
        AccountKey::of_address(address).next().map_or(0, |key| self.accounts().held_by(&key, resource))
    }

    /// Checks whether the page that sent a request may connect.
    ///
    /// # Errors
    /// [`Refusal::OriginNotAllowed`] or [`Refusal::HostNotAllowed`].
    pub fn check_page(&self, origin: Option<&str>, host: Option<&str>, scheme: RequestScheme) -> Result<(), Refusal> {
        let AdmissionOptions { allowed_origins, allowed_hosts, .. } = &self.options;
        let checked = AllowedPages { origins: allowed_origins, hosts: allowed_hosts }.check(origin, host, scheme);
        if checked == Err(Refusal::HostNotAllowed) {
            // Logged only once, because any client can cause this warning.
            self.host_warning.call_once(|| {
                let host: String = host.unwrap_or_default().chars().take(LOGGED_HOST_MAX).collect();
                warn!("refused a page loaded from {host:?}; if this is a name of this server, set --allow-host");
            });
        }
        checked
    }

    /// Proxies whose forwarding headers are trusted.
    pub const fn trusted_proxies(&self) -> &TrustedProxies {
        &self.options.trusted_proxies
    }

    fn accounts(&self) -> MutexGuard<'_, AccountTable> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time of the system's clock, as Unix time in seconds.
pub fn unix_time() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// Adds one to a counter. Returns false, and leaves the counter unchanged, if it has reached `maximum`.
fn try_count(counter: &AtomicUsize, maximum: usize) -> bool {
    let add = |count| (count < maximum).then_some(count + 1);
    counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::ClientLimits;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn control(change: impl FnOnce(&mut AdmissionOptions)) -> Arc<AdmissionControl> {
        let mut options = AdmissionOptions {
            limits: AdmissionLimits {
                connections_max: 4,
                client: ClientLimits { connections: 2, ..ClientLimits::default() },
                ..AdmissionLimits::default()
            },
            trusted_proxies: TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")]),
            ..AdmissionOptions::default()
        };
        change(&mut options);
        AdmissionControl::new(options)
    }

    /// Connects and sends a request, directly or through a proxy.
    fn request(
        control: &Arc<AdmissionControl>,
        peer: &str,
        client: Option<&str>,
    ) -> (ConnectionPermit, Result<(), Refusal>) {
        let permit = control.handle_connect(ip(peer)).expect("a permit");
        let requested = permit.handle_request(client, []);
        (permit, requested)
    }

    #[test]
    fn a_dropped_permit_frees_its_place() {
        let control = control(|_| {});
        let direct = |from| request(&control, from, None);
        let (first, second) = (direct("192.0.2.1"), direct("192.0.2.1"));
        assert_eq!((first.1, second.1), (Ok(()), Ok(())));
        assert_eq!(direct("192.0.2.1").1, Err(Refusal::AddressFull));
        assert_eq!(control.connections(), 2);
        drop(first);
        assert_eq!(direct("192.0.2.1").1, Ok(()));
        let others = [direct("192.0.2.2"), direct("192.0.2.3"), direct("192.0.2.4"), direct("192.0.2.5")];
        assert_eq!(others.each_ref().map(|it| it.1), [Ok(()), Ok(()), Ok(()), Err(Refusal::ServerFull)]);
        drop((second, others));
        assert_eq!(control.connections(), 0);
    }

    #[test]
    fn clients_behind_a_proxy_are_counted_separately() {
        let control = control(|_| {});
        let proxied = |client| request(&control, "10.0.0.1", Some(client));
        let joined = [proxied("192.0.2.1"), proxied("192.0.2.1"), proxied("192.0.2.1"), proxied("192.0.2.2")];
        assert_eq!(joined.each_ref().map(|it| it.1), [Ok(()), Ok(()), Err(Refusal::AddressFull), Ok(())]);
    }

    #[test]
    fn each_request_of_a_proxy_is_attributed_to_its_own_client() {
        let control = control(|_| {});
        let permit = control.handle_connect(ip("10.0.0.1")).expect("a permit");
        assert_eq!(permit.client().key(), None, "no request yet");
        let key_of = |client: &'static str| {
            assert_eq!(permit.handle_request([client], []), Ok(()));
            permit.client().key().expect("an account")
        };
        let ada = key_of("192.0.2.1");
        assert_eq!(key_of("192.0.2.1"), ada);
        assert_ne!(key_of("192.0.2.2"), ada);
        let two = [(); 2].map(|()| request(&control, "192.0.2.1", None).1);
        assert_eq!(two, [Ok(()), Ok(())], "the proxy's connection no longer counts against the first client");
    }

    #[test]
    fn a_subject_is_charged_in_addition_to_the_address() {
        let control = control(|_| {});
        let connect = |address: &str| {
            let permit = control.handle_connect(ip(address)).expect("a permit");
            permit.handle_subject("ada").map(|()| permit)
        };
        let (home, office) = (connect("192.0.2.1").expect("the first"), connect("192.0.2.2").expect("the second"));
        assert_ne!(home.client().key(), office.client().key());
        assert_eq!(connect("192.0.2.3").err(), Some(Refusal::AddressFull));
        let third = control.handle_connect(ip("192.0.2.3")).expect("a permit");
        assert_eq!(third.handle_subject("ada"), Err(Refusal::AddressFull));
        let requests = (0..10_000).filter(|_| third.handle_request([], []).is_ok()).count();
        assert!(requests < 10_000, "the requests of a refused connection count");
        let _seats: Vec<_> = std::iter::from_fn(|| home.client().take_seat().ok()).collect();
        assert_eq!(office.client().take_seat().err(), Some(Refusal::ClientSeats));
    }

    #[test]
    fn a_proxy_that_adds_no_address_is_one_client() {
        let exempt = Networks::new(vec!["10.0.0.0/8".parse().expect("a network")]);
        let control = control(|options| options.exempt_networks = exempt);
        let requested = [(); 3].map(|()| request(&control, "10.0.0.1", None));
        assert_eq!(requested.each_ref().map(|it| it.1), [Ok(()), Ok(()), Err(Refusal::AddressFull)]);
    }

    #[test]
    fn a_refused_connection_that_gets_no_answer_is_not_counted() {
        let control = control(|options| options.limits.connections_max = 10_000);
        let permits: Vec<_> = (0..400).filter_map(|_| control.handle_connect(ip("192.0.2.1"))).collect();
        let refused = permits.iter().filter(|permit| permit.is_refused()).count();
        assert_eq!((permits.len(), refused, control.connections()), (66, 64, 66), "a client gets 64 answers at once");
        assert!(control.refusals().counts().any(|counted| counted == (Refusal::AddressFull, 400 - 66)));
        drop(permits);
        assert_eq!(control.connections(), 0);
        assert!(control.handle_connect(ip("192.0.2.1")).is_some_and(|permit| !permit.is_refused()));
    }

    #[test]
    fn a_full_server_answers_a_limited_number_of_connections() {
        let control = control(|options| options.limits.connections_max = 10);
        let clients = (0..300).map(|number| IpAddr::from([192, 0, 2 + (number / 256) as u8, number as u8]));
        let permits: Vec<_> = clients.filter_map(|client| control.handle_connect(client)).collect();
        assert_eq!((permits.len(), control.connections()), (10 + REFUSED_MAX, 10 + REFUSED_MAX));
        assert_eq!(permits.iter().filter(|permit| permit.is_refused()).count(), REFUSED_MAX);
    }

    #[test]
    fn exempt_addresses_are_limited_only_by_the_server() {
        let control = control(|options| options.limits.connections_max = 100);
        let permits: Vec<_> = (0..100).filter_map(|_| control.handle_connect(ip("127.0.0.1"))).collect();
        assert!(permits.len() == 100 && permits.iter().all(|permit| !permit.is_refused()));
        assert!((0..10_000).all(|_| permits[0].handle_request([], []).is_ok() && permits[0].handle_join().is_ok()));
        assert!(control.handle_connect(ip("127.0.0.1")).is_some_and(|permit| permit.is_refused()));
        assert_eq!(control.account_count(), 0);
    }

    #[test]
    fn an_exempt_address_that_sends_forwarding_headers_causes_one_warning() {
        let control = control(|_| {});
        let has_warned = || control.has_warned.load(Ordering::Relaxed);
        assert_eq!(request(&control, "192.0.2.1", Some("198.51.100.1")).1, Ok(()));
        assert_eq!(request(&control, "10.0.0.1", Some("127.0.0.1")).1, Ok(()));
        assert_eq!(request(&control, "127.0.0.1", None).1, Ok(()));
        assert!(!has_warned(), "these are not exempt, a trusted proxy, or send no header");
        assert_eq!(request(&control, "127.0.0.1", Some("198.51.100.1")).1, Ok(()));
        assert!(has_warned());
    }

    #[tokio::test(start_paused = true)]
    async fn messages_pings_and_bytes_are_counted_over_all_connections() {
        let limits =
            ClientLimits { connections: 2, messages_per_second: 10, pings_per_second: 5, ..ClientLimits::default() };
        let limits = ClientLimits { bytes_per_second: 1_000, ..limits };
        let connect = |client: ClientLimits| {
            let control = control(|options| options.limits.client = client);
            [(); 2].map(|()| control.handle_connect(ip("192.0.2.1")).expect("a permit"))
        };
        let [first, second] = connect(limits);
        assert!((0..10).all(|_| first.handle_message(0).and_then(|()| second.handle_message(0)).is_ok()));
        assert_eq!(first.handle_message(0), Err(Refusal::MessageRate));
        let [first, second] = connect(limits);
        assert!((0..5).all(|_| first.handle_ping().and_then(|()| second.handle_ping()).is_ok()));
        assert_eq!(second.handle_ping(), Err(Refusal::PingRate));
        let [first, second] = connect(limits);
        assert_eq!((first.handle_message(994), second.handle_message(994)), (Ok(()), Ok(())));
        assert_eq!(first.handle_message(0), Err(Refusal::ByteRate));
    }

    #[test]
    fn a_session_without_a_connection_counts_like_one() {
        let control = control(|_| {});
        let (connection, requested) = request(&control, "10.0.0.1", Some("192.0.2.1"));
        assert_eq!(requested, Ok(()));
        let session = connection.open_session().expect("the client may open two connections");
        assert_eq!(session.client().key(), connection.client().key());
        assert_eq!((connection.open_session().err(), control.connections()), (Some(Refusal::AddressFull), 2));
        drop(connection);
        assert_eq!(control.connections(), 1);
        assert_eq!(control.held_by(ip("192.0.2.1"), Resource::Connection), 1);
        assert_eq!(session.handle_subject("ada"), Ok(()));
        assert_eq!(control.held_by(ip("192.0.2.1"), Resource::Connection), 1, "the address stays charged");
        drop(session);
        assert_eq!((control.connections(), control.held_by(ip("192.0.2.1"), Resource::Connection)), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn explanations_are_limited() {
        let control = control(|_| {});
        assert_eq!((0..1_000).filter(|_| control.may_explain()).count(), 2 * EXPLANATIONS_PER_SECOND as usize);
    }
}
