//! Actions over real sockets: their outcomes, and the limits on their rate and size.

use serde::{Deserialize, Serialize};
use tickcast_game::protocol::{Lifecycle, PlayerId};
use tickcast_game::{Actions, CoastContext, Game, Hosted, Protocol, World, game};
use tickcast_protocol::codec::{self, ACTION_BYTES_MAX};
use tickcast_protocol::{Act, ActionOutcome, ActionOutcomes, ClientMessage, CloseReason, Tick};

use crate::client::Client;
use crate::test_server::{TestServer, room_options};

/// A game in which players send texts. The game refuses an empty text.
#[derive(Serialize, Deserialize)]
struct Chat;

impl Actions for Chat {
    type Action = String;
    type Refusal = bool;

    fn act(&mut self, world: &mut World<Self>, player: PlayerId, text: &String) -> Result<(), bool> {
        if text.is_empty() {
            return Err(true);
        }
        world.avatar_mut(player).expect("every player has a text").clone_from(text);
        Ok(())
    }
}

impl Game for Chat {
    type Controls = ();
    type Entity = String;

    fn new(_: &mut World<Self>, _seed: u64) -> Self {
        Self
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<String> {
        Some(String::new())
    }

    fn coast(_: &mut String, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        Lifecycle::Alive
    }

    fn step(&mut self, _: &mut World<Self>) {}
}

game!(Chat: Actions);

type Player = Client<Protocol<Chat>>;

/// A server, and a player who has received a snapshot.
fn start() -> (TestServer, Player) {
    let server = TestServer::start::<Hosted<Chat>>(room_options(), ());
    let mut ada = Player::join(server.address(), "chat", "Ada").expect("a seat is free");
    ada.tick();
    (server, ada)
}

fn act(client: &mut Player, sequence: u32, text: &str) {
    let act = Act { sequence, tick: Tick(0), action: text.to_owned() };
    client.connection.send::<Protocol<Chat>>(&ClientMessage::Act(act));
}

/// Receives snapshots until the action with this number has an outcome.
fn outcome(client: &mut Player, number: u32) -> ActionOutcome<Protocol<Chat>> {
    let mut found = None;
    client.tick_until("the action has an outcome", |client, _| {
        let outcomes = client.snapshot.as_ref().and_then(|snapshot| snapshot.personal.outcomes.as_ref());
        let mut outcomes = outcomes.into_iter().flat_map(ActionOutcomes::iter);
        found = outcomes.find(|(sequence, _)| *sequence == number).map(|(_, outcome)| outcome.clone());
        found.is_some()
    });
    found.expect("the loop has found it")
}

#[test]
fn each_action_is_answered_and_its_effect_is_seen_in_the_same_tick() {
    let (_server, mut ada) = start();
    act(&mut ada, 1, "");
    act(&mut ada, 2, "hello");
    assert_eq!(outcome(&mut ada, 2), ActionOutcome::Accepted);
    let avatar = <Chat as Game>::avatar(ada.player());
    assert_eq!(ada.replica.entities().get(avatar).map(String::as_str), Some("hello"));
    act(&mut ada, 1, "");
    assert_eq!(outcome(&mut ada, 1), ActionOutcome::Refused(true), "the outcome of a repeated action is repeated");
}

#[test]
fn actions_beyond_the_rate_limit_are_discarded_and_the_client_learns_it() {
    let (_server, mut ada) = start();
    // Repeated actions also count towards the limit on actions. There are so many messages that they exceed the limit even
    // if a slow machine takes long to send them.
    (0..250).for_each(|_| act(&mut ada, 1, "first"));
    act(&mut ada, 2, "second");
    assert_eq!(outcome(&mut ada, 2), ActionOutcome::RateLimited);
    let avatar = <Chat as Game>::avatar(ada.player());
    assert_eq!(ada.replica.entities().get(avatar).map(String::as_str), Some("first"));
}

#[test]
fn an_action_that_is_too_big_closes_the_session() {
    let (_server, mut ada) = start();
    let longest = "x".repeat(ACTION_BYTES_MAX - 3);
    assert_eq!(codec::encode(&longest).len(), ACTION_BYTES_MAX);
    act(&mut ada, 1, &longest);
    assert_eq!(outcome(&mut ada, 1), ActionOutcome::Accepted);
    act(&mut ada, 2, &"x".repeat(ACTION_BYTES_MAX + 10));
    let closed = (0..1_000).find_map(|_| ada.try_tick().err());
    assert_eq!(closed, Some(CloseReason::MessageTooBig));
}
