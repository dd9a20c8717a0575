//! The room API: lists, creates and locks rooms. [`profiles`] is the API of profiles and leaderboards.

pub(super) mod events;
pub mod profiles;
pub mod transports;

use std::sync::Arc;

use actix_web::error::{InternalError, JsonPayloadError, PayloadError};
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, ContentType};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tickcast_game::{OptionsError, Simulation};
use tickcast_protocol::{RoomName, Ticket};
use tickcast_room::RoomOptions;

use super::Site;
use super::request_context::RequestContext;
use crate::actors::messages::{
    CreateRoom, CreateRoomError, ListRooms, ManageKey, Metadata, RoomFilter, SetLock, WrongManageKey,
};
use crate::admission::Refusal;
use crate::admission::tickets::{Permission, Reservation, Tickets};
use crate::telemetry::Health;

/// Limit on the body of a request that creates a room, in bytes.
pub const BODY_BYTES_MAX: usize = 4096;

/// The characters of the random part of an unlisted room's name. They are easy to read and to select as one word.
const UNLISTED_CHARACTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Length of the random part, which has five bits per character: 115 bits.
const UNLISTED_LENGTH: usize = RoomName::BYTES_MAX - RoomName::UNLISTED_PREFIX.len();

/// The body of `POST /api/rooms`. Omitted options have the server's default values.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRoom {
    /// Absent if the room is unlisted.
    name: Option<RoomName>,
    /// Whether the room is kept out of all lists. The server then chooses its name.
    #[serde(default)]
    unlisted: bool,
    #[serde(default)]
    options: Map<String, Value>,
    #[serde(default)]
    world: Map<String, Value>,
    #[serde(default)]
    metadata: Metadata,
}

/// Who may create rooms with `POST /api/rooms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomApi {
    /// Nobody.
    Off,
    /// Clients with a ticket that permits it.
    Ticket,
    /// Everyone.
    Open,
}

