//! Rooms with pace on demand: they tick when a client has done something, and otherwise once per second.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tickcast::store::{MemoryStore, Store};
use tickcast_game::protocol::{
    ClientMessage, CloseReason, Hello, Input, Lifecycle, Pace, PlayerId, Replica, ResumeToken, Role, ServerMessage,
    Snapshot, Tick, Viewport, Welcome, codec,
};
use tickcast_game::{CoastContext, Game, Hosted, Protocol, World, game};
use tickcast_room::{NoObserver, RESUME_GRACE};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, sleep, timeout_at};

use crate::client::assert_elapsed;
use crate::memory_server::websocket::{BINARY, Decoder, Received, frame, upgrade_with};
use crate::memory_server::{MemoryServer, MemoryServerOptions, run};

/// Minimum time between two ticks of a room at 20 ticks per second.
const PERIOD: Duration = Duration::from_millis(50);
const SECOND: Duration = Duration::from_secs(1);

/// A game in which every player shows a number of fingers, and each hand counts the ticks.
#[derive(Serialize, Deserialize)]
struct Fingers;

/// The fingers of a player, and the ticks since the player has joined.
type Hand = (u8, u32);

impl Game for Fingers {
    type Controls = u8;
    type Entity = Hand;

    const PACE: Pace = Pace::OnDemand;

    fn new(_: &mut World<Self>, _: u64) -> Self {
        Self
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<Hand> {
        Some((0, 0))
    }

    fn coast((_, ticks): &mut Hand, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        *ticks += 1;
        Lifecycle::Alive
    }

    fn step(&mut self, _: &mut World<Self>) {}

    fn controls_mut((fingers, _): &mut Hand) -> Option<&mut u8> {
        Some(fingers)
    }
}

game!(Fingers);

type Wire = Protocol<Fingers>;

struct TestServer(MemoryServer<Hosted<Fingers>>);

impl TestServer {
    async fn start(change: impl FnOnce(&mut MemoryServerOptions<Hosted<Fingers>>)) -> Self {
        let mut options = MemoryServerOptions::with_world((), Arc::new(|_| Box::new(NoObserver)));
        change(&mut options);
        Self(MemoryServer::start(options).await)
    }

    async fn stored(store: &Arc<MemoryStore>) -> Self {
        let store: Arc<dyn Store> = Arc::clone(store) as _;
        Self::start(|options| options.store = Some(store)).await
    }

    async fn join(&mut self, name: &str) -> Client {
        self.greet("?room=test", hello(name)).await
    }

    async fn watch(&mut self, query: &str) -> Client {
        self.greet(query, Hello::new::<Wire>(Role::Spectator, Viewport::default())).await
    }

    async fn greet(&mut self, query: &str, hello: Hello) -> Client {
        Client::open(self.0.connect(), query, hello).await
    }

    fn ticks(&self) -> u64 {
        self.0.metrics.ticks.get()
    }
}

fn hello(name: &str) -> Hello {
    let role = Role::Player(name.to_owned().try_into().expect("the name is valid"));
    Hello::new::<Wire>(role, Viewport::default())
}

fn resume(name: &str, token: ResumeToken) -> Hello {
    Hello { resume: Some(token), ..hello(name) }
}

/// A client that acknowledges each snapshot.
struct Client {
    pipe: DuplexStream,
    decoder: Decoder,
    welcome: Welcome<Wire>,
    replica: Replica<Wire>,
}

/// What a client receives.
enum Item {
    Message(ServerMessage<Wire>),
    Closed(Option<CloseReason>),
}

impl Client {
    async fn open(mut pipe: DuplexStream, query: &str, hello: Hello) -> Self {
        let greeting = codec::encode_client::<Wire>(&ClientMessage::Hello(hello));
        pipe.write_all(&[upgrade_with(query), frame(BINARY, &greeting)].concat()).await.expect("the connection is open");
        let mut decoder = Decoder::default();
        let Item::Message(ServerMessage::Welcome(welcome)) = read(&mut pipe, &mut decoder).await else {
            panic!("a Welcome was expected");
        };
        let replica = Replica::new(&welcome).expect("the Welcome is valid");
        Self { pipe, decoder, welcome, replica }
    }

    async fn send(&mut self, message: &ClientMessage<Wire>) {
        self.pipe.write_all(&frame(BINARY, &codec::encode_client(message))).await.expect("the connection is open");
    }

    /// Sends an input that shows this number of fingers.
    async fn show(&mut self, fingers: u8) {
        let acknowledged = self.replica.tick().expect("a snapshot was applied");
        self.send(&ClientMessage::Input(Input { tick: acknowledged.next(), acknowledged, controls: fingers })).await;
    }

    /// Receives the next snapshot without acknowledging it. Returns the reason if the connection is closed instead.
    async fn receive(&mut self) -> Result<Snapshot<Wire>, Option<CloseReason>> {
        match read(&mut self.pipe, &mut self.decoder).await {
            Item::Message(ServerMessage::Snapshot(snapshot)) => {
                self.replica.apply(&snapshot).expect("the snapshot applies");
                Ok(snapshot)
            }
            Item::Message(other) => panic!("a snapshot was expected instead of {other:?}"),
            Item::Closed(reason) => Err(reason),
        }
    }

