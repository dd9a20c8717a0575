//! Events of rooms for the operator's backend.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tickcast::store::{MatchId, MemoryStore, Store};
use tickcast::{PlayerResult, RoomEnd, RoomEvent, RoomEventSink};
use tokio::time::sleep;

use crate::client::{hello, until};
use crate::durability::start;
use crate::memory_server::websocket::NORMAL;
use crate::memory_server::{MemoryServerOptions, run};

const SECOND: Duration = Duration::from_secs(1);

/// Records events.
#[derive(Default)]
struct Recorder(Mutex<Vec<RoomEvent>>);

impl RoomEventSink for Recorder {
    fn report(&self, event: RoomEvent) {
        self.0.lock().expect("no test panics while it holds the lock").push(event);
    }
}

impl Recorder {
    /// Takes the recorded events.
    fn take(&self) -> Vec<RoomEvent> {
        std::mem::take(&mut *self.0.lock().expect("no test panics while it holds the lock"))
    }

    fn record(self: &Arc<Self>) -> impl FnOnce(&mut MemoryServerOptions) {
        let events = Arc::clone(self);
        move |options| options.events = Some(events)
    }
}

fn opened(match_id: Option<MatchId>) -> RoomEvent {
    RoomEvent::Opened { room: "test".parse().expect("a name"), match_id, seats: 100, tick_rate: 20 }
}

#[test]
fn the_end_of_a_room_is_reported_with_the_results_of_its_players() {
    run(async {
        let (store, events) = (Arc::new(MemoryStore::default()), Arc::<Recorder>::default());
        let mut server = start(&store, events.record()).await;
        let mut ada = server.join("Ada").await;
        let id = Some(store.rooms().expect("the store works")[0].id);
        assert_eq!(events.take(), [opened(id)]);
        ada.play(2 * SECOND).await;
        let mut eve = server.greet(hello("Eve")).await.expect("a seat is free");
        eve.play(3 * SECOND).await;
        ada.wire.close(NORMAL).await;
        eve.wire.close(NORMAL).await;
        until("the room closes", || server.server.metrics.rooms.get() == 0).await;
        let [RoomEvent::Closed { room, match_id, reason, results }] = &events.take()[..] else { panic!("one event") };
        assert_eq!((room.as_str(), *match_id, *reason), ("test", id, RoomEnd::Empty));
        let seconds = |result: &PlayerResult| (result.name.clone(), result.play_ms / 1_000);
        let mut results: Vec<_> = results.iter().map(seconds).collect();
        results.sort_unstable();
        assert_eq!(results, [("Ada".to_owned(), 5), ("Eve".to_owned(), 3)]);
    });
}

#[test]
fn a_room_that_continues_after_a_restart_is_not_reported_again() {
    run(async {
        let (store, events) = (Arc::new(MemoryStore::default()), Arc::<Recorder>::default());
        let mut server = start(&store, events.record()).await;
        server.join("Ada").await.play(SECOND).await;
        assert_eq!(events.take().len(), 1);
        let store = Arc::new(store.after_crash(0));
        let mut server = start(&store, events.record()).await;
        server.join("Eve").await.play(SECOND).await;
        assert_eq!(events.take(), []);
    });
}

#[test]
fn rooms_in_memory_are_reported_without_match_and_results() {
    run(async {
        let events = Arc::<Recorder>::default();
        let mut server = crate::client::TestServer::start(events.record()).await;
        server.join("Ada").await.wire.close(NORMAL).await;
        sleep(60 * SECOND).await;
        let (match_id, reason, results) = (None, RoomEnd::Empty, Vec::new());
        let closed = RoomEvent::Closed { room: "test".parse().expect("a name"), match_id, reason, results };
        assert_eq!(events.take(), [opened(None), closed]);
    });
}
