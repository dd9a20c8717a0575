//! The listener for operators. It has an address of its own, which players should not be able to reach.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use log::{info, warn};

use super::ServerError;
use crate::http;
use crate::telemetry::{Health, Metrics};

/// Address on which metrics and readiness are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdminListen {
    /// Metrics are not served. Readiness is served on the address for clients.
    Off,
    /// Listen on this address. If it cannot be bound, the server starts without this listener. This suits a default
    /// address: a second server on the same machine can then start although the first one uses the address.
    IfFree(SocketAddr),
    /// Listen on this address. If it cannot be bound, the server does not start.
    At(SocketAddr),
}

/// The running listener.
#[derive(Clone, Debug)]
pub(super) struct Admin {
    pub(super) address: SocketAddr,
    pub(super) handle: ServerHandle,
}

/// Time limit in seconds for requests that are in progress when the listener stops gracefully.
const SHUTDOWN_TIMEOUT_S: u64 = 1;

impl Admin {
    /// Starts the listener. Returns `None` if it is disabled, or if an address of [`AdminListen::IfFree`] cannot be bound.
    pub(super) fn start(
        listen: AdminListen,
        health: &Arc<Health>,
        metrics: &Arc<Metrics>,
    ) -> Result<Option<Self>, ServerError> {
        let bind = |address| TcpListener::bind(address).map_err(|source| ServerError::AdminListen { address, source });
        let listener = match listen {
            AdminListen::Off => return Ok(None),
            AdminListen::At(address) => bind(address)?,
            AdminListen::IfFree(address) => match bind(address) {
                Ok(listener) => listener,
                Err(error) => {
                    warn!("metrics are not served: {error}; choose another address with --admin-listen");
                    return Ok(None);
                }
            },
        };
        let address = listener.local_addr()?;
        let (health, metrics) = (Arc::clone(health), Arc::clone(metrics));
        let app = move || App::new().configure(http::admin_routes(Arc::clone(&health), Arc::clone(&metrics)));
        let server =
            HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(SHUTDOWN_TIMEOUT_S).listen(listener)?.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        info!("metrics at http://{address}/metrics");
        Ok(Some(Self { address, handle }))
    }
}
