//! Admission control, shared by the HTTP workers. One mutex protects it, and is held only for short updates of counters.

use std::cell::Cell;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};

use log::warn;

use super::{
    AddressBlock, Admission, AdmissionLimits, AllowedPages, ConnectDecision, HostName, Origin, Refusal, Refusals,
    TrustedProxies,
};

/// Maximum length of a host name in the log.
const LOGGED_HOST_MAX: usize = 100;

/// Options of admission control.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AdmissionOptions {
    /// Limits on connections and joins.
    pub limits: AdmissionLimits,
    /// Origins of pages that may connect, in addition to pages from the server's own host.
    pub allowed_origins: Vec<Origin>,
    /// Names of the server, under which its pages may connect. IP addresses, `localhost` and the hosts of allowed origins need
    /// not be listed.
    pub allowed_hosts: Vec<HostName>,
    /// Proxies whose forwarding headers are trusted.
    pub trusted_proxies: TrustedProxies,
}

/// Decides which connections are served, and counts refusals.
#[derive(Debug)]
pub struct AdmissionControl {
    admission: Mutex<Admission>,
    options: AdmissionOptions,
    refusals: Refusals,
    host_warning: Once,
}

/// Permit for an open connection. The connection counts against the limits until its permit is dropped.
#[derive(Debug)]
pub struct ConnectionPermit {
    control: Arc<AdmissionControl>,
    /// The address whose limit the connection counts against. Behind a proxy, the address is unknown until the first join.
    address: Cell<Option<AddressBlock>>,
    /// Whether the peer is a trusted proxy. A proxy may send requests of several clients over one connection.
    is_proxied: bool,
    /// If set, requests to join over this connection are refused for this reason.
    refusal: Option<Refusal>,
}

impl AdmissionControl {
    /// Maximum number of connections over the limit that are kept open until their error response is sent.
    pub const REFUSED_MAX: usize = super::ANSWERED_MAX;

    /// Starts with no connections.
    #[must_use]
    pub fn new(options: AdmissionOptions) -> Arc<Self> {
        let admission = Mutex::new(Admission::new(options.limits));
        Arc::new(Self { admission, options, refusals: Refusals::default(), host_warning: Once::new() })
    }

    /// Counts a connection that the listener has accepted. Returns `None` if the connection must be dropped without a
    /// response.
    pub fn handle_connect(self: &Arc<Self>, peer: IpAddr) -> Option<ConnectionPermit> {
        let mut admission = self.admission();
        let refusal = match admission.handle_connect() {
            ConnectDecision::Admit => None,
            ConnectDecision::Refuse(refusal) => Some(refusal),
            ConnectDecision::Drop(refusal) => return self.drop_connection(refusal),
        };
        let is_proxied = self.options.trusted_proxies.includes(peer);
        let mut permit = ConnectionPermit { control: Arc::clone(self), address: Cell::new(None), is_proxied, refusal };
        if is_proxied {
            return Some(permit);
        }
        let address = AddressBlock::of(peer);
        let decision = admission.handle_attribution(address);
        drop(admission); // The permit's destructor locks the mutex.
        match decision {
            ConnectDecision::Admit => {}
            ConnectDecision::Refuse(refusal) => permit.refusal = permit.refusal.or(Some(refusal)),
            ConnectDecision::Drop(refusal) => return self.drop_connection(refusal),
        }
        permit.address.set(Some(address));
        Some(permit)
    }

    fn drop_connection(&self, refusal: Refusal) -> Option<ConnectionPermit> {
        self.count(refusal);
        None
    }

    /// Counts a refusal.
    pub fn count(&self, refusal: Refusal) {
        self.refusals.count(refusal);
    }

    /// Refusals, by reason.
    pub const fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// The number of open connections.
    pub fn connections(&self) -> usize {
        self.admission().connections()
    }

