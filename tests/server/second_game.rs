//! The server can host another game: Nim, which is turn-based and whose entities have no positions. A deliberate panic of
//! this game ends only one room or one session.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use tempfile::TempDir;
use tickcast::actors::lobby::room_seed::room_seed;
use tickcast::store::{MatchId, MemoryStore, Store};
use tickcast_arena::Arena;
use tickcast_bots::{BotsOptions, Brains};
use tickcast_protocol::{CloseReason, PlayerId, Role};
use tickcast_room::{ReplayFile, ReplayFileError, ReplayRecorder};

use crate::client::{Client, Connection, hello};
use crate::http::request;
use crate::log_recorder;
use crate::metrics::{Page, wait_for};
use crate::nim::{
    Nim, PANIC_IN_DECODE, PANIC_IN_DIGEST, PANIC_IN_KEYFRAME, PANIC_IN_POSITION, PANIC_IN_STEP, PANIC_SEEDS, Piece, Table,
    Take, Won,
};
use crate::test_server::{TestServer, room_options, server_options};

type Player = Client<Nim>;

/// Stones on the heap, and the player whose turn it is.
fn heap(client: &Player) -> (u32, PlayerId) {
    let heap = client.replica.entities().iter().find_map(|(_, piece)| match piece {
        Piece::Heap { stones, turn, .. } => Some((*stones, *turn)),
        Piece::Hand { .. } => None,
    });
    heap.expect("every table has a heap")
}

fn held(take: Take) -> Piece {
    Piece::Hand { take }
}

#[test]
fn a_turn_based_game_is_played_to_its_end() {
    let server = TestServer::start::<Table>(room_options(), ());
    let mut ada = Player::join(server.address(), "table", "Ada").expect("a seat is free");
    let mut bob = Player::join(server.address(), "table", "Bob").expect("a seat is free");
    for client in [&mut ada, &mut bob] {
        client.tick_until("both players have a hand", |client, _| client.replica.entities().len() == 3);
    }
    let mut winner = None;
    for turn in 0..7 {
        let (mover, other) = if turn % 2 == 0 { (&mut ada, &mut bob) } else { (&mut bob, &mut ada) };
        let (stones, turn) = heap(mover);
        assert_eq!(turn, mover.player());
        let expected = if stones == 3 { 21 } else { stones - 3 };
        mover.hold(Take(3));
        for client in [mover, other] {
            client.tick_until("three stones are taken", |client, effects| {
                winner = effects.events.first().or(winner.as_ref()).cloned();
                heap(client).0 == expected
            });
        }
    }
    assert_eq!(winner, Some(Won(ada.player())));
    let winner = ada.player();
    bob.tick_until("Bob sees Ada's win", |bob, _| {
        bob.replica.players().get(&winner).is_some_and(|winner| winner.standing == 1)
    });
}

#[test]
fn a_panic_in_the_rules_closes_one_room_and_the_room_can_be_created_again() {
    let server = TestServer::start::<Table>(room_options(), ());
    let mut ada = Player::join(server.address(), "broken", "Ada").expect("a seat is free");
    // Rooms are assigned to two threads in turn, so the third room shares the thread of the broken room.
    let mut others = ["second", "third"].map(|room| Player::join(server.address(), room, "Bob").expect("a seat is free"));
    ada.tick();
    for other in &mut others {
        other.tick();
    }
    ada.hold(PANIC_IN_STEP);
    assert_eq!(ada.connection.read_close::<Nim>(), CloseReason::RoomFailed);
    let mut ada = Player::join(server.address(), "broken", "Ada").expect("the room is created again");
    ada.tick();
    assert_eq!(heap(&ada).0, 21);
    for other in &mut others {
        let before = other.now();
        other.tick_until("the other rooms continue", |other, _| {
            assert!(!other.is_full(), "no tick is missing");
            other.now().since(before) > 30
        });
    }
    let page = wait_for(&server, "the panic is counted", |page| page.value("tickcast_room_panics_total") == 1.0);
    assert_eq!((page.value("tickcast_rooms"), page.value("tickcast_players")), (3.0, 3.0));
    assert_eq!(page.sessions_closed("room_failed"), 1.0);
}

