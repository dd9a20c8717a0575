//! Admission: decides which connections and requests are served.
//!
//! This module limits the total number of connections. It also limits what each client uses over all the client's
//! connections. It checks origins and tickets, and determines the address of a client that connects through trusted
//! proxies. All HTTP workers share one [`AdmissionControl`]. The module does not depend on sockets, HTTP types or actors.
//!
//! A *client* is an IPv4 address or an IPv6 prefix. The limits of a client apply to all its connections together, even if
//! they are in different rooms. [`ClientLimits`] lists these limits.

pub mod account;
mod address;
pub mod control;
pub mod limits;
mod origin;
mod profile;
mod rate_limit;
mod refusal;
pub mod tickets;

pub use account::{Client, Permit, RoomPermit};
pub use address::{Networks, TrustedProxies};
pub use control::bans::ClientIdentity;
pub use control::{AdmissionControl, AdmissionOptions, ConnectionPermit};
pub use limits::{AdmissionLimits, ClientLimits};
pub use origin::{AllowedPages, HostName, HostNameError, Origin, OriginError, RequestScheme};
pub use profile::{profile_of_secret, profile_of_user};
pub use rate_limit::{Rate, RateLimit};
pub use refusal::{Refusal, Refusals};
