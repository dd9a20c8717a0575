//! The HTTP side: the WebSocket endpoint, the demo, the room API, health.

pub mod api;
pub mod assets;
mod events;
pub mod socket;
mod status;
mod visitor;

use std::rc::Rc;
use std::sync::Arc;

use actix::Addr;
use actix_web::web::{self, ServiceConfig};

use crate::actors::lobby::Lobby;
use crate::actors::worker::Worker;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::room::RoomOptions;
use crate::simulation::Simulation;
use assets::Assets;

/// What the routes of one HTTP worker need.
pub struct Site<S: Simulation> {
    /// The worker's own sessions and relay.
    pub worker: Rc<Worker<S>>,
    /// The index of rooms.
    pub lobby: Addr<Lobby<S>>,
    /// What rooms are made with unless asked otherwise.
    pub room: RoomOptions,
    /// What their worlds are made with unless asked otherwise.
    pub world: S::Options,
    /// The demo's files.
    pub assets: Assets,
    /// Whether the server should be sent players.
    pub health: Arc<Health>,
}

/// The routes.
pub fn routes<S: Simulation>(site: Site<S>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Arc::clone(&site.health))
            .app_data(Rc::new(site))
            .app_data(web::JsonConfig::default().limit(api::BODY_BYTES_MAX).error_handler(api::refuse_json))
            .route("/ws", web::get().to(socket::open::<S>))
            .route("/api/rooms", web::get().to(api::list::<S>))
            .route("/api/rooms", web::post().to(api::create::<S>))
            .route("/api/rooms/events", web::get().to(events::rooms::<S>))
            .route("/healthz", web::get().to(status::healthz))
            .route("/readyz", web::get().to(status::readyz))
            .default_service(web::get().to(assets::serve::<S>));
    }
}

/// The routes for those who run the server, and for nobody else.
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
