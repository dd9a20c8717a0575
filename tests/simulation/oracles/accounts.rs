//! Oracle for accounts: specifies which resources a client holds over all its connections.
//!
//! The oracle knows when a client requests a resource, but not exactly when the server releases the resource. For each
//! claim, the oracle therefore records two periods: one in which the client certainly holds the resource, and a longer one
//! in which the client may hold the resource.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use tickcast::ClientLimits;
use tickcast::admission::AdmissionControl;
use tickcast::admission::limits::Resource;

use super::super::line::StepNumber;

/// Oracle for accounts.
#[derive(Debug)]
pub(crate) struct Accounts {
    limits: ClientLimits,
    claims: BTreeMap<ClaimId, Claim>,
    /// Number of claims so far.
    claimed: u64,
    /// Number of refusals of each resource so far.
    refused: [u64; Resource::ALL.len()],
}

/// Identifies a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ClaimId(u64);

/// What a session has claimed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionClaims {
    pub(crate) address: IpAddr,
    pub(crate) connection: ClaimId,
    /// The seat or the spectator's place. `None` before the Hello.
    pub(crate) seat: Option<ClaimId>,
}

/// A resource that a client has requested, and possibly holds.
#[derive(Debug)]
struct Claim {
    address: IpAddr,
    resource: Resource,
    /// Whether the server has granted the request.
    is_granted: bool,
    /// The last step in which the client certainly holds the resource, if it was granted.
    certain_until: StepNumber,
    /// The last step in which the client may hold the resource.
    possible_until: StepNumber,
}

impl Accounts {
    pub(crate) const fn new(limits: ClientLimits) -> Self {
        Self { limits, claims: BTreeMap::new(), claimed: 0, refused: [0; Resource::ALL.len()] }
    }

    /// Handles a request for a resource.
    pub(crate) fn claim(&mut self, address: IpAddr, resource: Resource) -> ClaimId {
        let (certain_until, possible_until) = (StepNumber::MAX, StepNumber::MAX);
        let id = ClaimId(self.claimed);
        self.claimed += 1;
        self.claims.insert(id, Claim { address, resource, is_granted: false, certain_until, possible_until });
        id
    }

    /// Handles a claim that the server has granted. Asserts that the client does not hold more than the limit allows.
    pub(crate) fn grant(&mut self, id: ClaimId, now: StepNumber) {
        let Some(claim) = self.claims.get_mut(&id) else { return };
        claim.is_granted = true;
        let (address, resource) = (claim.address, claim.resource);
        let [certain, _] = self.held(address, resource, now);
        assert!(certain <= self.limits.maximum(resource), "{address} was granted another {resource:?}: {certain}");
    }

    /// Handles a refusal because of a limit. Asserts that the client may have reached this limit.
    pub(crate) fn refuse(&mut self, id: ClaimId, now: StepNumber) {
        let Some(Claim { address, resource, .. }) = self.claims.remove(&id) else { return };
        self.refused[resource as usize] += 1;
        let [_, possible] = self.held(address, resource, now);
        assert!(
            possible >= self.limits.maximum(resource),
            "{address} was refused a {resource:?} although it has {possible}"
        );
    }

    /// Number of refusals of a resource so far.
    pub(crate) const fn refused(&self, resource: Resource) -> u64 {
        self.refused[resource as usize]
    }

    /// Handles the end of a claim: the server releases the resource after the step `certain_until`, and in the step
    /// `possible_until` at the latest.
    pub(crate) fn release(&mut self, id: ClaimId, certain_until: StepNumber, possible_until: StepNumber) {
        if let Some(claim) = self.claims.get_mut(&id) {
            claim.certain_until = claim.certain_until.min(certain_until);
            claim.possible_until = claim.possible_until.min(possible_until);
        }
    }

    /// Asserts that the server's accounts count everything that the clients hold, and nothing else. A worker that lags may
    /// have released resources without the oracle knowing.
    pub(crate) fn check(&mut self, admission: &AdmissionControl, now: StepNumber, is_lagging: bool) {
        let addresses: BTreeSet<_> = self.claims.values().map(|claim| claim.address).collect();
        for (address, resource) in addresses.into_iter().flat_map(|address| Resource::ALL.map(|it| (address, it))) {
            let [certain, possible] = self.held(address, resource, now);
            let certain = if is_lagging { 0 } else { certain };
            let held = admission.held_by(address, resource);
            let is_counted = resource == Resource::RoomCost || (certain..=possible).contains(&held);
            assert!(is_counted, "{address} holds {held} of {resource:?}, not {certain} to {possible}");
        }
        self.claims.retain(|_, claim| claim.possible_until > now);
    }

    /// The amount that this address certainly holds in the step `now`, and the maximum amount that it may hold.
    fn held(&self, address: IpAddr, resource: Resource, now: StepNumber) -> [u32; 2] {
        let claims = self.claims.values().filter(|claim| claim.address == address && claim.resource == resource);
        let possible: Vec<_> = claims.filter(|claim| claim.possible_until >= now).collect();
        let certain = possible.iter().filter(|claim| claim.is_granted && claim.certain_until >= now).count();
        [certain as u32, possible.len() as u32]
    }
}
