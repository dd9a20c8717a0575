//! JSON forms of protocol values, with the names and structure of the JavaScript client.

use serde_json::{Value, json};
use tickcast_arena::{
    Arena, Controls, Density, Destroyed, Destroyer, Entity, Event, Map, MapField, MapShips, Patch, Place, Rules, Standing,
    Steering, Upgrade,
};
use tickcast_game::protocol::{
    ActionOutcome, ActionOutcomes, Change, ClientMessage, EntityMap, Pace, PlayerId, PlayerKind, PlayerName, Replica,
    ReplicaError, Role, RoomEvent, Seat, ServerMessage, SnapshotHeader, Ticket, Velocity, ViewRect, Viewport,
};

/// Hexadecimal form of bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn rules(rules: &Rules) -> Value {
    json!({ "tickRate": rules.tick_rate, "worldSize": rules.world_size, "roundS": rules.round_s })
}

pub(crate) fn controls(controls: &Controls) -> Value {
    let (steering, aim) = match controls.steering {
        Steering::Ahead => ("ahead", 0),
        Steering::Left => ("left", 0),
        Steering::Right => ("right", 0),
        Steering::Towards(aim) => ("towards", aim.steps()),
    };
    json!({
        "steering": steering, "aim": aim, "thrust": controls.thrust, "fire": controls.fire, "dash": controls.dash,
        "choice": controls.choice.map_or(0, |choice| choice as u8 + 1),
    })
}

pub(crate) fn entity(entity: &Entity) -> Value {
    let (x, y) = (entity.position().x, entity.position().y);
    match entity {
        Entity::Ship(ship) => json!({
            "kind": "ship", "x": x, "y": y, "vx": ship.velocity.x, "vy": ship.velocity.y, "heading": ship.heading.steps(),
            "controls": controls(&ship.controls), "cooldown": ship.cooldown, "shot": ship.shot, "hull": ship.hull,
            "protection": ship.protection, "recharge": ship.recharge, "orbs": ship.progress.orbs(),
            "levels": Upgrade::ALL.map(|upgrade| ship.progress.level(upgrade)),
        }),
        Entity::Bullet(bullet) => {
            json!({ "kind": "bullet", "x": x, "y": y, "heading": bullet.heading.steps(), "life": bullet.life })
        }
        Entity::Rock(rock) => json!({
            "kind": "rock", "x": x, "y": y, "vx": rock.velocity.x, "vy": rock.velocity.y, "size": rock.size as u8,
            "hull": rock.hull,
        }),
        Entity::Orb(_) => json!({ "kind": "orb", "x": x, "y": y }),
    }
}

/// `[[id, entity], …]` in ascending order of id.
pub(crate) fn entities(entities: &EntityMap<Entity>) -> Value {
    entities.iter().map(|(id, value)| json!([id.0, entity(value)])).collect()
}

pub(crate) fn client_message(message: &ClientMessage<Arena>) -> Value {
    match message {
        ClientMessage::Hello(hello) => json!({
            "kind": "hello", "fingerprint": hex(&hello.fingerprint), "role": role(&hello.role),
            "viewport": viewport(hello.viewport), "resume": hello.resume.map(|token| hex(&token.0)),
            "ticket": hello.ticket.as_ref().map(Ticket::as_str), "profile": hello.profile.map(|secret| hex(&secret.0)),
            "team": hello.team.map(|team| team.0),
        }),
        ClientMessage::Input(input) => json!({
            "kind": "input", "tick": input.tick.0, "acknowledged": input.acknowledged.0, "controls": controls(&input.controls),
        }),
        ClientMessage::Acknowledge(tick) => json!({ "kind": "acknowledge", "tick": tick.0 }),
        ClientMessage::Viewport(it) => json!({ "kind": "viewport", "viewport": viewport(*it) }),
        ClientMessage::Ping(number) => json!({ "kind": "ping", "number": number }),
        ClientMessage::Resync => json!({ "kind": "resync" }),
        ClientMessage::Seek(tick) => json!({ "kind": "seek", "tick": tick.0 }),
        ClientMessage::Speed(speed) => json!({ "kind": "speed", "quarters": speed.quarters() }),
        ClientMessage::Act(act) => match act.action {},
        ClientMessage::Pause(paused) => json!({ "kind": "pause", "paused": paused }),
        ClientMessage::Ready(ready) => json!({ "kind": "ready", "ready": ready }),
    }
}