    async fn snapshot(&mut self) -> Snapshot<Wire> {
        let snapshot = self.receive().await.expect("the connection is open");
        let tick = self.replica.tick().expect("a snapshot was applied");
        self.send(&ClientMessage::Acknowledge(tick)).await;
        snapshot
    }

    /// Receives snapshots for this long. Returns when each arrived.
    async fn play(&mut self, time: Duration) -> Vec<Instant> {
        let end = Instant::now() + time;
        let mut arrivals = Vec::new();
        while timeout_at(end, self.snapshot()).await.is_ok() {
            arrivals.push(Instant::now());
        }
        arrivals
    }

    fn tick(&self) -> Tick {
        self.replica.tick().expect("a snapshot was applied")
    }

    fn token(&self) -> ResumeToken {
        self.welcome.seat.expect("players have a seat").token
    }

    /// The hand of the client's player.
    fn hand(&self) -> Hand {
        let player = self.welcome.player().expect("players have a seat");
        *self.replica.entities().get(Fingers::avatar(player)).expect("the player has joined")
    }
}

async fn read(pipe: &mut DuplexStream, decoder: &mut Decoder) -> Item {
    loop {
        let next = match decoder.next() {
            Some(Received::Binary(bytes)) => {
                ControlFlow::Break(Item::Message(codec::decode_server(&bytes).expect("the message is valid")))
            }
            Some(Received::Close(reason)) => ControlFlow::Break(Item::Closed(Some(reason))),
            Some(Received::Refused(status)) => panic!("the upgrade was refused with status {status}"),
            None => ControlFlow::Continue(()),
        };
        if let ControlFlow::Break(item) = next {
            return item;
        }
        let mut bytes = [0; 4096];
        match pipe.read(&mut bytes).await {
            Ok(count @ 1..) => decoder.push(&bytes[..count]),
            Ok(0) | Err(_) => return Item::Closed(None),
        }
    }
}

/// The intervals between these times, in milliseconds.
fn intervals_ms(times: &[Instant]) -> Vec<u128> {
    times.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect()
}

#[test]
fn a_client_gets_its_first_snapshot_at_once_and_one_per_second_from_then_on() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let start = Instant::now();
        let mut ada = server.join("Ada").await;
        assert_eq!(ada.welcome.pace, Pace::OnDemand);
        assert_eq!(ada.snapshot().await.header.full, Some(Tick(1)));
        assert_elapsed(start, Duration::ZERO);
        let arrivals = ada.play(60 * SECOND + PERIOD).await;
        assert_eq!(arrivals.len(), 60);
        let intervals = intervals_ms(&arrivals);
        assert!(intervals.iter().all(|ms| (999..=1_001).contains(ms)), "{intervals:?}");
        assert_eq!((server.ticks(), ada.tick()), (61, Tick(61)));
    });
}

#[test]
fn an_input_is_applied_in_a_tick_at_once_and_the_silence_after_it_lasts_a_second_at_most() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let (mut ada, mut bob) = (server.join("Ada").await, server.join("Bob").await);
        ada.play(SECOND * 5 / 2).await;
        bob.play(PERIOD).await;
        sleep(SECOND / 10).await;
        let sent = Instant::now();
        ada.show(3).await;
        let applied = ada.snapshot().await;
        assert_elapsed(sent, Duration::ZERO);
        assert_eq!(applied.header.report.map(|report| report.margin), Some(0));
        assert_eq!(ada.hand().0, 3);
        bob.snapshot().await;
        assert_elapsed(sent, Duration::ZERO);
        ada.snapshot().await;
        let silence = sent.elapsed();
        assert!(silence > SECOND / 2 && silence <= SECOND + Duration::from_millis(1), "{silence:?}");
    });
}

#[test]
fn a_flood_of_inputs_causes_no_more_ticks_than_the_tick_rate_permits() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut ada = server.join("Ada").await;
        ada.play(2 * SECOND).await;
        let before = server.ticks();
        let mut arrivals = Vec::new();
        for number in 0..200 {
            ada.show(number as u8 % 7).await;
            arrivals.extend(ada.play(Duration::from_millis(10)).await);
        }
        let ticks = server.ticks() - before;
        assert!((38..=41).contains(&ticks), "{ticks} ticks in two seconds");
        let intervals = intervals_ms(&arrivals);
        assert!(intervals.iter().all(|ms| *ms >= PERIOD.as_millis() - 1), "{intervals:?}");
    });
}

#[test]
fn what_changes_nothing_causes_no_tick() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut ada = server.join("Ada").await;
        ada.play(SECOND / 2).await;
        ada.show(2).await;
        ada.play(SECOND * 5 / 2).await;
        let before = server.ticks();
        for _ in 0..100 {
            ada.show(2).await;
            ada.send(&ClientMessage::Viewport(Viewport { width: 500, height: 500 })).await;
            ada.play(Duration::from_millis(40)).await;
        }
        assert_eq!(server.ticks() - before, 4);
    });
}