#[test]
fn the_inputs_of_a_tick_that_panicked_are_stored_and_saved_in_a_replay_file() {
    let (store, directory) = (Arc::new(MemoryStore::default()), TempDir::new().expect("a folder"));
    let (rooms, folder) = (Arc::clone(&store), directory.path().to_owned());
    let server = TestServer::start_configured::<Table>(server_options(room_options(), ()), |builder| {
        builder.store(rooms).incident_folder(folder)
    });
    let mut ada = Player::join(server.address(), "broken", "Ada").expect("a seat is free");
    ada.tick();
    ada.hold(PANIC_IN_STEP);
    assert_eq!(ada.connection.read_close::<Nim>(), CloseReason::RoomFailed);
    let saved = || fs::read_dir(directory.path()).expect("readable").map(|entry| entry.expect("readable").path());
    let is_replay = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "replay");
    wait_for(&server, "the file is saved", |_| saved().any(|path| is_replay(&path)));
    let path = saved().next().expect("one file");
    let bytes = fs::read(&path).expect("readable");
    let file = ReplayFile::decode(&bytes).expect("the file is valid");
    assert!(path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("panic-broken-")), "{path:?}");
    let panicked = file.verify::<Table>().map(drop);
    let is_reproduced = matches!(&panicked, Err(ReplayFileError::Panicked { tick }) if tick.is_newer_than(ada.now()));
    assert!(is_reproduced, "{panicked:?} after tick {:?}", ada.now());
    assert_eq!(store.set_aside().len(), 1);
    let id = MatchId(file.match_id());
    let stored = store.take_over(id).expect("the room is kept");
    let mut recorder = ReplayRecorder::<Table>::new(id.0, &stored.checkpoints[0].bytes).expect("valid");
    let journal = stored.journal_after(id, &stored.checkpoints[0]).expect("complete").concat();
    assert_eq!(recorder.append(&journal), panicked);
}

/// The panic occurs on the threads of HTTP workers. These threads also serve other rooms.
#[test]
fn a_panic_in_the_encoding_of_a_snapshot_is_logged_once_and_closes_one_room() {
    log_recorder::start();
    for (controls, part, joins) in
        [(PANIC_IN_DIGEST, "digest", false), (PANIC_IN_KEYFRAME, "encoding", true), (PANIC_IN_POSITION, "position", true)]
    {
        let server = TestServer::start::<Table>(room_options(), ());
        let room = format!("broken-{part}");
        // Connections are assigned to the two workers in turn, so each worker has a session of each room.
        let mut broken = ["Ada", "Bob"].map(|name| Player::join(server.address(), &room, name).expect("a seat is free"));
        let mut others = ["Cem", "Dan"].map(|name| Player::join(server.address(), "other", name).expect("a seat is free"));
        broken.iter_mut().chain(&mut others).for_each(|player| _ = player.tick());
        broken[0].hold(controls);
        // The function `digest` panics without further action of the test, because the server calls it for every 64th
        // snapshot. The other two functions panic while the first snapshot of a client is encoded. To cause this, another
        // client (Eve) joins.
        let eve = joins.then(|| {
            let is_held = |client: &Player| client.replica.entities().iter().any(|(_, piece)| *piece == held(controls));
            broken[0].tick_until("the controls are held", |ada, _| is_held(ada));
            Player::join(server.address(), &room, "Eve").expect("a seat is free")
        });
        let sessions = broken.len() + usize::from(joins);
        for mut player in broken.into_iter().chain(eve) {
            assert_eq!(player.connection.read_close::<Nim>(), CloseReason::RoomFailed);
        }
        for other in &mut others {
            let before = other.now();
            other.tick_until("the other room continues", |other, _| {
                assert!(!other.is_full(), "no tick is missing");
                other.now().since(before) > 100
            });
        }
        let mut ada = Player::join(server.address(), &room, "Ada").expect("the room is created again");
        ada.tick();
        let page = wait_for(&server, "the panic is counted", |page| page.value("tickcast_room_panics_total") == 1.0);
        assert_eq!(page.sessions_closed("room_failed"), sessions as f64);
        assert_eq!(page.value("tickcast_rooms"), 2.0);
        for text in [format!("a deliberate panic in the {part} of an entity"), format!("room {room} has panicked")] {
            let errors = log_recorder::errors_with(&text);
            assert_eq!(errors.len(), 1, "{errors:?}");
        }
    }
}

#[test]
fn a_game_without_world_options_accepts_none() {
    let server = TestServer::start::<Table>(room_options(), ());
    let create = |world: &str| {
        let room = format!("{{\"name\": \"table\", \"world\": {world}}}");
        request(server.address(), "POST", "/api/rooms", &room).status
    };
    assert_eq!(["{\"stones\": 3}", "{}"].map(create), [400, 201]);
}

