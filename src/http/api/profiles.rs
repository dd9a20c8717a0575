//! Profiles and leaderboards over HTTP.

pub mod queries;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use tickcast_game::Simulation;
use tickcast_protocol::ProfileSecret;
use tickcast_store::{LeaderboardEntry, Period, Placement, Profile, ProfileId};

use super::{bearer_ticket, error_response};
use crate::admission::tickets::{Permission, Tickets};
use crate::admission::{Refusal, profile_of_secret, profile_of_user};
use crate::http::Site;
use crate::http::request_context::RequestContext;
use queries::{PAGE_ENTRIES, PAGES_MAX, QueryError};

pub use queries::ProfileQueries;

/// The query of `GET /api/leaderboard`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeaderboardQuery {
    #[serde(default)]
    period: PeriodName,
    #[serde(default = "first_page")]
    page: u32,
}

/// The name of a period in the API.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PeriodName {
    Day,
    Week,
    #[default]
    All,
}

impl PeriodName {
    const fn period(self) -> Period {
        match self {
            Self::Day => Period::Day,
            Self::Week => Period::Week,
            Self::All => Period::All,
        }
    }
}

const fn first_page() -> u32 {
    1
}

/// The response to `GET /api/leaderboard`.
#[derive(Serialize)]
struct LeaderboardBody<'a> {
    page: u32,
    more: bool,
    entries: Vec<EntryBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<OwnPlace>,
}

#[derive(Serialize)]
struct EntryBody<'a> {
    rank: u32,
    name: &'a str,
    score: u32,
    /// `true` in the caller's own entry, otherwise `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    own: Option<bool>,
}

/// The caller's own place on a leaderboard.
#[derive(Serialize)]
struct OwnPlace {
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<u32>,
    score: u32,
}

/// The response to `GET /api/profile`.
#[derive(Serialize)]
struct ProfileBody {
    name: String,
    matches: u64,
    play_seconds: u64,
    kills: u64,
    deaths: u64,
    best_score: u32,
    best_streak: u32,
}

/// Reason for not answering a request.
#[derive(Debug)]
enum ProfileError {
    Refused(Refusal),
    /// The server has no store, or the game has no scores.
    NoProfiles,
    /// The query is invalid.
    Query(String),
    /// The store failed.
    Failed,
}

impl From<QueryError> for ProfileError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Full => Self::Refused(Refusal::QueriesFull),
            QueryError::Failed => Self::Failed,
        }
    }
}

impl ProfileError {
    fn response(&self, context: &RequestContext<'_>) -> HttpResponse {
        match self {
            Self::Refused(refusal) => context.refuse(*refusal),
            // Not an error, because a browser would write an error to the console of each visitor.
            Self::NoProfiles => HttpResponse::NoContent().finish(),
            Self::Query(error) => error_response(StatusCode::BAD_REQUEST, error),
            Self::Failed => error_response(StatusCode::SERVICE_UNAVAILABLE, "the profiles cannot be read at present"),
        }
    }
}

/// `GET /api/leaderboard`: a page of a leaderboard, and the caller's own rank if the request contains a secret.
pub(in crate::http) async fn leaderboard<S: Simulation>(request: HttpRequest) -> HttpResponse {
    let context = RequestContext::of(&request);
    respond(try_leaderboard::<S>(&request, &context).await, &context)
}

async fn try_leaderboard<S: Simulation>(
    request: &HttpRequest,
    context: &RequestContext<'_>,
) -> Result<HttpResponse, ProfileError> {
    let query = web::Query::<LeaderboardQuery>::from_query(request.query_string())
        .map_err(|error| ProfileError::Query(error.to_string()))?;
    let LeaderboardQuery { period: name, page: number } = query.into_inner();
    if !(1..=PAGES_MAX).contains(&number) {
        return Err(ProfileError::Query(format!("page is from 1 to {PAGES_MAX}")));
    }
    let site = Site::<S>::of(request);
    let queries = site.profiles.as_ref().ok_or(ProfileError::NoProfiles)?;
    let caller = caller(request, context, site.worker.tickets())?;
    let page = queries.page(name.period(), number).await?;
    let own = match caller {
        Some(caller) => queries.placement(name.period(), caller).await?,
        None => None,
    };
    let ranks = (number - 1) * PAGE_ENTRIES + 1..;
    let entries = page.entries.iter().zip(ranks).map(|(LeaderboardEntry { profile, name, score }, rank)| EntryBody {
        rank,
        name,
        score: *score,
        own: (caller == Some(*profile)).then_some(true),
    });
    Ok(HttpResponse::Ok().json(LeaderboardBody {
        page: number,
        more: page.has_more,
        entries: entries.collect(),
        own: own.map(|Placement { rank, score }| OwnPlace { rank, score }),
    }))
}