    /// Checks whether the page that sent a request may connect.
    ///
    /// # Errors
    /// [`Refusal::OriginNotAllowed`] or [`Refusal::HostNotAllowed`].
    pub fn check_page(&self, origin: Option<&str>, host: Option<&str>) -> Result<(), Refusal> {
        let AdmissionOptions { allowed_origins, allowed_hosts, .. } = &self.options;
        let checked = AllowedPages { origins: allowed_origins, hosts: allowed_hosts }.check(origin, host);
        if checked == Err(Refusal::HostNotAllowed) {
            // Once, because any client can cause it.
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

    fn admission(&self) -> MutexGuard<'_, Admission> {
        self.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectionPermit {
    /// Counts a request to join or create a room, which arrived over this connection. `client` is the address of the client
    /// that sent the request. Behind a proxy, this is not the address of the peer.
    ///
    /// # Errors
    /// The reason for refusing the request.
    pub fn handle_join(&self, client: IpAddr) -> Result<(), Refusal> {
        let client = AddressBlock::of(client);
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        let mut admission = self.control.admission();
        if self.is_proxied && self.address.get() != Some(client) {
            self.attribute_to(client, &mut admission)?;
        }
        admission.handle_join(client)
    }

    /// Counts a proxy's connection against the limit of `client` instead of the limit of the previous client.
    fn attribute_to(&self, client: AddressBlock, admission: &mut Admission) -> Result<(), Refusal> {
        if let Some(before) = self.address.take() {
            admission.handle_release(before);
        }
        match admission.handle_attribution(client) {
            ConnectDecision::Admit => {
                self.address.set(Some(client));
                Ok(())
            }
            ConnectDecision::Refuse(refusal) => {
                admission.handle_release(client);
                Err(refusal)
            }
            ConnectDecision::Drop(refusal) => Err(refusal),
        }
    }

    /// Whether requests to join are refused.
    pub const fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// The admission control that granted the permit.
    pub const fn control(&self) -> &Arc<AdmissionControl> {
        &self.control
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut admission = self.control.admission();
        if let Some(address) = self.address.get() {
            admission.handle_release(address);
        }
        admission.handle_disconnect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn control() -> Arc<AdmissionControl> {
        let limits = AdmissionLimits { connections_max: 4, connections_per_address_max: 2, joins_per_second: 50 };
        let trusted_proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")]);
        AdmissionControl::new(AdmissionOptions { limits, trusted_proxies, ..AdmissionOptions::default() })
    }

    /// Connects and joins, directly or through a proxy.
    fn join(control: &Arc<AdmissionControl>, peer: &str, client: &str) -> (ConnectionPermit, Result<(), Refusal>) {
        let permit = control.handle_connect(ip(peer)).expect("a permit");
        let joined = permit.handle_join(ip(client));
        (permit, joined)
    }

    #[test]
    fn a_dropped_permit_frees_its_place() {
        let control = control();
        let direct = |from| join(&control, from, from);
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
        let control = control();
        let proxied = |client| join(&control, "10.0.0.1", client);
        let joined = [proxied("192.0.2.1"), proxied("192.0.2.1"), proxied("192.0.2.1"), proxied("192.0.2.2")];
        assert_eq!(joined.each_ref().map(|it| it.1), [Ok(()), Ok(()), Err(Refusal::AddressFull), Ok(())]);
    }

    #[test]
    fn a_dropped_connection_is_not_counted() {
        let limits = AdmissionLimits { connections_per_address_max: 1, ..AdmissionLimits::default() };
        let control = AdmissionControl::new(AdmissionOptions { limits, ..AdmissionOptions::default() });
        let permits: Vec<_> = (0..400).filter_map(|_| control.handle_connect(ip("192.0.2.1"))).collect();
        assert_eq!((permits.len(), control.connections()), (257, 257));
        assert_eq!(permits.iter().filter(|permit| !permit.is_refused()).count(), 1);
        assert!(control.refusals().counts().any(|counted| counted == (Refusal::AddressFull, 143)));
        drop(permits);
        assert_eq!(control.connections(), 0);
        assert!(control.handle_connect(ip("192.0.2.1")).is_some_and(|permit| !permit.is_refused()));
    }
}
