//! Streams of snapshots, and what a replica makes of them.

use serde_json::{Value, json};
use tickcast_protocol::arena::{Arena, Damage, Standing};
use tickcast_protocol::{
    Change, Digest, EntityId, PlayerId, Replica, RoomEvent, ServerMessage, Snapshot, SnapshotHeader, Tick, Welcome, codec,
};

use super::json::{self, hex};
use super::stream::Stream;

const TICKS: u32 = 300;
const STATE_EVERY: usize = 100;
/// The tick before the first: it wraps on the way.
const FIRST: Tick = Tick(u32::MAX - 100);

pub(crate) fn vectors() -> Value {
    json!({
        "about": [
            "Made by protocol/tests/golden.",
            "A replica is made from `welcome`, and given every snapshot in turn: `bytes` in hexadecimal.",
            "Then either the apply fails with `error`, or the replica is at `tick`, the digest over its entities is `digest`, and",
            "the apply says what was `removed` (ids) and which `events` happened (both left out where there are none).",
            "Now and then all `entities` and `members` follow.",
        ],
        "streams": [calm(), faulty()],
    })
}

/// Everything a healthy server sends.
fn calm() -> Value {
    let mut stream = Stream::new(FIRST, 1);
    let welcome = stream.welcome();
    let mut snapshots = vec![stream.reset()];
    snapshots.extend((0..TICKS).map(|_| stream.step()));
    snapshots.push(stream.reset());
    snapshots.extend((0..10).map(|_| stream.step()));
    let played = play(&welcome, &snapshots);
    assert!(played.iter().all(|step| step.get("error").is_none()), "a healthy stream applies");
    json!({ "name": "calm", "welcome": welcome_hex(&welcome), "snapshots": played })
}

/// Everything that can be wrong with a stream, each healed by a reset.
fn faulty() -> Value {
    let mut stream = Stream::new(Tick(5000), 2);
    let welcome = stream.welcome();
    let mut snapshots = vec![stream.step()];
    let faults: [fn(&mut Snapshot<Arena>); 7] = [
        |snapshot| snapshot.header.checksum = Some(1),
        |snapshot| snapshot.changes.push(Change::Patch(EntityId(9999), Damage { hull: 1 })),
        |snapshot| snapshot.changes.push(Change::Remove(EntityId(9998))),
        |snapshot| snapshot.changes.push(Change::Steer(EntityId(9997), Default::default())),
        |snapshot| snapshot.room.push(RoomEvent::Standing(PlayerId(999), Standing::default())),
        |snapshot| snapshot.header = SnapshotHeader { reset: Some(Tick(1)), ..SnapshotHeader::default() },
        |snapshot| snapshot.changes.clear(),
    ];
    for fault in faults {
        snapshots.push(stream.reset());
        snapshots.extend((0..4).map(|_| stream.step()));
        let mut broken = stream.step();
        fault(&mut broken);
        snapshots.push(broken);
        snapshots.extend((0..3).map(|_| stream.step()));
    }
    let played = play(&welcome, &snapshots);
    json!({ "name": "faulty", "welcome": welcome_hex(&welcome), "snapshots": played })
}

fn welcome_hex(welcome: &Welcome<Arena>) -> String {
    hex(&codec::encode_server(&ServerMessage::Welcome(welcome.clone())))
}

fn play(welcome: &Welcome<Arena>, snapshots: &[Snapshot<Arena>]) -> Vec<Value> {
    let mut replica = Replica::new(welcome).expect("a sound welcome");
    let last = snapshots.len() - 1;
    let apply = |(at, snapshot): (usize, &Snapshot<Arena>)| {
        let is_shown = at % STATE_EVERY == 0 || at == last;
        apply(&mut replica, snapshot, is_shown)
    };
    snapshots.iter().enumerate().map(apply).collect()
}

fn apply(replica: &mut Replica<Arena>, snapshot: &Snapshot<Arena>, is_shown: bool) -> Value {
    let bytes = hex(&codec::encode_server(&ServerMessage::Snapshot(snapshot.clone())));
    let applied = match replica.apply(snapshot) {
        Ok(applied) => applied,
        Err(error) => return json!({ "bytes": bytes, "error": json::replica_error(error) }),
    };
    let mut step = json!({
        "bytes": bytes,
        "tick": replica.tick().expect("an applied snapshot has a tick").0,
        "digest": Digest::of_entities::<Arena>(replica.entities().iter()),
    });
    if !applied.removed.is_empty() {
        step["removed"] = applied.removed.iter().map(|(id, _)| id.0).collect();
    }
    if !applied.events.is_empty() {
        step["events"] = applied.events.iter().map(json::game_event).collect();
    }
    if is_shown {
        step["entities"] = json::entities(replica.entities());
        step["members"] = json::members(replica);
    }
    step
}