/// `GET /api/profile`: the caller's profile, which is empty before the first result.
pub(in crate::http) async fn profile<S: Simulation>(request: HttpRequest) -> HttpResponse {
    let context = RequestContext::of(&request);
    respond(try_profile::<S>(&request, &context).await, &context)
}

async fn try_profile<S: Simulation>(
    request: &HttpRequest,
    context: &RequestContext<'_>,
) -> Result<HttpResponse, ProfileError> {
    let (queries, caller) = authorized::<S>(request, context)?;
    let profile = queries.profile(caller).await?.unwrap_or_default();
    let Profile { name, matches, play_ms, kills, deaths, best_score, best_streak } = profile;
    let play_seconds = play_ms / 1_000;
    Ok(HttpResponse::Ok().json(ProfileBody { name, matches, play_seconds, kills, deaths, best_score, best_streak }))
}

/// `DELETE /api/profile`: deletes the caller's profile and entries on leaderboards.
pub(in crate::http) async fn erase<S: Simulation>(request: HttpRequest) -> HttpResponse {
    let context = RequestContext::of(&request);
    respond(try_erase::<S>(&request, &context).await, &context)
}

async fn try_erase<S: Simulation>(
    request: &HttpRequest,
    context: &RequestContext<'_>,
) -> Result<HttpResponse, ProfileError> {
    let (queries, caller) = authorized::<S>(request, context)?;
    // Deleting costs about as much as joining.
    context.permit().handle_join().map_err(ProfileError::Refused)?;
    queries.erase(caller).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The queries, and the profile that the caller may read and delete.
fn authorized<'r, S: Simulation>(
    request: &'r HttpRequest,
    context: &RequestContext<'_>,
) -> Result<(&'r ProfileQueries, ProfileId), ProfileError> {
    let site = Site::<S>::of(request);
    let queries = site.profiles.as_ref().ok_or(ProfileError::NoProfiles)?;
    let caller = caller(request, context, site.worker.tickets())?;
    Ok((queries, caller.ok_or(ProfileError::Refused(Refusal::ProfileUnauthorized))?))
}

/// The caller's profile: that of the secret, or of the user that the ticket names. A ticket is not used up, and may have been
/// used up before. `None` if the request contains neither.
fn caller(
    request: &HttpRequest,
    context: &RequestContext<'_>,
    tickets: Option<&Tickets>,
) -> Result<Option<ProfileId>, ProfileError> {
    let Some(authorization) = request.headers().get(AUTHORIZATION) else { return Ok(None) };
    context.check_page().map_err(ProfileError::Refused)?;
    let credential = authorization.to_str().ok().and_then(|text| text.split_once(' '));
    let profile = match credential {
        Some(("Profile", secret)) => parse_secret(secret.trim()).as_ref().map(profile_of_secret),
        Some(("Bearer", _)) => bearer_ticket(request).and_then(|ticket| {
            let claims = tickets?.check_now(&ticket, Permission::Play, None)?;
            Some(profile_of_user(claims.subject?.as_str()))
        }),
        _ => None,
    };
    profile.map(Some).ok_or(ProfileError::Refused(Refusal::ProfileUnauthorized))
}

fn parse_secret(text: &str) -> Option<ProfileSecret> {
    let is_hexadecimal = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).ok().filter(|_| is_hexadecimal)?;
    Some(ProfileSecret(number.to_be_bytes()))
}

/// The response, which no cache may store, because it depends on the caller.
fn respond(result: Result<HttpResponse, ProfileError>, context: &RequestContext<'_>) -> HttpResponse {
    let mut response = result.unwrap_or_else(|error| error.response(context));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
