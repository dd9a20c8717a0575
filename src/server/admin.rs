//! The listener for those who run the server: a port of its own, so that players never reach it.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use log::{info, warn};

use crate::health::Health;
use crate::http;
use crate::metrics::Metrics;

/// Where those who run the server are listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminListen {
    /// Nowhere.
    Off,
    /// There, unless somebody else does: no port that nobody asked for may keep a game from being served.
    IfFree(SocketAddr),
    /// There.
    At(SocketAddr),
}

/// The listener, once it listens.
#[derive(Clone, Debug)]
pub(super) struct Admin {
    pub(super) address: SocketAddr,
    pub(super) handle: ServerHandle,
}

/// How long an answer may take while the listener ends.
const SHUTDOWN_TIMEOUT_S: u64 = 1;

impl Admin {
    /// Starts to listen, if that is wanted and possible.
    pub(super) fn start(listen: AdminListen, health: &Arc<Health>, metrics: &Arc<Metrics>) -> io::Result<Option<Self>> {
        let listener = match listen {
            AdminListen::Off => return Ok(None),
            AdminListen::At(address) => TcpListener::bind(address).map_err(|why| of_admin(&why, address))?,
            AdminListen::IfFree(address) => match TcpListener::bind(address) {
                Ok(listener) => listener,
                Err(why) => {
                    warn!("there are no metrics: {}; --admin-listen names another address", of_admin(&why, address));
                    return Ok(None);
                }
            },
        };
        let address = listener.local_addr()?;
        let (health, metrics) = (Arc::clone(health), Arc::clone(metrics));
        let server =
            HttpServer::new(move || App::new().configure(http::admin_routes(Arc::clone(&health), Arc::clone(&metrics))))
                .workers(1)
                .disable_signals()
                .shutdown_timeout(SHUTDOWN_TIMEOUT_S)
                .listen(listener)?
                .run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        info!("metrics at http://{address}/metrics");
        Ok(Some(Self { address, handle }))
    }
}

fn of_admin(why: &io::Error, address: SocketAddr) -> io::Error {
    io::Error::new(why.kind(), format!("cannot listen on {address} for administrators: {why}"))
}
