//! The room API: lists rooms and makes them.

use std::rc::Rc;
use std::time::Instant;

use actix_web::error::{InternalError, JsonPayloadError};
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tickcast_protocol::{CloseReason, RoomName};

use super::Site;
use super::visitor::Visitor;
use crate::actors::messages::{Create, CreateError, List};
use crate::room::RoomOptions;
use crate::simulation::Simulation;
use crate::tickets::Tickets;

/// The most bytes of a request that makes a room.
pub const BODY_BYTES_MAX: usize = 4096;

/// A room to be made; what is not named is as the server's own default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRoom {
    name: RoomName,
    #[serde(default)]
    options: Map<String, Value>,
    #[serde(default)]
    world: Map<String, Value>,
}

/// `GET /api/rooms`
pub(super) async fn list<S: Simulation>(request: HttpRequest) -> HttpResponse {
    match site::<S>(&request).lobby.send(List).await {
        Ok(rooms) => HttpResponse::Ok().json(rooms),
        Err(_) => refuse(HttpResponse::ServiceUnavailable(), "the server is stopping"),
    }
}

/// `POST /api/rooms`
pub(super) async fn create<S: Simulation>(request: HttpRequest, room: web::Json<NewRoom>) -> HttpResponse {
    let visitor = Visitor::of(&request);
    if let Err(refusal) = visitor.ask_to_join(Instant::now()) {
        return visitor.refuse(refusal, format!("{}\n", refusal.text()));
    }
    let site = site::<S>(&request);
    let NewRoom { name, options, world } = room.into_inner();
    if !site.worker.tickets().is_none_or(|tickets| has_ticket(&request, tickets, &name)) {
        return refuse(HttpResponse::Unauthorized(), CloseReason::Unauthorized.text());
    }
    let is_seeded = options.contains_key("seed");
    let (options, world) = match wanted::<S>(options, world, site) {
        Ok(wanted) => wanted,
        Err(why) => return refuse(HttpResponse::BadRequest(), &why),
    };
    let seed = is_seeded.then_some(options.seed);
    match site.lobby.send(Create { name, options, seed, world }).await {
        Ok(Ok(room)) => HttpResponse::Created().json(room),
        Ok(Err(CreateError::Exists)) => refuse(HttpResponse::Conflict(), "there is a room of that name"),
        Ok(Err(CreateError::TooMany)) => {
            refuse(HttpResponse::ServiceUnavailable(), "the server has as many rooms as it takes")
        }
        Ok(Err(CreateError::Overloaded)) => refuse(HttpResponse::ServiceUnavailable(), "the server is overloaded"),
        Ok(Err(CreateError::Failed)) => refuse(HttpResponse::InternalServerError(), CloseReason::RoomFailed.text()),
        Ok(Err(CreateError::Stopping)) | Err(_) => refuse(HttpResponse::ServiceUnavailable(), "the server is stopping"),
    }
}

/// What a room is to be made with: what was asked for, as far as anybody may have it, and else what the server was started with.
fn wanted<S: Simulation>(
    options: Map<String, Value>,
    world: Map<String, Value>,
    site: &Site<S>,
) -> Result<(RoomOptions, S::Options), String> {
    let (options, world) = (overlay(&site.room, options)?, overlay(&site.world, world)?);
    options.check()?;
    options.check_cost(&site.room)?;
    S::check(&world)?;
    S::check_cost(&world, &site.world)?;
    Ok((options, world))
}

/// Whether the request bears a ticket for that room (RFC 6750, section 2.1).
fn has_ticket(request: &HttpRequest, tickets: &Tickets, room: &RoomName) -> bool {
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let ticket = authorization.and_then(|text| text.strip_prefix("Bearer ")).and_then(|text| text.trim().parse().ok());
    ticket.is_some_and(|ticket| tickets.redeem_now(&ticket, Some(room)).is_some())
}

/// Puts the given fields in the place of the defaults.
fn overlay<T: Serialize + DeserializeOwned>(defaults: &T, given: Map<String, Value>) -> Result<T, String> {
    let mut whole = serde_json::to_value(defaults).expect("options are plain data");
    match whole.as_object_mut() {
        Some(fields) => fields.extend(given),
        None if given.is_empty() => {}
        None => return Err("there are no options".to_owned()),
    }
    serde_json::from_value(whole).map_err(|why| why.to_string())
}

/// A body that is no room.
pub(super) fn refuse_json(why: JsonPayloadError, _: &HttpRequest) -> actix_web::Error {
    let response = refuse(HttpResponse::BadRequest(), &why.to_string());
    InternalError::from_response(why, response).into()
}

pub(super) fn refuse(mut status: actix_web::HttpResponseBuilder, why: &str) -> HttpResponse {
    status.json(json!({ "error": why }))
}

pub(super) fn site<S: Simulation>(request: &HttpRequest) -> &Rc<Site<S>> {
    request.app_data().expect("every route has its site")
}
