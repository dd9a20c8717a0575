//! The API of profiles and leaderboards.

use std::sync::Arc;

use serde_json::{Value, json};
use tickcast::admission::profile_of_secret;
use tickcast::admission::tickets::now_s;
use tickcast::store::{
    Epoch, MatchId, MemoryStore, Operation, ProfileId, Stay, StayEvent, StayResult, Store, StoreError, Write,
};
use tickcast_arena::World;
use tickcast_protocol::ProfileSecret;

use crate::http::{Response, request_with};
use crate::nim::Table;
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

fn profile_secret(player: u16) -> ProfileSecret {
    let [high, low] = player.to_be_bytes();
    ProfileSecret(std::array::from_fn(|index| if index % 2 == 0 { high } else { low }))
}

/// The header line with the secret of a player.
pub fn secret(player: u16) -> String {
    format!("Authorization: Profile {}\r\n", format!("{player:04x}").repeat(8))
}

/// Counts stays of players with these profiles, names and scores.
pub fn count(store: &dyn Store, results: impl IntoIterator<Item = (ProfileId, String, u32)>) {
    let stays = results.into_iter().zip(1_u32..).flat_map(|((profile, name, score), tick)| {
        let stay = Stay { tick, seat: 1 };
        let (play_ms, kills, deaths, best_streak) = (61_500, 3, 2, 1);
        let result = StayResult { name, ended_s: now_s(), play_ms, score, kills, deaths, best_streak };
        [StayEvent::Began(stay, Some(profile)), StayEvent::Ended(stay, result)]
    });
    let create = Operation::Create { name: "main".to_owned(), creator: None, checkpoint: Vec::new() };
    for (operation, stays) in [(create, stays.collect()), (Operation::Close, Vec::new())] {
        let done = Box::new(|result: Result<(), StoreError>| result.expect("the store works"));
        store.submit(Write {
            room: MatchId([1; 16]),
            epoch: Epoch::FIRST,
            operation,
            index: None,
            stays,
            listing: None,
            done,
        });
    }
}

/// A server with these players and scores.
pub fn start(scores: &[(u16, u32)]) -> TestServer {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let result = |&(player, score)| (profile_of_secret(&profile_secret(player)), format!("Player {player}"), score);
    count(&*store, scores.iter().map(result));
    let options = server_options(room_options(), empty_arena());
    TestServer::start_configured::<World>(options, |builder| builder.store(store))
}

fn send(server: &TestServer, method: &str, path: &str, headers: &str) -> Response {
    let response = request_with(server.address(), method, path, headers, "");
    assert!(response.head.contains("cache-control: no-store"), "{}", response.head);
    response
}

fn get(server: &TestServer, path: &str, headers: &str) -> (u16, Value) {
    let Response { status, body, .. } = send(server, "GET", path, headers);
    (status, serde_json::from_str(&body).expect("the body is JSON"))
}

#[test]
fn a_leaderboard_has_pages_and_the_own_rank() {
    let scores: Vec<_> = (1..=25).map(|player| (player, 1_000 - u32::from(player))).collect();
    let server = start(&scores);
    let entries = |ranks: std::ops::RangeInclusive<u32>| -> Value {
        ranks.map(|rank| json!({ "rank": rank, "name": format!("Player {rank}"), "score": 1_000 - rank })).collect()
    };
    for period in ["day", "week", "all"] {
        let path = |page| format!("/api/leaderboard?period={period}&page={page}");
        let first = json!({ "page": 1, "more": true, "entries": entries(1..=20) });
        assert_eq!(get(&server, &path(1), ""), (200, first));
        let own = json!({ "rank": 3, "score": 997 });
        let second = json!({ "page": 2, "more": false, "entries": entries(21..=25), "own": own });
        assert_eq!(get(&server, &path(2), &secret(3)), (200, second));
        let beyond = json!({ "page": 100, "more": false, "entries": [] });
        assert_eq!(get(&server, &path(100), &secret(99)), (200, beyond), "an unknown player has no rank");
    }
    assert_eq!(get(&server, "/api/leaderboard", "").1["page"], 1);
}

