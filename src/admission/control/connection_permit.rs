//! The permit of an open connection. It attributes the connection to its client, and counts what the client does.

use std::cell::{Cell, Ref, RefCell};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use log::warn;

use super::{AdmissionControl, unix_time};
use crate::admission::limits::{Event, Resource};
use crate::admission::{Client, Permit, Refusal};

/// Bytes that are counted for each message in addition to its payload: a short WebSocket header with its masking key.
const FRAME_HEADER_BYTES: u32 = 6;

/// Permit for an open connection. The connection counts against the limits until its permit is dropped.
#[derive(Debug)]
pub struct ConnectionPermit {
    pub(super) control: Arc<AdmissionControl>,
    pub(super) peer: IpAddr,
    /// Whether the peer is a trusted proxy. A proxy may send requests of several clients over one connection.
    pub(super) is_proxied: bool,
    /// If the peer is a trusted proxy: the address of the client to which the connection is attributed. `None` before the
    /// first request. Also `None` if the connection could not be attributed because the client had too many connections.
    pub(super) proxied: Cell<Option<IpAddr>>,
    /// Counts the connection against its client. If the peer is a trusted proxy, the client is unknown before the first
    /// request.
    pub(super) connection: RefCell<Permit>,
    /// The reason for refusing all requests over this connection; `None` if the connection was admitted.
    pub(super) refusal: Option<Refusal>,
}