#[test]
fn a_game_without_ai_players_has_none_whatever_the_options_are() {
    let server = TestServer::start::<Table>(room_options().with(|room| room.ai_players = 8), ());
    let limits = request(server.address(), "GET", "/api/rooms/limits", "").body;
    assert!(limits.contains("\"ai_players\":0"), "{limits}");
    let room = "{\"name\": \"table\", \"options\": {\"ai_players\": 1}}";
    assert_eq!(request(server.address(), "POST", "/api/rooms", room).status, 400);
    let mut ada = Player::join(server.address(), "table", "Ada").expect("a seat is free");
    ada.tick_until("a second has passed", |ada, _| ada.now().0 > 60);
    assert_eq!(ada.replica.players().len(), 1);
}

#[test]
fn a_panic_during_the_creation_of_a_room_affects_no_other_room() {
    let seed = |name: &str, number| room_seed(TestServer::SEED, &name.parse().expect("the name is valid"), number);
    assert_eq!([seed("panics", 1), seed("fails", 2)], PANIC_SEEDS);
    let server = TestServer::start::<Table>(room_options(), ());
    let join = |room| Player::join(server.address(), room, "Ada");
    let mut ada = join("first").expect("a seat is free");
    assert_eq!(join("panics").err(), Some(CloseReason::RoomFailed));
    let room = "{\"name\": \"fails\"}";
    assert_eq!(request(server.address(), "POST", "/api/rooms", room).status, 500);
    ada.tick();
    assert!(join("panics").is_ok(), "the next room has another seed");
    assert_eq!(Page::read(server.admin_address()).value("tickcast_rooms"), 2.0);
}

#[test]
fn a_panic_in_a_session_ends_that_session_and_its_client_can_resume() {
    /// Number of panics that this test causes. All tests of the process share one counter of panics. The other tests
    /// together cause fewer panics than this one, so their panics alone cannot satisfy the assertion below.
    const PANICS: u32 = 8;
    let mut options = server_options(room_options(), ());
    options.workers = 1;
    let server = TestServer::start_with::<Table>(options);
    let mut ada = Player::join(server.address(), "table", "Ada").expect("a seat is free");
    ada.tick();
    let before = Page::read(server.admin_address()).value("tickcast_panics_total");
    for _ in 0..PANICS {
        let mut bob = Player::join(server.address(), "table", "Bob").expect("a seat is free");
        bob.tick();
        bob.hold(PANIC_IN_DECODE);
        assert!((0..1_200).any(|_| bob.connection.0.read().is_err()), "the connection ends");
        let bob = Player::resume(server.address(), "table", "Bob", bob.token()).expect("a seat is free");
        assert!(bob.has_resumed());
        bob.leave();
    }
    ada.tick_until("Ada is alone", |ada, _| {
        assert!(!ada.is_full(), "no tick is missing");
        ada.replica.players().len() == 1
    });
    let page = wait_for(&server, "Bob's sessions have ended", |page| page.value("tickcast_sessions") == 1.0);
    assert!(page.value("tickcast_panics_total") >= before + f64::from(PANICS));
    assert_eq!(page.value("tickcast_room_panics_total"), 0.0);
    assert_eq!(page.sessions_closed("connection_lost"), f64::from(PANICS));
}

#[test]
fn a_client_of_another_game_is_refused() {
    let server = TestServer::start::<Table>(room_options(), ());
    let mut connection = Connection::open(server.address(), "").expect("the server accepts the upgrade");
    connection.send::<Arena>(&hello(Role::Spectator));
    assert_eq!(connection.read_close::<Nim>(), CloseReason::VersionMismatch);
}

#[test]
fn bots_of_another_game_report_which_game_the_server_hosts() {
    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        options: BotsOptions,
    }
    let server = TestServer::start::<Table>(room_options(), ());
    let url = format!("ws://{}/ws", server.address());
    let command = Command::try_parse_from(["bots", "--count", "2", "--url", &url]).expect("the flags are valid");
    let error = tickcast_bots::run(&command.options, Brains::<Arena>::of_game()).expect_err("no bot can join");
    let expected = "no bot could join: client and server versions differ; the server hosts the game nim";
    assert_eq!(error.to_string(), expected);
}
