//! The replay API: describes and lists matches that can be watched.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use tickcast_game::Simulation;
use tickcast_protocol::{NameError, RoomName};
use tickcast_store::{MatchId, MatchKey};

use super::Site;
use super::api::{bearer_ticket, error_response};
use super::request_context::RequestContext;
use crate::actors::messages::{DescribeMatch, ListMatches};
use crate::admission::Refusal;
use crate::admission::tickets::{Claims, Permission};

/// Number of hexadecimal digits of a match id.
const MATCH_ID_DIGITS: usize = 32;

/// Parses the name of a room, which stands for its newest match, or the id of a match.
pub(super) fn match_key(text: &str) -> Result<MatchKey, NameError> {
    let is_id = text.len() == MATCH_ID_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.parse::<MatchId>() {
        Ok(id) if is_id => Ok(MatchKey::Id(id)),
        _ => Ok(MatchKey::Newest(text.parse::<RoomName>()?.to_string())),
    }
}

/// `GET /api/rooms/WHICH/replay`
pub(super) async fn describe<S: Simulation>(request: HttpRequest, which: web::Path<String>) -> HttpResponse {
    let context = RequestContext::of(&request);
    let claims = match admit::<S>(&request, &context) {
        Ok(claims) => claims,
        Err(refusal) => return context.refuse(refusal),
    };
    let (Some(replays), Ok(key)) = (&Site::<S>::of(&request).replays, match_key(&which)) else { return no_match() };
    match replays.send(DescribeMatch(key)).await {
        Ok(Some(found)) if permits(claims.as_ref(), &found.room) => HttpResponse::Ok().json(&*found),
        Ok(Some(_)) => context.refuse(Refusal::Unauthorized),
        Ok(None) => no_match(),
        Err(_) => context.refuse(Refusal::ShuttingDown),
    }
}

/// `GET /api/replays`
pub(super) async fn list<S: Simulation>(request: HttpRequest) -> HttpResponse {
    let context = RequestContext::of(&request);
    let claims = match admit::<S>(&request, &context) {
        Ok(claims) => claims,
        Err(refusal) => return context.refuse(refusal),
    };
    let Some(replays) = &Site::<S>::of(&request).replays else { return HttpResponse::Ok().json([(); 0]) };
    match replays.send(ListMatches).await {
        Ok(matches) => {
            let permitted: Vec<_> = matches.iter().filter(|found| permits(claims.as_ref(), &found.room)).collect();
            HttpResponse::Ok().json(permitted)
        }
        Err(_) => context.refuse(Refusal::ShuttingDown),
    }
}

/// Counts the request, because it may read from the store, and checks its ticket. Returns the claims of the ticket.
///
/// # Errors
/// [`Refusal::MatchQueryRate`] or [`Refusal::Unauthorized`].
fn admit<S: Simulation>(request: &HttpRequest, context: &RequestContext<'_>) -> Result<Option<Claims>, Refusal> {
    context.permit().handle_match_query()?;
    spectate_claims::<S>(request)
}

/// The claims of the request's ticket. `None` if the server requires no tickets. The ticket is not reserved: a page polls the
/// description while its session joins with the ticket, and after it has used the ticket up.
///
/// # Errors
/// [`Refusal::Unauthorized`] if the request contains no ticket that permits to spectate.
fn spectate_claims<S: Simulation>(request: &HttpRequest) -> Result<Option<Claims>, Refusal> {
    let Some(tickets) = Site::<S>::of(request).worker.tickets() else { return Ok(None) };
    let claims = bearer_ticket(request).and_then(|ticket| tickets.check_now(&ticket, Permission::Spectate, None));
    claims.map(Some).ok_or(Refusal::Unauthorized)
}

/// Whether the ticket is valid for this room.
fn permits(claims: Option<&Claims>, room: &RoomName) -> bool {
    claims.and_then(|claims| claims.room.as_ref()).is_none_or(|permitted| permitted == room)
}

fn no_match() -> HttpResponse {
    error_response(StatusCode::NOT_FOUND, "there is no match that can be watched")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_found_by_its_id_or_by_the_name_of_its_room() {
        assert_eq!(match_key(&"0a".repeat(16)), Ok(MatchKey::Id(MatchId([10; 16]))));
        for name in ["main", "abc", &"z".repeat(32)] {
            assert_eq!(match_key(name), Ok(MatchKey::Newest(name.to_owned())));
        }
        assert_eq!(match_key(""), Err(NameError::Empty));
        assert_eq!(match_key("a b"), Err(NameError::Character));
    }
}