impl ConnectionPermit {
    /// Counts a request that arrived over this connection. If the peer is a trusted proxy, the headers determine the
    /// client.
    ///
    /// # Errors
    /// The reason for refusing the request.
    pub fn handle_request<'h>(
        &self,
        x_forwarded_for: impl IntoIterator<Item = &'h str>,
        forwarded: impl IntoIterator<Item = &'h str>,
    ) -> Result<(), Refusal> {
        self.attribute_request(x_forwarded_for, forwarded)?;
        self.count_request(Event::Request)
    }

    /// Attributes a request to its client, like [`Self::handle_request`], but does not count it. The caller counts it when it
    /// knows what the request is.
    ///
    /// # Errors
    /// The reason for refusing the request.
    pub fn attribute_request<'h>(
        &self,
        x_forwarded_for: impl IntoIterator<Item = &'h str>,
        forwarded: impl IntoIterator<Item = &'h str>,
    ) -> Result<(), Refusal> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        if self.is_proxied {
            let address = self.control.trusted_proxies().client(self.peer, x_forwarded_for, forwarded);
            if self.proxied.get() != Some(address) {
                self.attribute_to(address, None)?;
            }
        } else if self.client().key().is_none() && x_forwarded_for.into_iter().chain(forwarded).next().is_some() {
            self.warn_of_exempt_proxy();
        }
        self.check_ban()
    }

    /// Checks that the client's address is not banned.
    ///
    /// # Errors
    /// [`Refusal::Banned`].
    pub fn check_ban(&self) -> Result<(), Refusal> {
        if self.control.bans.includes_address(self.address(), unix_time) { Err(Refusal::Banned) } else { Ok(()) }
    }

    /// Checks that this subject of a ticket is not banned.
    ///
    /// # Errors
    /// [`Refusal::Banned`].
    pub fn check_subject(&self, subject: &str) -> Result<(), Refusal> {
        if self.control.bans.includes_subject(subject, unix_time) { Err(Refusal::Banned) } else { Ok(()) }
    }

    /// The address of the client that the connection is attributed to.
    pub fn address(&self) -> IpAddr {
        self.proxied.get().unwrap_or(self.peer).to_canonical()
    }

    /// Counts a request as an event of this kind: requests of the HTTP fallback replace WebSocket messages.
    ///
    /// # Errors
    /// [`Refusal::RequestRate`] or [`Refusal::MessageRate`].
    pub fn count_request(&self, event: Event) -> Result<(), Refusal> {
        self.client().try_acquire(event, 1)
    }

    /// A permit for a session that needs no open connection, but takes as much memory as one. It counts as another connection
    /// of the client.
    ///
    /// # Errors
    /// The reason for refusing the session.
    pub fn open_session(&self) -> Result<Self, Refusal> {
        let connection = self.control.admit(&self.client())?.into();
        let (control, proxied) = (Arc::clone(&self.control), self.proxied.clone());
        Ok(Self { control, peer: self.peer, is_proxied: self.is_proxied, proxied, connection, refusal: None })
    }

    /// Counts a request to join, or to create a room.
    ///
    /// # Errors
    /// [`Refusal::JoinRate`].
    pub fn handle_join(&self) -> Result<(), Refusal> {
        self.client().try_acquire(Event::Join, 1)
    }

    /// Counts a WebSocket message with a payload of this size.
    ///
    /// # Errors
    /// [`Refusal::MessageRate`] or [`Refusal::ByteRate`].
    pub fn handle_message(&self, payload_bytes: usize) -> Result<(), Refusal> {
        let bytes = u32::try_from(payload_bytes).unwrap_or(u32::MAX).saturating_add(FRAME_HEADER_BYTES);
        let client = self.client();
        client.try_acquire(Event::Message, 1)?;
        client.try_acquire(Event::Byte, bytes)
    }

    /// Counts a Ping. [`Self::handle_message`] counts its message separately.
    ///
    /// # Errors
    /// [`Refusal::PingRate`].
    pub fn handle_ping(&self) -> Result<(), Refusal> {
        self.client().try_acquire(Event::Ping, 1)
    }

    /// Counts a request for the description of a match, or for the list of finished matches.
    ///
    /// # Errors
    /// [`Refusal::MatchQueryRate`].
    pub fn handle_match_query(&self) -> Result<(), Refusal> {
        self.client().try_acquire(Event::MatchQuery, 1)
    }

    /// Counts an event stream until the permit is dropped.
    ///
    /// # Errors
    /// [`Refusal::ClientEventStreams`] if the client has too many.
    pub fn take_event_stream(&self) -> Result<Permit, Refusal> {
        self.client().hold(Resource::EventStream, 1)
    }

    /// The client that the connection is attributed to.
    pub fn client(&self) -> Ref<'_, Client> {
        Ref::map(self.connection.borrow(), Permit::client)
    }

    /// From now on, charges the account of a ticket's subject as well as those of the address.
    ///
    /// # Errors
    /// [`Refusal::AddressFull`] if the subject has too many connections, or [`Refusal::Banned`].
    pub fn handle_subject(&self, subject: &str) -> Result<(), Refusal> {
        self.check_subject(subject)?;
        self.attribute_to(self.proxied.get().unwrap_or(self.peer), Some(subject))
    }

    /// Counts the connection against the limits of this client instead of those of the previous client. The rate of
    /// connections behind a proxy is not limited, because some proxies open a connection for each request.
    fn attribute_to(&self, address: IpAddr, subject: Option<&str>) -> Result<(), Refusal> {
        let client = self.control.client(address, subject);
        // Drop the previous permit first, so that the connection is not counted twice. If the client has too many
        // connections, `hold` returns an error. The empty permit then remains, and later events of this connection count
        // against the client.
        self.proxied.set(None);
        self.connection.replace(Permit::empty(client.clone(), Resource::Connection));
        self.connection.replace(client.hold(Resource::Connection, 1)?);
        self.proxied.set(self.is_proxied.then_some(address));
        Ok(())
    }

    fn warn_of_exempt_proxy(&self) {
        if !self.control.has_warned.swap(true, Ordering::Relaxed) {
            let peer = self.peer;
            warn!(
                "{peer} sends forwarding headers, but is not a trusted proxy. It is exempt from the limits on clients, and so \
                   is everyone behind it. If it is a proxy, name it with --trusted-proxy"
            );
        }
    }

    /// Whether all requests over this connection are refused.
    pub const fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// Whether the peer is a trusted proxy.
    pub const fn is_proxied(&self) -> bool {
        self.is_proxied
    }

    /// The admission control that granted the permit.
    pub const fn control(&self) -> &Arc<AdmissionControl> {
        &self.control
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let counter = if self.is_refused() { &self.control.refused } else { &self.control.admitted };
        counter.fetch_sub(1, Ordering::Relaxed);
    }
}
