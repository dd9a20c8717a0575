//! The listener for operators: health, metrics, and the operator page with its API.
//!
//! The page and its files contain no secrets and are served to everyone who reaches the listener. Every request to the API
//! needs the operator's token in its `Authorization` header. Browsers never add this header by themselves, so other pages
//! cannot use the API.

mod api;
mod ban_file;
mod bans;
mod page;
mod replay;
pub(super) mod status;
mod token;

use std::sync::Arc;

use actix::Addr;
use actix_web::HttpRequest;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use serde::Serialize;
use tickcast_game::Simulation;
use tickcast_store::MatchHistory;
use tokio::sync::Mutex;

use crate::actors::lobby::Lobby;
use crate::admission::AdmissionControl;
use crate::telemetry::{Health, Metrics};

pub use ban_file::BanFile;
pub use token::OperatorToken;

/// Limit on the body of a request to the API, in bytes.
const BODY_BYTES_MAX: usize = 4096;

/// State shared by the routes of the API.
pub struct OperatorSite<S: Simulation> {
    /// The token of the operators.
    pub token: OperatorToken,
    /// The index of rooms.
    pub lobby: Addr<Lobby<S>>,
    /// Contains the bans.
    pub admission: Arc<AdmissionControl>,
    /// Where bans are stored. The lock is held while they are written.
    pub ban_file: Mutex<BanFile>,
    /// The history of matches; `None` if the server keeps none.
    pub history: Option<Arc<dyn MatchHistory>>,
    /// At most one replay file is made at a time, because this takes CPU time and memory.
    pub export: Mutex<()>,
    /// The listener for clients.
    pub clients: ClientListener,
}

/// The listener for clients, from which the page opens the demo to watch a room.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ClientListener {
    /// `http` or `https`.
    pub scheme: &'static str,
    /// The port.
    pub port: u16,
}

impl<S: Simulation> OperatorSite<S> {
    fn of(request: &HttpRequest) -> &Arc<Self> {
        request.app_data().expect("the site is registered with the routes")
    }
}

/// The routes of the listener for operators. Without an `operator`, there are neither page nor API.
pub fn admin_routes<S: Simulation>(
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    operator: Option<Arc<OperatorSite<S>>>,
) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(health)
            .app_data(metrics)
            .route("/healthz", web::get().to(status::healthz))
            .route("/readyz", web::get().to(status::readyz))
            .route("/metrics", web::get().to(status::metrics));
        if let Some(operator) = operator {
            config
                .app_data(operator.token.clone())
                .app_data(web::JsonConfig::default().limit(BODY_BYTES_MAX).error_handler(super::api::reject_json))
                .app_data(operator)
                .configure(api_routes::<S>)
                .configure(page::routes);
        }
    }
}

fn api_routes<S: Simulation>(config: &mut ServiceConfig) {
    config.service(
        web::scope("/admin/api")
            .wrap(from_fn(token::check))
            .route("/server", web::get().to(api::server::<S>))
            .route("/rooms", web::get().to(api::rooms::<S>))
            .route("/rooms/{name}", web::get().to(api::inspect::<S>))
            .route("/rooms/{name}/pause", web::post().to(api::pause::<S>))
            .route("/rooms/{name}/resume", web::post().to(api::resume::<S>))
            .route("/rooms/{name}/close", web::post().to(api::close::<S>))
            .route("/rooms/{name}/kick", web::post().to(api::kick::<S>))
            .route("/rooms/{name}/replay", web::get().to(replay::download::<S>))
            .route("/bans", web::get().to(bans::list::<S>))
            .route("/bans", web::post().to(bans::add::<S>))
            .route("/bans/{id}", web::delete().to(bans::remove::<S>)),
    );
}