/// Reason for not creating a room.
#[derive(Debug, thiserror::Error)]
enum NewRoomError {
    #[error("{}", .0.text())]
    Refused(Refusal),
    #[error("a room has either a name or `\"unlisted\": true`")]
    Name,
    #[error(transparent)]
    Options(#[from] OptionsError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Create(#[from] CreateRoomError),
}

impl NewRoomError {
    /// The reason under which the error is counted. Returns `None` if the request is invalid, the room already
    /// exists or the game's rules panicked, because these errors are not counted as refusals.
    const fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused(refusal) | Self::Create(CreateRoomError::Refused(refusal)) => Some(*refusal),
            Self::Create(CreateRoomError::TooMany | CreateRoomError::Overloaded) => Some(Refusal::RoomLimit),
            Self::Create(CreateRoomError::ShuttingDown) => Some(Refusal::ShuttingDown),
            Self::Name | Self::Options(_) | Self::Json(_) => None,
            Self::Create(CreateRoomError::Exists | CreateRoomError::Failed) => None,
        }
    }

    /// The status of a response to an error that is not a refusal.
    const fn status(&self) -> StatusCode {
        match self {
            Self::Create(CreateRoomError::Exists) => StatusCode::CONFLICT,
            Self::Create(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Refused(_) | Self::Name | Self::Options(_) | Self::Json(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// `GET /api/rooms`. The parameters are conditions on the metadata of rooms.
pub(super) async fn list<S: Simulation>(request: HttpRequest) -> HttpResponse {
    let filter = match filter(request.query_string(), &[]) {
        Ok(filter) => filter,
        Err(error) => return error_response(StatusCode::BAD_REQUEST, &error),
    };
    match Site::<S>::of(&request).lobby.send(ListRooms).await {
        Ok(rooms) => HttpResponse::Ok().content_type(ContentType::json()).body(rooms.json(&filter)),
        Err(_) => error_response(StatusCode::SERVICE_UNAVAILABLE, "the server is shutting down"),
    }
}

/// The conditions on rooms in a query. Ignores the parameters `others`.
///
/// # Errors
/// The reason why the query contains no valid conditions.
pub(super) fn filter(query: &str, others: &[&str]) -> Result<RoomFilter, String> {
    let parameters = web::Query::<Vec<(String, String)>>::from_query(query).map_err(|error| error.to_string())?;
    let conditions = parameters.into_inner().into_iter().filter(|(key, _)| !others.contains(&key.as_str()));
    RoomFilter::new(conditions).map_err(|error| error.to_string())
}

/// `GET /api/rooms/limits`: the highest values that `POST /api/rooms` accepts for its options.
pub(super) async fn limits<S: Simulation>(request: HttpRequest) -> HttpResponse {
    let site = Site::<S>::of(&request);
    HttpResponse::Ok().json(json!({ "options": site.room, "world": site.world }))
}

/// `POST /api/rooms`
pub(super) async fn create<S: Simulation>(request: HttpRequest, room: web::Json<NewRoom>) -> HttpResponse {
    let context = RequestContext::of(&request);
    match try_create::<S>(&request, &context, room.into_inner()).await {
        Ok(response) => response,
        Err(error) => match error.refusal() {
            Some(refusal) => context.refuse_with(refusal, &error.to_string()),
            None => error_response(error.status(), &error.to_string()),
        },
    }
}

async fn try_create<S: Simulation>(
    request: &HttpRequest,
    context: &RequestContext<'_>,
    room: NewRoom,
) -> Result<HttpResponse, NewRoomError> {
    let site = Site::<S>::of(request);
    context.check_page().map_err(NewRoomError::Refused)?;
    let NewRoom { name, unlisted, options, world, metadata } = room;
    let name = match (name, unlisted) {
        (Some(name), false) => name,
        (None, true) => unlisted_name(),
        _ => return Err(NewRoomError::Name),
    };
    let ticket = match site.room_api {
        RoomApi::Off => return Err(NewRoomError::Refused(Refusal::RoomApiOff)),
        RoomApi::Ticket => {
            let reserved = reserve_ticket(request, site.worker.tickets(), Permission::Create, Some(&name));
            Some(reserved.map_err(NewRoomError::Refused)?)
        }
        RoomApi::Open => None,
    };
    if let Some(subject) = ticket.as_ref().and_then(|ticket| ticket.claims().subject.as_ref()) {
        context.permit().handle_subject(subject.as_str()).map_err(NewRoomError::Refused)?;
    }
    context.permit().handle_join().map_err(NewRoomError::Refused)?;
    let options: RoomOptions = overlay(&site.room, with_former_names(options))?;
    let world: S::Options = overlay(&site.world, world)?;
    options.validate()?;
    options.validate_untrusted(&site.room)?;
    S::validate(&world)?;
    S::validate_untrusted(&world, &site.world)?;
    let creator = context.permit().client().clone();
    let creation = site.lobby.send(CreateRoom { name, options, world, metadata, creator });
    // A separate task waits for the room and then uses up the ticket. If the client disconnects, the future of this
    // function is dropped, but the task continues, because the room may still be created.
    let created = actix_web::rt::spawn(async move {
        let created = creation.await.map_err(|_| NewRoomError::Refused(Refusal::ShuttingDown))??;
        if let Some(ticket) = ticket {
            ticket.commit();
        }
        Ok::<_, NewRoomError>(created)
    });
    let created = created.await.map_err(|_| NewRoomError::Refused(Refusal::ShuttingDown))??;
    Ok(HttpResponse::Created().json(created))
}

/// `POST /api/rooms/{name}/lock`
pub(super) async fn lock<S: Simulation>(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    set_lock::<S>(&request, name.into_inner(), true).await
}

/// `DELETE /api/rooms/{name}/lock`
pub(super) async fn unlock<S: Simulation>(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    set_lock::<S>(&request, name.into_inner(), false).await
}

async fn set_lock<S: Simulation>(request: &HttpRequest, name: String, is_locked: bool) -> HttpResponse {
    let context = RequestContext::of(request);
    if let Err(refusal) = context.check_page() {
        return context.refuse(refusal);
    }
    let (Ok(name), Some(key)) = (RoomName::try_from(name), bearer_text(request).map(ManageKey::presented)) else {
        return context.refuse(Refusal::ManageUnauthorized);
    };
    match Site::<S>::of(request).lobby.send(SetLock { name, key, is_locked }).await {
        Ok(Ok(())) => HttpResponse::NoContent().finish(),
        Ok(Err(WrongManageKey)) => context.refuse(Refusal::ManageUnauthorized),
        Err(_) => context.refuse(Refusal::ShuttingDown),
    }
}

/// A name for an unlisted room that nobody can guess.
fn unlisted_name() -> RoomName {
    let mut name = RoomName::UNLISTED_PREFIX.to_owned();
    for byte in rand::random::<[u8; UNLISTED_LENGTH]>() {
        name.push(UNLISTED_CHARACTERS[usize::from(byte) % UNLISTED_CHARACTERS.len()].into());
    }
    name.try_into().expect("all of these characters are valid in a name, and it is not too long")
}

/// Reserves the ticket in the request. If there is a `room`, the ticket must be valid for it.
fn reserve_ticket(
    request: &HttpRequest,
    tickets: Option<&Tickets>,
    permission: Permission,
    room: Option<&RoomName>,
) -> Result<Reservation, Refusal> {
    let reservation = bearer_ticket(request).and_then(|ticket| tickets?.reserve_now(&ticket, permission, room));
    reservation.ok_or(Refusal::Unauthorized)
}

/// The ticket of a request.
pub(super) fn bearer_ticket(request: &HttpRequest) -> Option<Ticket> {
    bearer_text(request)?.parse().ok()
}

/// The bearer token (RFC 6750, section 2.1) of a request.
pub(super) fn bearer_text(request: &HttpRequest) -> Option<&str> {
    let authorization = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    authorization.strip_prefix("Bearer ").map(str::trim)
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

/// The response to a body that is not a [`NewRoom`]. A body that was cut off because the server stops is refused with
/// [`Refusal::ShuttingDown`].
pub(super) fn reject_json(error: JsonPayloadError, request: &HttpRequest) -> actix_web::Error {
    let health: &Arc<Health> = request.app_data().expect("the health is registered with the routes");
    let response = match &error {
        JsonPayloadError::Payload(PayloadError::Incomplete(_)) if health.is_shutting_down() => {
            RequestContext::of(request).refuse(Refusal::ShuttingDown)
        }
        _ => error_response(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    InternalError::from_response(error, response).into()
}

/// An error as JSON.
pub(super) fn error_response(status: StatusCode, error: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "error": error }))
}
