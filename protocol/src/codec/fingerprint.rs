//! Fingerprint of a build: a hash of protocol version, message encodings and kernel behaviour.

use super::{VERSION, encode, encode_into};
use crate::game::{GameProtocol, Samples};
use crate::message::{
    Act, ActionOutcome, ActionOutcomes, Change, ClientMessage, Hello, Input, InputReport, Personal, PlaybackSpeed,
    PlayerKind, PlayerName, ProfileSecret, ResumeToken, Role, RoomEvent, Seat, ServerMessage, Snapshot, SnapshotHeader,
    Ticket, Viewport, Welcome,
};
use crate::units::{EntityId, PlayerId, Team, Tick};
use crate::world::{EntityMap, ViewRect, coast_all};

impl Hello {
    /// The Hello of a client of this build, without a resume token, a ticket, a profile and a team.
    #[must_use]
    pub fn new<G: GameProtocol>(role: Role, viewport: Viewport) -> Self {
        let fingerprint = fingerprint::<G>();
        Self { fingerprint, role, viewport, resume: None, ticket: None, profile: None, team: None }
    }
}

/// Fingerprint of the protocol and game that this build implements, little-endian. A server rejects clients whose
/// fingerprint differs from its own.
///
/// The fingerprint is the 32-bit FNV-1a hash of the protocol version, the game's name, encoded messages of every kind, and
/// the encoded [sample entities](GameProtocol::samples) after each of 64 ticks of coasting. It therefore changes when an encoding
/// or the behaviour of the kernel changes, provided that the samples cover the change. It is computed once per game and
/// cached.
#[must_use]
pub fn fingerprint<G: GameProtocol>() -> [u8; 4] {
    use std::any::TypeId;
    use std::sync::{Mutex, PoisonError};

    static CACHE: Mutex<Vec<(TypeId, [u8; 4])>> = Mutex::new(Vec::new());
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    let game = TypeId::of::<G>();
    if let Some((_, fingerprint)) = cache.iter().find(|(cached, _)| *cached == game) {
        return *fingerprint;
    }
    let fingerprint = compute_fingerprint::<G>();
    cache.push((game, fingerprint));
    fingerprint
}

fn compute_fingerprint<G: GameProtocol>() -> [u8; 4] {
    let samples = G::samples();
    let mut bytes = encode(&(VERSION, G::NAME));
    for message in client_samples(&samples) {
        encode_into(&message, &mut bytes);
    }
    for message in server_samples(&samples) {
        encode_into(&message, &mut bytes);
    }
    let mut entities: EntityMap<G::Entity> = samples.entities.into_iter().collect();
    for _ in 0..64 {
        coast_all::<G>(&samples.rules, &mut entities);
        encode_into(&entities, &mut bytes);
    }
    fnv_1a(&bytes).to_le_bytes()
}

fn fnv_1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

fn client_samples<G: GameProtocol>(samples: &Samples<G>) -> Vec<ClientMessage<G>> {
    let name = PlayerName::try_from("Ada".to_owned()).expect("the name is short enough");
    let spectator = Hello {
        fingerprint: *b"tick",
        role: Role::Spectator,
        viewport: Viewport::default(),
        resume: None,
        ticket: None,
        profile: None,
        team: None,
    };
    let ticket: Ticket = "ticket".parse().expect("the ticket is valid");
    let input = |controls: &G::Controls| {
        ClientMessage::Input(Input { tick: Tick(3), acknowledged: Tick(300), controls: *controls })
    };
    let (token, secret) = (ResumeToken([7; 16]), ProfileSecret([8; 16]));
    let player = Hello {
        role: Role::Player(name),
        resume: Some(token),
        ticket: Some(ticket),
        profile: Some(secret),
        team: Some(Team(1)),
        ..spectator.clone()
    };
    let mut messages = vec![ClientMessage::Hello(player), ClientMessage::Hello(spectator)];
    messages.extend(samples.controls.iter().map(input));
    messages.extend([
        ClientMessage::Acknowledge(Tick(70_000)),
        ClientMessage::Viewport(Default::default()),
        ClientMessage::Ping(7),
        ClientMessage::Resync,
        ClientMessage::Seek(Tick(300)),
        ClientMessage::Speed(PlaybackSpeed::REAL_TIME),
        ClientMessage::Pause(true),
        ClientMessage::Ready(true),
    ]);
    let act = |action: &G::Action| ClientMessage::Act(Act { sequence: 9, tick: Tick(300), action: action.clone() });
    messages.extend(samples.actions.iter().map(act));
    messages
}

pub(super) fn server_samples<G: GameProtocol>(samples: &Samples<G>) -> Vec<ServerMessage<G>> {
    let player = PlayerId(2);
    let name = PlayerName::try_from("Ada".to_owned()).expect("the name is short enough");
    let mut room = vec![
        RoomEvent::Joined(player, name.clone(), PlayerKind::Human),
        RoomEvent::Joined(PlayerId(300), name.clone(), PlayerKind::Ai),
        RoomEvent::Left(player),
        RoomEvent::Standing(player, samples.standing.clone()),
        RoomEvent::Present(player, name, PlayerKind::Human),
        RoomEvent::Team(player, Team(1)),
        RoomEvent::Ready(player, true),
        RoomEvent::Waiting(true),
    ];
    room.extend(samples.events.iter().cloned().map(RoomEvent::Game));
    let upsert = |(id, entity): &(_, G::Entity)| Change::Upsert(*id, entity.clone());
    let mut changes: Vec<Change<G>> = samples.entities.iter().map(upsert).collect();
    let id = samples.entities.first().map_or(EntityId(0), |(id, _)| *id);
    changes.extend(samples.controls.iter().map(|controls| Change::Controls(id, *controls)));
    changes.extend(samples.patches.iter().map(|patch| Change::Patch(id, patch.clone())));
    changes.push(Change::Despawn(id));
    let header = SnapshotHeader {
        full: Some(Tick(1000)),
        report: Some(InputReport { stamp: 200, margin: -2 }),
        view: Some(ViewRect { left: 1, top: 2, right: 3, bottom: 4 }),
        checksum: Some(0x0102_0304),
    };
    let mut messages = vec![
        ServerMessage::Welcome(Welcome {
            seat: Some(Seat { player, token: ResumeToken([9; 16]), resumed: true }),
            room: "main".parse().expect("the room name is valid"),
            tick_rate: 30,
            pace: G::PACE,
            cell_size: 128,
            rules: samples.rules.clone(),
        }),
        ServerMessage::Pong(7),
        ServerMessage::Drain(300),
        ServerMessage::Snapshot(Snapshot::default()),
        ServerMessage::Snapshot(Snapshot { header, room, changes, ..Snapshot::default() }),
    ];
    // A game without actions and secrets sends no personal sections.
    if !samples.actions.is_empty() {
        let refused = samples.refusals.iter().cloned().map(ActionOutcome::Refused);
        let outcomes = [ActionOutcome::Accepted, ActionOutcome::RateLimited].into_iter().chain(refused).collect();
        let personal = Personal { outcomes: Some(ActionOutcomes { first: 300, outcomes }), ..Personal::default() };
        messages.push(ServerMessage::Snapshot(Snapshot { personal, ..Snapshot::default() }));
    }
    for secret in samples.secrets.iter().filter(|secret| !encode(*secret).is_empty()) {
        let personal = Personal { secret: Some(secret.clone()), ..Personal::default() };
        messages.push(ServerMessage::Snapshot(Snapshot { personal, ..Snapshot::default() }));
    }
    messages
}
