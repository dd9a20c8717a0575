//! The operator's API: the server, and its rooms.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use tickcast_game::{GameProtocol, Simulation};
use tickcast_protocol::RoomName;
use tickcast_room::SessionId;

use super::{ClientListener, OperatorSite};
use crate::actors::messages::{ListAllRooms, OperateRoom, Operation};
use crate::http::api::error_response;

/// The response to `GET /admin/api/server`.
#[derive(Serialize)]
struct ServerDescription {
    version: &'static str,
    game: &'static str,
    /// The listener for clients.
    clients: ClientListener,
    /// Whether replay files of rooms can be downloaded.
    replays: bool,
}

/// The body of `POST /admin/api/rooms/NAME/kick`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kick {
    session: u64,
}

/// `GET /admin/api/server`
pub(super) async fn server<S: Simulation>(request: HttpRequest) -> HttpResponse {
    let site = OperatorSite::<S>::of(&request);
    HttpResponse::Ok().json(ServerDescription {
        version: env!("CARGO_PKG_VERSION"),
        game: S::Game::NAME,
        clients: site.clients,
        replays: site.history.is_some(),
    })
}

/// `GET /admin/api/rooms`
pub(super) async fn rooms<S: Simulation>(request: HttpRequest) -> HttpResponse {
    match OperatorSite::<S>::of(&request).lobby.send(ListAllRooms).await {
        Ok(rooms) => HttpResponse::Ok().json(rooms),
        Err(_) => shutting_down(),
    }
}

/// `GET /admin/api/rooms/NAME`
pub(super) async fn inspect<S: Simulation>(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    operate::<S>(&request, name.into_inner(), Operation::Inspect).await
}

/// `POST /admin/api/rooms/NAME/pause`
pub(super) async fn pause<S: Simulation>(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    operate::<S>(&request, name.into_inner(), Operation::Pause).await
}

/// `POST /admin/api/rooms/NAME/resume`
pub(super) async fn resume<S: Simulation>(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    operate::<S>(&request, name.into_inner(), Operation::Resume).await
}

/// `POST /admin/api/rooms/NAME/close`
pub(super) async fn close<S: Simulation>(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    operate::<S>(&request, name.into_inner(), Operation::Close).await
}

/// `POST /admin/api/rooms/NAME/kick`
pub(super) async fn kick<S: Simulation>(
    request: HttpRequest,
    name: web::Path<String>,
    kick: web::Json<Kick>,
) -> HttpResponse {
    operate::<S>(&request, name.into_inner(), Operation::Kick(SessionId(kick.session))).await
}

async fn operate<S: Simulation>(request: &HttpRequest, name: String, operation: Operation) -> HttpResponse {
    let Ok(name) = RoomName::try_from(name) else { return no_room() };
    match OperatorSite::<S>::of(request).lobby.send(OperateRoom { name, operation }).await {
        Ok(Some(report)) => HttpResponse::Ok().json(report),
        Ok(None) => no_room(),
        Err(_) => shutting_down(),
    }
}

fn no_room() -> HttpResponse {
    error_response(StatusCode::NOT_FOUND, "there is no such room")
}

fn shutting_down() -> HttpResponse {
    error_response(StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down")
}
