//! The operator's API: downloads of replay files.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentDisposition, ContentType, DispositionParam, DispositionType};
use actix_web::{HttpRequest, HttpResponse, web};
use tickcast_game::Simulation;

use super::OperatorSite;
use crate::actors::replay::recording::{RecordError, record_history};
use crate::http::api::error_response;
use crate::http::replays::match_key;

/// `GET /admin/api/rooms/NAME/replay`: the stored part of the newest match of a room, up to its newest checkpoint.
pub(super) async fn download<S: Simulation>(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let site = OperatorSite::<S>::of(&request);
    let (Some(history), Ok(key)) = (&site.history, match_key(&name)) else { return no_replay() };
    let history = Arc::clone(history);
    let export = site.export.lock().await;
    let recorded = web::block(move || record_history::<S>(&*history, &key)).await;
    drop(export);
    match recorded {
        Ok(Ok(file)) => HttpResponse::Ok()
            .content_type(ContentType::octet_stream())
            .insert_header(ContentDisposition {
                disposition: DispositionType::Attachment,
                parameters: vec![DispositionParam::Filename(format!("{name}.replay"))],
            })
            .body(file),
        Ok(Err(RecordError::NoMatch | RecordError::NoCheckpoint)) => no_replay(),
        Ok(Err(error)) => error_response(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        Err(error) => error_response(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn no_replay() -> HttpResponse {
    error_response(StatusCode::NOT_FOUND, "nothing of this room can be replayed yet")
}
