//! Resuming: a client that has lost its connection uses its token to get its seat back.

use tickcast_arena::{Arena, Controls};
use tickcast_protocol::{CloseReason, GameProtocol, PlayerId, ResumeToken, Role};

use crate::client::Client;
use crate::test_server::{TestServer, room_options};

type Player = Client<Arena>;

const ROOM: &str = "duel";

/// Starts a server with a room in which Ada's ship thrusts and a spectator watches.
fn start() -> (TestServer, Player, Player) {
    let server = TestServer::arena(room_options());
    let mut ada = Player::join(server.address(), ROOM, "Ada").expect("a seat is free");
    let spectator = Player::join_as(server.address(), ROOM, Role::Spectator).expect("spectators take no seat");
    thrust(&mut ada);
    (server, ada, spectator)
}

/// Makes the client's ship thrust, and waits until it does.
fn thrust(client: &mut Player) {
    let player = client.player();
    client.tick_until("the player has a ship", |client, _| controls(client, player).is_some());
    client.hold(Controls { thrust: true, ..Controls::default() });
    client.tick_until("the ship thrusts", |client, _| controls(client, player).is_some_and(|controls| controls.thrust));
}

/// The controls of a player's ship, as this client sees them.
fn controls(client: &Player, player: PlayerId) -> Option<Controls> {
    client.replica.entities().get(Arena::avatar(player)).and_then(Arena::controls)
}

fn resume(server: &TestServer, token: ResumeToken) -> Player {
    Player::resume(server.address(), ROOM, "Eve", token).expect("a seat is free")
}

#[test]
fn a_lost_client_resumes_its_seat_and_ship_under_its_name() {
    let (server, ada, mut spectator) = start();
    let (player, token) = (ada.player(), ada.token());
    drop(ada);
    spectator
        .tick_until("the ship thrusts", |spectator, _| controls(spectator, player).is_some_and(|controls| controls.thrust));
    spectator.tick_until("the controls of the lost player are released", |spectator, _| {
        controls(spectator, player).expect("the ship of a lost player stays") == Controls::default()
    });
    let seat = resume(&server, token).welcome.seat.expect("the client is a player");
    assert!(seat.resumed && seat.player == player && seat.token != token, "{seat:?}");
    spectator.tick_until("the player is announced", |spectator, _| !spectator.replica.players().is_empty());
    let names: Vec<_> = spectator.replica.players().values().map(|player| player.name.as_str()).collect();
    assert_eq!(names, ["Ada"], "the seat keeps its name");
}

#[test]
fn a_used_token_is_not_valid_again() {
    let (server, ada, _spectator) = start();
    let first = ada.token();
    drop(ada);
    let mut ada = resume(&server, first);
    // The first input confirms that the client has received the new token.
    thrust(&mut ada);
    let (player, second) = (ada.player(), ada.token());
    let eve = resume(&server, first);
    assert!(!eve.has_resumed());
    assert_ne!(eve.player(), player);
    drop(ada);
    assert_eq!(resume(&server, second).player(), player, "the attempt with the used token has no effect");
}

#[test]
fn a_second_connection_replaces_the_session() {
    let (server, mut ada, _spectator) = start();
    let second = resume(&server, ada.token());
    assert_eq!(ada.connection.read_close::<Arena>(), CloseReason::SessionReplaced);
    assert!(second.has_resumed() && second.player() == ada.player());
}

#[test]
fn one_of_several_simultaneous_resumptions_keeps_the_seat() {
    const TICKS: usize = 60;
    let (server, ada, _spectator) = start();
    let (address, player, token) = (server.address(), ada.player(), ada.token());
    drop(ada);
    let race = move || {
        let mut client = Player::resume(address, ROOM, "Ada", token)?;
        for _ in 0..TICKS {
            client.try_tick()?;
        }
        Ok(client.player())
    };
    let racers: Vec<_> = (0..4).map(|_| std::thread::spawn(race)).collect();
    let results: Vec<_> = racers.into_iter().map(|racer| racer.join().expect("a racer does not panic")).collect();
    assert_eq!(results.iter().filter(|result| **result == Ok(player)).count(), 1, "{results:?}");
    assert!(results.iter().all(|result| matches!(result, Ok(_) | Err(CloseReason::SessionReplaced))), "{results:?}");
}

#[test]
fn a_player_who_has_left_cannot_resume() {
    let (server, ada, mut spectator) = start();
    let (player, token) = (ada.player(), ada.token());
    ada.leave();
    spectator.tick_until("the ship is gone", |spectator, _| controls(spectator, player).is_none());
    assert!(!resume(&server, token).has_resumed());
}

#[test]
fn a_token_is_valid_in_its_room_only() {
    let (server, ada, _spectator) = start();
    let other = Player::resume(server.address(), "other", "Ada", ada.token()).expect("a seat is free");
    assert!(!other.has_resumed());
}