fn role(role: &Role) -> Value {
    match role {
        Role::Player(name) => json!({ "kind": "player", "name": name.as_str() }),
        Role::Spectator => json!({ "kind": "spectator" }),
    }
}

fn viewport(viewport: Viewport) -> Value {
    json!({ "width": viewport.width, "height": viewport.height })
}

pub(crate) fn server_message(message: &ServerMessage<Arena>) -> Value {
    match message {
        ServerMessage::Welcome(welcome) => json!({
            "kind": "welcome", "seat": welcome.seat.map(seat), "room": welcome.room.as_str(),
            "tickRate": welcome.tick_rate, "pace": pace(welcome.pace), "cellSize": welcome.cell_size,
            "rules": rules(&welcome.rules),
        }),
        ServerMessage::Pong(number) => json!({ "kind": "pong", "number": number }),
        ServerMessage::Drain(reconnect_after_ms) => json!({ "kind": "drain", "reconnectAfterMs": reconnect_after_ms }),
        ServerMessage::Snapshot(snapshot) => {
            let mut value = json!({
                "kind": "snapshot", "header": header(&snapshot.header),
                "room": snapshot.room.iter().map(room_event).collect::<Value>(),
                "changes": snapshot.changes.iter().map(change).collect::<Value>(),
            });
            if let Some(ActionOutcomes { first, outcomes }) = &snapshot.personal.outcomes {
                value["outcomes"] = json!({ "first": first, "outcomes": outcomes.iter().map(outcome).collect::<Value>() });
            }
            value
        }
    }
}

fn outcome(outcome: &ActionOutcome<Arena>) -> Value {
    match outcome {
        ActionOutcome::Accepted => json!({ "kind": "accepted" }),
        ActionOutcome::Refused(never) => match *never {},
        ActionOutcome::RateLimited => json!({ "kind": "rateLimited" }),
    }
}

const fn pace(pace: Pace) -> &'static str {
    match pace {
        Pace::Steady => "steady",
        Pace::OnDemand => "onDemand",
    }
}

fn seat(seat: Seat) -> Value {
    json!({ "player": seat.player.0, "token": hex(&seat.token.0), "resumed": seat.resumed })
}

fn header(header: &SnapshotHeader) -> Value {
    json!({
        "full": header.full.map(|tick| tick.0),
        "report": header.report.map(|report| json!({ "stamp": report.stamp, "margin": report.margin })),
        "view": header.view.map(view),
        "checksum": header.checksum,
    })
}

fn view(view: ViewRect) -> Value {
    json!({ "left": view.left, "top": view.top, "right": view.right, "bottom": view.bottom })
}

pub(crate) fn room_event(event: &RoomEvent<Arena>) -> Value {
    match event {
        RoomEvent::Joined(player, name, kind) => introduction("joined", *player, name, *kind),
        RoomEvent::Left(player) => json!({ "kind": "left", "player": player.0 }),
        RoomEvent::Standing(player, it) => json!({ "kind": "standing", "player": player.0, "standing": standing(it) }),
        RoomEvent::Game(event) => json!({ "kind": "game", "event": game_event(event) }),
        RoomEvent::Present(player, name, kind) => introduction("present", *player, name, *kind),
        RoomEvent::Team(player, team) => json!({ "kind": "team", "player": player.0, "team": team.0 }),
        RoomEvent::Ready(player, ready) => json!({ "kind": "ready", "player": player.0, "ready": ready }),
        RoomEvent::Waiting(waiting) => json!({ "kind": "waiting", "waiting": waiting }),
    }
}

