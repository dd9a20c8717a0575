//! Admission: decides which connections and requests are served.
//!
//! Limits the total number of connections, and what each client uses over all its connections. Checks origins and tickets,
//! and determines the address of a client behind trusted proxies. All HTTP workers share one [`AdmissionControl`]. This
//! module does not depend on sockets, HTTP types or actors.
//!
//! A *client* is an IPv4 address or an IPv6 prefix. All its connections, in whatever rooms, count against the same limits,
//! which `ClientLimits` lists.

pub mod account;
mod address;
pub mod control;
pub mod limits;
mod origin;
mod rate_limit;
mod refusal;
pub mod tickets;

pub use account::{Client, Permit, RoomPermit};
pub use address::{Networks, TrustedProxies};
pub use control::{AdmissionControl, AdmissionOptions, ConnectionPermit};
pub use limits::{AdmissionLimits, ClientLimits};
pub use origin::{AllowedPages, HostName, HostNameError, Origin, OriginError, RequestScheme};
pub use rate_limit::{Rate, RateLimit};
pub use refusal::{Refusal, Refusals};