#[test]
fn only_the_own_entry_is_marked() {
    let server = start(&[(1, 100), (2, 100), (3, 100)]);
    let marked = |headers: &str| -> Vec<Value> {
        let (_, found) = get(&server, "/api/leaderboard", headers);
        let entries = found["entries"].as_array().expect("a page").iter();
        entries.filter(|entry| entry["own"] == json!(true)).map(|entry| entry["name"].clone()).collect()
    };
    assert_eq!([marked(""), marked(&secret(2)), marked(&secret(9))], [vec![], vec![json!("Player 2")], vec![]]);
}

#[test]
fn the_last_page_that_can_be_requested_has_no_next_page() {
    let scores: Vec<_> = (1..=2_001).map(|player| (player, 5_000 - u32::from(player))).collect();
    let server = start(&scores);
    for (page, more) in [(99, true), (100, false)] {
        let (_, found) = get(&server, &format!("/api/leaderboard?page={page}"), "");
        assert_eq!((found["entries"].as_array().map(Vec::len), &found["more"]), (Some(20), &json!(more)), "page {page}");
    }
}

#[test]
fn an_invalid_request_is_answered_with_the_reason() {
    let server = start(&[(1, 100)]);
    for query in ["page=0", "page=101", "page=x", "period=year", "period=day&secret=1"] {
        let (status, body) = get(&server, &format!("/api/leaderboard?{query}"), "");
        assert!(status == 400 && body["error"].is_string(), "{query}: {status} {body}");
    }
    for authorization in ["Profile 00", "Profile", "Basic abc", "Bearer abc", &format!("Profile +{}", "0".repeat(31))] {
        let header = format!("Authorization: {authorization}\r\n");
        for path in ["/api/profile", "/api/leaderboard"] {
            assert_eq!(get(&server, path, &header).0, 401, "{authorization}");
        }
    }
    assert_eq!(get(&server, "/api/profile", "").0, 401);
}

#[test]
fn players_can_read_and_erase_their_data() {
    let server = start(&[(1, 100), (2, 50)]);
    let profile = json!({
        "name": "Player 1", "matches": 1, "play_seconds": 61, "kills": 3, "deaths": 2, "best_score": 100, "best_streak": 1,
    });
    assert_eq!(get(&server, "/api/profile", &secret(1)), (200, profile));
    assert_eq!(get(&server, "/api/leaderboard", &secret(1)).1["own"]["rank"], 1);
    assert_eq!(send(&server, "DELETE", "/api/profile", "").status, 401);
    assert_eq!(send(&server, "DELETE", "/api/profile", &secret(1)).status, 204);
    let (status, empty) = get(&server, "/api/profile", &secret(1));
    assert_eq!((status, &empty["name"], &empty["matches"]), (200, &json!(""), &json!(0)));
    let rest = json!([{ "rank": 1, "name": "Player 2", "score": 50 }]);
    let (_, leaderboard) = get(&server, "/api/leaderboard", &secret(1));
    assert_eq!((&leaderboard["entries"], &leaderboard["own"]), (&rest, &Value::Null));
    assert_eq!(send(&server, "DELETE", "/api/profile", &secret(1)).status, 204, "nothing is left to delete");
}

#[test]
fn pages_of_other_origins_cannot_use_a_secret() {
    let server = start(&[(1, 100)]);
    let headers = format!("Origin: https://evil.example\r\n{}", secret(1));
    for (method, path) in [("GET", "/api/profile"), ("DELETE", "/api/profile"), ("GET", "/api/leaderboard")] {
        assert_eq!(send(&server, method, path, &headers).status, 403, "{method} {path}");
    }
    assert_eq!(get(&server, "/api/profile", &secret(1)).0, 200);
}

#[test]
fn a_server_without_a_store_and_a_game_without_scores_have_no_profiles() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let options = server_options(room_options(), ());
    let without_scores = TestServer::start_configured::<Table>(options, |builder| builder.store(store));
    for server in [TestServer::arena(room_options()), without_scores] {
        for path in ["/api/profile", "/api/leaderboard"] {
            assert_eq!(send(&server, "GET", path, &secret(1)).status, 204);
        }
    }
}