fn introduction(event: &str, player: PlayerId, name: &PlayerName, kind: PlayerKind) -> Value {
    json!({ "kind": event, "player": player.0, "name": name.as_str(), "playerKind": player_kind(kind) })
}

fn player_kind(kind: PlayerKind) -> &'static str {
    match kind {
        PlayerKind::Human => "human",
        PlayerKind::Ai => "ai",
    }
}

fn standing(standing: &Standing) -> Value {
    json!({ "score": standing.score, "kills": standing.kills, "deaths": standing.deaths, "streak": standing.streak })
}

pub(crate) fn game_event(event: &Event) -> Value {
    match event {
        Event::Destroyed(Destroyed { victim, by }) => {
            let by = match by {
                Destroyer::Player(player) => json!({ "kind": "player", "player": player.0 }),
                Destroyer::Rock => json!({ "kind": "rock" }),
            };
            json!({ "kind": "destroyed", "victim": victim.0, "by": by })
        }
        Event::Collected(player) => json!({ "kind": "collected", "player": player.0 }),
        Event::RoundEnded(podium) => {
            let place = |place: &Place| json!({ "player": place.player.0, "score": place.score });
            json!({ "kind": "roundEnded", "places": podium.places().iter().map(place).collect::<Vec<_>>() })
        }
        Event::Map(Map { leader, ships }) => {
            let field = |field: &MapField| json!({ "column": field.column(), "row": field.row() });
            let (ships, density) = match ships {
                MapShips::Fields(ships) => (Some(ships.iter().map(field).collect::<Vec<_>>()), None),
                MapShips::Density(density) => (None, Some(values(density))),
            };
            json!({ "kind": "map", "leader": leader.as_ref().map(field), "ships": ships, "density": density })
        }
    }
}

fn values(density: &Density) -> Vec<u8> {
    let squares = (0..Density::SIDE).flat_map(|row| (0..Density::SIDE).map(move |column| (row, column)));
    squares.map(|(row, column)| density.value(row, column)).collect()
}

fn change(change: &Change<Arena>) -> Value {
    let id = change.id().0;
    match change {
        Change::Controls(_, it) => json!({ "kind": "controls", "id": id, "controls": controls(it) }),
        Change::Patch(_, Patch::Hull { hull, orb }) => {
            json!({ "kind": "patch", "id": id, "patch": { "hull": hull, "orb": orb } })
        }
        Change::Patch(_, Patch::Rebound(Velocity { x, y })) => {
            json!({ "kind": "patch", "id": id, "patch": { "vx": x, "vy": y } })
        }
        Change::Upsert(_, it) => json!({ "kind": "upsert", "id": id, "entity": entity(it) }),
        Change::Despawn(_) => json!({ "kind": "despawn", "id": id }),
    }
}

/// `[[id, player], …]` in ascending order of id.
pub(crate) fn players(replica: &Replica<Arena>) -> Value {
    let mut players = Vec::new();
    for (id, player) in replica.players() {
        let (kind, standing) = (player_kind(player.kind), standing(&player.standing));
        let (team, ready) = (player.team.map(|team| team.0), player.is_ready);
        let name = player.name.as_str();
        players.push(json!([id.0, { "name": name, "kind": kind, "standing": standing, "team": team, "ready": ready }]));
    }
    players.into()
}

pub(crate) fn replica_error(error: ReplicaError) -> Value {
    match error {
        ReplicaError::InvalidGrid => json!({ "kind": "invalidGrid" }),
        ReplicaError::ExpectedFull => json!({ "kind": "expectedFull", "tick": null, "id": null }),
        ReplicaError::UnknownEntity { tick, id } => {
            json!({ "kind": "unknownEntity", "tick": tick.0, "id": id.0 })
        }
        ReplicaError::Desync { tick } => json!({ "kind": "desync", "tick": tick.0, "id": null }),
        other => panic!("no JSON form is defined for {other:?}"),
    }
}
