//! What the workers share of the admission: one lock, held for a few additions when somebody comes, joins or goes.

use std::cell::Cell;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::{AddressBlock, Admission, AdmissionLimits, Origin, Refusal, Refusals, TrustedProxies, Verdict};

/// Who is let in.
#[derive(Clone, Debug, Default)]
pub struct AdmissionOptions {
    /// How many.
    pub limits: AdmissionLimits,
    /// The pages that may connect, beside the server's own.
    pub allowed_origins: Vec<Origin>,
    /// The proxies that are believed when they say for whom they connect.
    pub trusted_proxies: TrustedProxies,
}

/// Lets connections in, or does not.
#[derive(Debug)]
pub struct Gate {
    admission: Mutex<Admission>,
    options: AdmissionOptions,
    refusals: Refusals,
}

/// A connection's place among those that are let in. It is given back when this is dropped.
#[derive(Debug)]
pub struct Presence {
    gate: Arc<Gate>,
    /// Where it counts as coming from, once that is known.
    address: Cell<Option<AddressBlock>>,
    /// It comes from a proxy, which may connect for one client after the other.
    is_proxied: bool,
    /// Why it may not join, if it may not.
    refusal: Option<Refusal>,
}

impl Gate {
    /// How many connections beyond its limit are kept for as long as it takes to tell them.
    pub const REFUSED_MAX: usize = super::ANSWERED_MAX;

    /// A gate that nobody has come through yet.
    #[must_use]
    pub fn new(options: AdmissionOptions) -> Arc<Self> {
        let admission = Mutex::new(Admission::new(options.limits));
        Arc::new(Self { admission, options, refusals: Refusals::default() })
    }

    /// Somebody connects; nothing if there is not even room for an answer.
    pub fn handle_connect(self: &Arc<Self>, peer: IpAddr, now: Instant) -> Option<Presence> {
        let mut admission = self.admission();
        let total = self.note(admission.handle_connect())?;
        let is_proxied = self.options.trusted_proxies.includes(peer);
        let mut presence = Presence { gate: Arc::clone(self), address: Cell::new(None), is_proxied, refusal: total };
        if !is_proxied {
            let address = AddressBlock::of(peer);
            let verdict = self.note(admission.handle_arrival(address, now));
            drop(admission);
            presence.address.set(verdict.map(|_| address));
            presence.refusal = presence.refusal.or(verdict?);
        }
        Some(presence)
    }

    /// Counts a refusal.
    pub fn count(&self, refusal: Refusal) {
        self.refusals.count(refusal);
    }

    /// How often what was refused.
    pub const fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.admission().connections()
    }

    /// The pages that may connect, beside the server's own.
    pub fn allowed_origins(&self) -> &[Origin] {
        &self.options.allowed_origins
    }

    /// The proxies that are believed.
    pub const fn trusted_proxies(&self) -> &TrustedProxies {
        &self.options.trusted_proxies
    }

    /// What a connection that is kept is refused, if anything.
    fn note(&self, verdict: Verdict) -> Option<Option<Refusal>> {
        match verdict {
            Verdict::Admitted => Some(None),
            Verdict::Refused(refusal) => Some(Some(refusal)),
            Verdict::Dropped(refusal) => {
                self.count(refusal);
                None
            }
        }
    }

    fn admission(&self) -> MutexGuard<'_, Admission> {
        self.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Presence {
    /// The client at that address asks to join over this connection, or to make a room.
    ///
    /// # Errors
    /// Why it may not.
    pub fn handle_join(&self, client: IpAddr, now: Instant) -> Result<(), Refusal> {
        let client = AddressBlock::of(client);
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        let mut admission = self.gate.admission();
        if self.is_proxied && self.address.get() != Some(client) {
            self.move_to(client, &mut admission, now)?;
        }
        admission.handle_join(client, now)
    }

    fn move_to(&self, client: AddressBlock, admission: &mut Admission, now: Instant) -> Result<(), Refusal> {
        if let Some(before) = self.address.take() {
            admission.handle_departure(before);
        }
        match admission.handle_arrival(client, now) {
            Verdict::Admitted => {
                self.address.set(Some(client));
                Ok(())
            }
            Verdict::Refused(refusal) => {
                admission.handle_departure(client);
                Err(refusal)
            }
            Verdict::Dropped(refusal) => Err(refusal),
        }
    }

    /// Whether it may not join.
    pub const fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// What let it in.
    pub const fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut admission = self.gate.admission();
        if let Some(address) = self.address.get() {
            admission.handle_departure(address);
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

    fn gate() -> Arc<Gate> {
        let limits = AdmissionLimits { connections_max: 4, connections_per_address_max: 2, joins_per_second: 50 };
        let trusted_proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")]);
        Gate::new(AdmissionOptions { limits, trusted_proxies, ..AdmissionOptions::default() })
    }

    /// Connects and joins, directly or through a proxy.
    fn join(gate: &Arc<Gate>, peer: &str, client: &str) -> (Presence, Result<(), Refusal>) {
        let now = Instant::now();
        let presence = gate.handle_connect(ip(peer), now).expect("room for an answer");
        let joined = presence.handle_join(ip(client), now);
        (presence, joined)
    }

    #[test]
    fn a_place_is_given_back() {
        let gate = gate();
        let direct = |from| join(&gate, from, from);
        let (first, second) = (direct("192.0.2.1"), direct("192.0.2.1"));
        assert_eq!((first.1, second.1), (Ok(()), Ok(())));
        assert_eq!(direct("192.0.2.1").1, Err(Refusal::AddressCrowded));
        assert_eq!(gate.connections(), 2);
        drop(first);
        assert_eq!(direct("192.0.2.1").1, Ok(()));
        let others = [direct("192.0.2.2"), direct("192.0.2.3"), direct("192.0.2.4"), direct("192.0.2.5")];
        assert_eq!(others.each_ref().map(|it| it.1), [Ok(()), Ok(()), Ok(()), Err(Refusal::Crowded)]);
        drop((second, others));
        assert_eq!(gate.connections(), 0);
    }

    #[test]
    fn whoever_comes_through_a_proxy_counts_for_themselves() {
        let gate = gate();
        let proxied = |client| join(&gate, "10.0.0.1", client);
        let present = [proxied("192.0.2.1"), proxied("192.0.2.1"), proxied("192.0.2.1"), proxied("192.0.2.2")];
        assert_eq!(present.each_ref().map(|it| it.1), [Ok(()), Ok(()), Err(Refusal::AddressCrowded), Ok(())]);
    }

    #[test]
    fn an_address_that_is_dropped_leaves_no_trace() {
        let gate = Gate::new(AdmissionOptions {
            limits: AdmissionLimits { connections_per_address_max: 1, ..AdmissionLimits::default() },
            ..AdmissionOptions::default()
        });
        let present: Vec<_> = (0..400).filter_map(|_| gate.handle_connect(ip("192.0.2.1"), Instant::now())).collect();
        assert_eq!((present.len(), gate.connections()), (257, 257));
        assert_eq!(present.iter().filter(|presence| !presence.is_refused()).count(), 1);
        assert!(gate.refusals().counts().any(|counted| counted == (Refusal::AddressCrowded, 143)));
        drop(present);
        assert_eq!(gate.connections(), 0);
        assert!(gate.handle_connect(ip("192.0.2.1"), Instant::now()).is_some_and(|presence| !presence.is_refused()));
    }
}
