//! The listener that redirects plain HTTP requests to HTTPS. Its connections have the same limits and timeouts as the
//! connections of the listener for clients.

use std::net::TcpListener;
use std::sync::Arc;

use actix_server::ServerBuilder;
use actix_web::App;

use super::ServerError;
use crate::admission::AdmissionControl;
use crate::http;
use crate::transport::{self, Acceptor, Timeouts};

/// Redirects the requests that arrive at `listener` to `https_port`.
pub(super) struct Redirect {
    pub(super) listener: TcpListener,
    pub(super) https_port: u16,
    pub(super) timeouts: Timeouts,
    pub(super) admission: Arc<AdmissionControl>,
}

impl Redirect {
    /// Adds the listener to a server.
    pub(super) fn add_to(self, builder: ServerBuilder) -> Result<ServerBuilder, ServerError> {
        let Self { listener, https_port, timeouts, admission } = self;
        let stopping = builder.graceful_shutdown_signal();
        let service = move || {
            let app = App::new().configure(http::redirect_routes(https_port));
            transport::service(app, Acceptor::start(timeouts, Arc::clone(&admission)), stopping.clone())
        };
        log::info!("redirecting http://{} to port {https_port}", listener.local_addr()?);
        Ok(builder.listen("redirect", listener, service)?)
    }
}
