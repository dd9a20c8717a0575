//! HTTP: the WebSocket endpoint, the room API, static assets and health.
//!
//! Depends on actors, transport, admission and telemetry. Contains no game logic.

pub mod api;
pub mod assets;
mod events;
mod gate;
#[cfg(feature = "tls")]
mod redirect;
mod request_context;
mod socket;
mod status;

use std::rc::Rc;
use std::sync::Arc;

use actix::Addr;
use actix_web::HttpRequest;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use tickcast_game::Simulation;
use tickcast_room::RoomOptions;

use crate::actors::lobby::Lobby;
use crate::actors::worker::Worker;
use crate::telemetry::{Health, Metrics};
use api::RoomApi;
use assets::Assets;

#[cfg(feature = "tls")]
pub use redirect::redirect_routes;

/// State shared by the routes of one HTTP worker.
pub struct Site<S: Simulation> {
    /// The worker's sessions.
    pub worker: Rc<Worker<S::Game>>,
    /// The index of rooms.
    pub lobby: Addr<Lobby<S>>,
    /// Default options of rooms, and upper bounds for the options that clients choose.
    pub room: RoomOptions,
    /// Default options of worlds, and upper bounds for the options that clients choose.
    pub world: S::Options,
    /// Who may create rooms.
    pub room_api: RoomApi,
    /// The static files.
    pub assets: Assets,
    /// Whether the server should receive more players.
    pub health: Arc<Health>,
}

impl<S: Simulation> Site<S> {
    fn of(request: &HttpRequest) -> &Rc<Self> {
        request.app_data().expect("the site is registered with the routes")
    }
}

/// The public routes.
pub fn routes<S: Simulation>(site: Site<S>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Arc::clone(&site.health))
            .app_data(Rc::new(site))
            .app_data(web::JsonConfig::default().limit(api::BODY_BYTES_MAX).error_handler(api::reject_json))
            .service(
                web::scope("")
                    .wrap(from_fn(gate::admit))
                    .route(socket::PATH, web::get().to(socket::open::<S>))
                    .route("/api/rooms", web::get().to(api::list::<S>))
                    .route("/api/rooms", web::post().to(api::create::<S>))
                    .route("/api/rooms/limits", web::get().to(api::limits::<S>))
                    .route("/api/rooms/events", web::get().to(events::rooms::<S>))
                    .route("/healthz", web::get().to(status::healthz))
                    .route("/readyz", web::get().to(status::readyz))
                    .default_service(web::get().to(assets::serve::<S>)),
            );
    }
}

/// The routes of the operators' listener.
pub fn admin_routes(health: Arc<Health>, metrics: Arc<Metrics>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(health)
            .app_data(metrics)
            .route("/healthz", web::get().to(status::healthz))
            .route("/readyz", web::get().to(status::readyz))
            .route("/metrics", web::get().to(status::metrics));
    }
}
