//! HTTP: the WebSocket endpoint and its fallback, the APIs of rooms, replays and profiles, static assets, health, and the
//! listener for operators.
//!
//! Depends on actors, transport, admission and telemetry. Contains no game logic.

pub mod api;
pub mod assets;
pub mod fallback;
mod gate;
pub mod operator;
#[cfg(feature = "tls")]
mod redirect;
mod replays;
mod request_context;
mod socket;

use std::rc::Rc;
use std::sync::Arc;

use actix::Addr;
use actix_web::HttpRequest;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use tickcast_game::Simulation;
use tickcast_room::RoomOptions;

use crate::actors::lobby::Lobby;
use crate::actors::replay::directory::Replays;
use crate::actors::worker::Worker;
use crate::telemetry::Health;
use api::RoomApi;
use api::profiles::ProfileQueries;
use api::transports::DatagramOffer;
use assets::Assets;
use fallback::HttpSessions;
use operator::status;

#[cfg(feature = "tls")]
pub use redirect::redirect_routes;
#[cfg(feature = "datagrams")]
pub use socket::webtransport::serve as serve_webtransport;

/// State shared by the routes of one HTTP worker.
pub struct Site<S: Simulation> {
    /// The worker's sessions.
    pub worker: Rc<Worker<S::Game>>,
    /// The sessions of the HTTP fallback, of all workers.
    pub http_sessions: Arc<HttpSessions>,
    /// The index of rooms.
    pub lobby: Addr<Lobby<S>>,
    /// Replays of matches; `None` if the server keeps no history.
    pub replays: Option<Addr<Replays<S>>>,
    /// Default options of rooms, and upper bounds for the options that clients choose.
    pub room: RoomOptions,
    /// Default options of worlds, and upper bounds for the options that clients choose.
    pub world: S::Options,
    /// Who may create rooms.
    pub room_api: RoomApi,
    /// Profiles and leaderboards; `None` if the server has no store, or the game has no scores.
    pub profiles: Option<Arc<ProfileQueries>>,
    /// The static files.
    pub assets: Assets,
    /// Whether the server should receive more players.
    pub health: Arc<Health>,
    /// How clients reach the server with datagrams; `None` if it does not accept them.
    pub datagrams: Option<DatagramOffer>,
}

impl<S: Simulation> Site<S> {
    fn of(request: &HttpRequest) -> &Rc<Self> {
        request.app_data().expect("the site is registered with the routes")
    }
}

/// The public routes.
pub fn routes<S: Simulation>(site: Rc<Site<S>>) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Arc::clone(&site.health))
            .app_data(site)
            .app_data(web::JsonConfig::default().limit(api::BODY_BYTES_MAX).error_handler(api::reject_json))
            .service(
                web::scope("")
                    .wrap(from_fn(gate::admit))
                    .route(socket::PATH, web::get().to(socket::open::<S>))
                    .route("/http/open", web::post().to(fallback::open::<S>))
                    .route("/http/{id}/stream", web::get().to(fallback::stream::<S>))
                    .route("/http/{id}/poll", web::get().to(fallback::poll::<S>))
                    .route("/http/{id}/send", web::post().to(fallback::send::<S>))
                    .route("/api/rooms", web::get().to(api::list::<S>))
                    .route("/api/rooms", web::post().to(api::create::<S>))
                    .route("/api/rooms/{name}/lock", web::post().to(api::lock::<S>))
                    .route("/api/rooms/{name}/lock", web::delete().to(api::unlock::<S>))
                    .route("/api/rooms/limits", web::get().to(api::limits::<S>))
                    .route("/api/rooms/events", web::get().to(api::events::rooms::<S>))
                    .route("/api/rooms/{which}/replay", web::get().to(replays::describe::<S>))
                    .route("/api/replays", web::get().to(replays::list::<S>))
                    .route("/api/leaderboard", web::get().to(api::profiles::leaderboard::<S>))
                    .route("/api/profile", web::get().to(api::profiles::profile::<S>))
                    .route("/api/profile", web::delete().to(api::profiles::erase::<S>))
                    .route("/api/transports", web::get().to(api::transports::offered::<S>))
                    .route("/healthz", web::get().to(status::healthz))
                    .route("/readyz", web::get().to(status::readyz))
                    .default_service(web::get().to(assets::serve::<S>)),
            );
    }
}