#[test]
fn a_full_snapshot_that_a_client_requests_is_sent_at_once() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut ada = server.join("Ada").await;
        ada.play(SECOND * 5 / 2).await;
        let start = Instant::now();
        ada.send(&ClientMessage::Resync).await;
        assert!(ada.snapshot().await.header.full.is_some());
        assert_elapsed(start, Duration::ZERO);
    });
}

#[test]
fn a_lost_seat_is_kept_for_the_grace_period_in_seconds() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let (mut ada, mut bob) = (server.join("Ada").await, server.join("Bob").await);
        ada.play(2 * SECOND).await;
        drop(ada);
        let before = server.ticks();
        bob.play(RESUME_GRACE - SECOND).await;
        assert_eq!(server.0.metrics.players.get(), 2, "after {} ticks", server.ticks() - before);
        bob.play(2 * SECOND).await;
        assert_eq!(server.0.metrics.players.get(), 1);
    });
}

#[test]
fn a_client_that_acknowledges_nothing_gets_no_snapshots_after_three_seconds_and_is_closed_after_ten_more() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut ada = server.join("Ada").await;
        let mut newest = Instant::now();
        let reason = loop {
            // Its messages keep the connection from being idle.
            ada.send(&ClientMessage::Viewport(Viewport { width: 300, height: 300 })).await;
            match timeout_at(Instant::now() + SECOND, ada.receive()).await {
                Ok(Ok(_)) => newest = Instant::now(),
                Ok(Err(reason)) => break reason,
                Err(_) => {}
            }
        };
        assert_eq!(reason, Some(CloseReason::SlowConsumer));
        let silence = newest.elapsed();
        assert!((10 * SECOND..=12 * SECOND).contains(&silence), "{silence:?}");
    });
}

#[test]
fn an_empty_room_pauses_and_continues_at_once_when_a_client_returns() {
    run(async {
        let mut server = TestServer::start(|_| {}).await;
        let mut ada = server.join("Ada").await;
        ada.play(2 * SECOND).await;
        let token = ada.token();
        drop(ada);
        sleep(5 * SECOND).await;
        let before = server.ticks();
        sleep(20 * SECOND + SECOND / 3).await;
        assert_eq!(server.ticks(), before, "a room without clients does not tick");
        let start = Instant::now();
        let mut back = server.greet("?room=test", resume("Ada", token)).await;
        assert!(back.welcome.seat.is_some_and(|seat| seat.resumed));
        back.snapshot().await;
        assert_elapsed(start, Duration::ZERO);
    });
}

#[test]
fn a_room_continues_after_a_crash_of_the_server() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = TestServer::stored(&store).await;
        let mut ada = server.join("Ada").await;
        for fingers in 1..=40 {
            ada.snapshot().await;
            ada.show(fingers % 5).await;
            ada.play(PERIOD * u32::from(fingers % 7)).await;
        }
        let (token, tick, hand) = (ada.token(), ada.tick(), ada.hand());
        let store = Arc::new(store.after_crash(0));
        let mut server = TestServer::stored(&store).await;
        let start = Instant::now();
        let mut back = server.greet("?room=test", resume("Ada", token)).await;
        assert!(back.welcome.seat.is_some_and(|seat| seat.resumed));
        back.snapshot().await;
        assert_elapsed(start, Duration::ZERO);
        assert_eq!((back.tick(), back.hand()), (tick.next(), (0, hand.1 + 1)), "the lost connection releases the controls");
        back.show(2).await;
        back.snapshot().await;
        assert_eq!(back.hand(), (2, hand.1 + 2));
    });
}

#[test]
fn a_replay_plays_ticks_at_the_times_at_which_they_happened() {
    run(async {
        let store = Arc::new(MemoryStore::with_history());
        let mut server = TestServer::stored(&store).await;
        let mut ada = server.join("Ada").await;
        let mut original = ada.play(SECOND / 2).await;
        for fingers in 1..=30 {
            ada.show(fingers).await;
            original.extend(ada.play(PERIOD * (u32::from(fingers) * 7 % 60)).await);
        }
        let last = ada.tick();
        drop(ada);
        sleep(60 * SECOND).await;
        let mut viewer = server.watch("?replay=test").await;
        let mut shown = Vec::new();
        while viewer.replica.tick() != Some(last) {
            viewer.snapshot().await;
            if viewer.tick() != Tick(0) {
                shown.push(Instant::now());
            }
        }
        let (original, shown) = (intervals_ms(&original), intervals_ms(&shown));
        assert_eq!(original.len(), shown.len());
        for (tick, (original, shown)) in original.iter().zip(&shown).enumerate() {
            assert!(
                shown.abs_diff(*original) <= PERIOD.as_millis() + 1,
                "tick {tick}: {shown} ms instead of {original} ms"
            );
        }
        let (total, total_shown): (u128, u128) = (original.iter().sum(), shown.iter().sum());
        assert!(total.abs_diff(total_shown) <= PERIOD.as_millis() + 1, "{total_shown} ms instead of {total} ms");
    });
}
