//! Admission: which connections and requests are served.
//!
//! Limits connections in total, and what each client uses over all its connections. Checks origins and tickets, and determines
//! the address of a client behind trusted proxies. [`AdmissionControl`] shares the accounting between the HTTP workers. Does not
//! depend on sockets, HTTP types or actors.
//!
//! A *client* is an IPv4 address or an IPv6 prefix. It is charged for everything that it does, whatever connection and room it
//! uses. `ClientLimits` lists what is limited.

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
