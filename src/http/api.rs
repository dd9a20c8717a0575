//! The room API: lists and creates rooms.

use actix_web::error::{InternalError, JsonPayloadError};
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tickcast_game::{OptionsError, Simulation};
use tickcast_protocol::{CloseReason, RoomName};
use tickcast_room::RoomOptions;

use super::Site;
use super::request_context::RequestContext;
use crate::actors::messages::{CreateRoom, CreateRoomError, ListRooms};
use crate::admission::Refusal;
use crate::admission::tickets::{Permission, Reservation, Tickets};

/// Limit on the body of a request that creates a room, in bytes.
pub const BODY_BYTES_MAX: usize = 4096;

/// The body of `POST /api/rooms`. Omitted options have the server's default values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRoom {
    name: RoomName,
    #[serde(default)]
    options: Map<String, Value>,
    #[serde(default)]
    world: Map<String, Value>,
}

/// Reason for not creating a room.
#[derive(Debug, thiserror::Error)]
enum NewRoomError {
    #[error("{}", CloseReason::Unauthorized.text())]
    Unauthorized,
    #[error(transparent)]
    Options(#[from] OptionsError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Create(#[from] CreateRoomError),
    #[error("the server is shutting down")]
    ShuttingDown,
}

impl NewRoomError {
    /// The reason under which the refusal is counted. `None` for errors in the request or in the game's rules, which are not
    /// counted.
    const fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Unauthorized => Some(Refusal::Unauthorized),
            Self::Create(CreateRoomError::TooMany | CreateRoomError::Overloaded) => Some(Refusal::RoomLimit),
            Self::Create(CreateRoomError::ShuttingDown) | Self::ShuttingDown => Some(Refusal::ShuttingDown),
            Self::Options(_) | Self::Json(_) | Self::Create(CreateRoomError::Exists | CreateRoomError::Failed) => None,
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Options(_) | Self::Json(_) => StatusCode::BAD_REQUEST,
            Self::Create(CreateRoomError::Exists) => StatusCode::CONFLICT,
            Self::Create(CreateRoomError::Failed) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Create(_) | Self::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// `GET /api/rooms`
pub(super) async fn list<S: Simulation>(request: HttpRequest) -> HttpResponse {
    match Site::<S>::of(&request).lobby.send(ListRooms).await {
        Ok(rooms) => HttpResponse::Ok().json(rooms),
        Err(_) => error_response(StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down"),
    }
}

/// `GET /api/rooms/limits`: the highest values of the options in `POST /api/rooms`.
pub(super) async fn limits<S: Simulation>(request: HttpRequest) -> HttpResponse {
    let site = Site::<S>::of(&request);
    HttpResponse::Ok().json(json!({ "options": site.room, "world": site.world }))
}

/// `POST /api/rooms`
pub(super) async fn create<S: Simulation>(request: HttpRequest, room: web::Json<NewRoom>) -> HttpResponse {
    let context = RequestContext::of(&request);
    if let Err(refusal) = context.admit_join() {
        return context.refuse(refusal, format!("{}\n", refusal.text()));
    }
    match try_create::<S>(&request, room.into_inner()).await {
        Ok(response) => response,
        Err(error) => {
            if let Some(refusal) = error.refusal() {
                context.count(refusal);
            }
            error_response(error.status(), &error.to_string())
        }
    }
}

async fn try_create<S: Simulation>(request: &HttpRequest, room: NewRoom) -> Result<HttpResponse, NewRoomError> {
    let site = Site::<S>::of(request);
    let NewRoom { name, options, world } = room;
    let ticket = site.worker.tickets().map(|tickets| reserve_ticket(request, tickets, &name)).transpose()?;
    let options: RoomOptions = overlay(&site.room, with_former_names(options))?;
    let world: S::Options = overlay(&site.world, world)?;
    options.validate()?;
    options.validate_untrusted(&site.room)?;
    S::validate(&world)?;
    S::validate_untrusted(&world, &site.world)?;
    let creation = site.lobby.send(CreateRoom { name, options, world });
    // Runs in a task of its own: if the client disconnects meanwhile, a room that is created must still use up the ticket.
    let created = actix_web::rt::spawn(async move {
        let created = creation.await.map_err(|_| NewRoomError::ShuttingDown)??;
        if let Some(ticket) = ticket {
            ticket.commit();
        }
        Ok::<_, NewRoomError>(created)
    });
    let created = created.await.map_err(|_| NewRoomError::ShuttingDown)??;
    Ok(HttpResponse::Created().json(created))
}

/// Reserves the ticket in the request, a bearer token (RFC 6750, section 2.1), for creating `room`.
fn reserve_ticket(request: &HttpRequest, tickets: &Tickets, room: &RoomName) -> Result<Reservation, NewRoomError> {
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let ticket = authorization.and_then(|text| text.strip_prefix("Bearer ")).and_then(|text| text.trim().parse().ok());
    let reservation = ticket.and_then(|ticket| tickets.reserve_now(&ticket, Permission::Create, Some(room)));
    reservation.ok_or(NewRoomError::Unauthorized)
}

/// Accepts `drones`, the former name of `ai_players`.
fn with_former_names(mut options: Map<String, Value>) -> Map<String, Value> {
    if let Some(ai_players) = options.remove("drones") {
        options.insert("ai_players".to_owned(), ai_players);
    }
    options
}

/// Overrides the defaults with the given fields.
fn overlay<T: Serialize + DeserializeOwned>(defaults: &T, given: Map<String, Value>) -> Result<T, serde_json::Error> {
    let mut merged = serde_json::to_value(defaults)?;
    match merged.as_object_mut() {
        Some(fields) => fields.extend(given),
        None if given.is_empty() => {}
        None => return Err(serde::de::Error::custom("this game has no options")),
    }
    serde_json::from_value(merged)
}

/// The response to a body that is not a [`NewRoom`].
pub(super) fn reject_json(error: JsonPayloadError, _: &HttpRequest) -> actix_web::Error {
    let response = error_response(StatusCode::BAD_REQUEST, &error.to_string());
    InternalError::from_response(error, response).into()
}

/// An error as JSON.
pub(super) fn error_response(status: StatusCode, error: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "error": error }))
}
