//! The operator's API: bans.

use std::io;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use log::info;
use serde::Deserialize;
use tickcast_game::Simulation;

use super::OperatorSite;
use crate::actors::messages::CloseBanned;
use crate::admission::control::bans::{BanTarget, NOTE_BYTES_MAX};
use crate::admission::control::unix_time;
use crate::http::api::error_response;

/// Longest time after which a ban ends by itself: ten years.
const BAN_MAX: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The body of `POST /admin/api/bans`.
#[derive(Deserialize)]
pub(super) struct NewBan {
    #[serde(flatten)]
    target: BanTarget,
    /// Seconds until the ban ends. `null` or absent: it does not end by itself.
    seconds: Option<u64>,
    #[serde(default)]
    note: String,
}

/// `GET /admin/api/bans`
pub(super) async fn list<S: Simulation>(request: HttpRequest) -> HttpResponse {
    HttpResponse::Ok().json(OperatorSite::<S>::of(&request).admission.bans().active(unix_time()))
}

/// `POST /admin/api/bans`: adds a ban, and closes the sessions that it includes.
pub(super) async fn add<S: Simulation>(request: HttpRequest, ban: web::Json<NewBan>) -> HttpResponse {
    let (site, NewBan { target, seconds, note }) = (OperatorSite::<S>::of(&request), ban.into_inner());
    if note.len() > NOTE_BYTES_MAX || seconds.is_some_and(|seconds| seconds > BAN_MAX.as_secs()) {
        return error_response(StatusCode::BAD_REQUEST, "the note or the time is too long");
    }
    let now = unix_time();
    let ban = match site.admission.bans().add(target, seconds.map(|seconds| now + seconds), note, now) {
        Ok(ban) => ban,
        Err(error) => return error_response(StatusCode::CONFLICT, &error.to_string()),
    };
    info!("an operator bans {:?}", ban.target);
    site.lobby.do_send(CloseBanned(ban.clone()));
    match save(site).await {
        Ok(()) => HttpResponse::Created().json(ban),
        Err(error) => not_stored(&error),
    }
}

/// `DELETE /admin/api/bans/ID`
pub(super) async fn remove<S: Simulation>(request: HttpRequest, id: web::Path<u64>) -> HttpResponse {
    let site = OperatorSite::<S>::of(&request);
    if !site.admission.bans().remove(*id) {
        return error_response(StatusCode::NOT_FOUND, "there is no such ban");
    }
    info!("an operator lifts ban {id}");
    match save(site).await {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(error) => not_stored(&error),
    }
}

/// Stores all bans. The lock is taken before the bans are read, so that the last write contains all changes.
async fn save<S: Simulation>(site: &OperatorSite<S>) -> io::Result<()> {
    let file = site.ban_file.lock().await;
    let (destination, bans) = (file.clone(), site.admission.bans().active(unix_time()));
    let saved = web::block(move || destination.save(&bans)).await;
    drop(file);
    saved.map_err(io::Error::other)?
}

fn not_stored(error: &io::Error) -> HttpResponse {
    let text =
        format!("the change is in effect, but a restart of the server undoes it, because it was not stored: {error}");
    error_response(StatusCode::INTERNAL_SERVER_ERROR, &text)
}
