//! The HTTP side: the WebSocket endpoint, the demo, the room API, health.

pub mod api;
pub mod assets;
mod events;
pub mod socket;
mod visitor;

use std::rc::Rc;

use actix::Addr;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};

use crate::actors::lobby::Lobby;
use crate::actors::worker::Worker;
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
}

/// The routes.
pub fn routes<S: Simulation>(site: Site<S>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Rc::new(site))
            .app_data(web::JsonConfig::default().limit(api::BODY_BYTES_MAX).error_handler(api::refuse_json))
            .route("/ws", web::get().to(socket::open::<S>))
            .route("/api/rooms", web::get().to(api::list::<S>))
            .route("/api/rooms", web::post().to(api::create::<S>))
            .route("/api/rooms/events", web::get().to(events::rooms::<S>))
            .route("/healthz", web::get().to(healthz))
            .default_service(web::get().to(assets::serve::<S>));
    }
}

async fn healthz() -> impl Responder {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}
