//! The listener for operators. It has an address of its own, which players should not be able to reach.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use log::{info, warn};
use tickcast_game::Simulation;

use super::ServerError;
use crate::http::operator::{self, OperatorSite};
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

/// A listener for operators that does not serve requests yet.
#[derive(Debug)]
pub(super) struct AdminListener(Option<TcpListener>);

impl AdminListener {
    /// Takes the inherited listener, or opens one. There is none if it is disabled, or if an address of [`AdminListen::IfFree`]
    /// cannot be bound.
    pub(super) fn open(inherited: Option<TcpListener>, listen: AdminListen) -> Result<Self, ServerError> {
        let bind = |address| TcpListener::bind(address).map_err(|source| ServerError::AdminListen { address, source });
        match listen {
            _ if inherited.is_some() => Ok(Self(inherited)),
            AdminListen::Off => Ok(Self(None)),
            AdminListen::At(address) => bind(address).map(Some).map(Self),
            AdminListen::IfFree(address) => match bind(address) {
                Ok(listener) => Ok(Self(Some(listener))),
                Err(error) => {
                    warn!("metrics are not served: {error}; choose another address with --admin-listen");
                    Ok(Self(None))
                }
            },
        }
    }

    /// Starts to serve requests. Without an `operator`, there are neither operator page nor API.
    pub(super) fn start<S: Simulation>(
        self,
        health: &Arc<Health>,
        metrics: &Arc<Metrics>,
        operator: Option<OperatorSite<S>>,
    ) -> Result<Option<Admin>, ServerError> {
        let Self(Some(listener)) = self else { return Ok(None) };
        let address = listener.local_addr()?;
        let (health, metrics, operator) = (Arc::clone(health), Arc::clone(metrics), operator.map(Arc::new));
        info!("metrics at http://{address}/metrics");
        if operator.is_some() {
            info!("operator page at http://{address}/admin/");
        }
        let app = move || {
            let routes = operator::admin_routes(Arc::clone(&health), Arc::clone(&metrics), operator.clone());
            App::new().configure(routes)
        };
        let server =
            HttpServer::new(app).workers(1).disable_signals().shutdown_timeout(SHUTDOWN_TIMEOUT_S).listen(listener)?.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Ok(Some(Admin { address, handle }))
    }
}
