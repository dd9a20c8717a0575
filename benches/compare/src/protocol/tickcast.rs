//! tickcast's protocol. A snapshot reports the input that the server applied in its tick. All clients decode snapshots.
//! Some also maintain a replica of the world, to check that changes can be applied and that checksums match.

use tickcast_arena::{Arena, Controls as ArenaControls, Steering};
use tickcast_protocol::codec;
use tickcast_protocol::{
    Angle, ClientMessage, Hello, Input, InputReport, PlayerName, Replica, Role, ServerMessage, Snapshot, Tick, Viewport,
};

use super::{Controls, Frames, Message, Opening, Outcome, Received, Session};

struct Tickcast {
    /// The newest tick that was received.
    tick: Tick,
    checks: bool,
    replica: Option<Replica<Arena>>,
}

pub(super) fn open(number: usize, checks: bool) -> Outcome<Opening> {
    let name = PlayerName::try_from(format!("client {number}"))?;
    let hello = Hello::new::<Arena>(Role::Player(name), Viewport::default());
    let mut first = Frames::default();
    first.binary(&codec::encode_client(&ClientMessage::<Arena>::Hello(hello)));
    let session = Box::new(Tickcast { tick: Tick(0), checks, replica: None });
    Ok(Opening { path: "/ws".to_owned(), subprotocol: Some("tickcast.1"), session, first })
}

impl Tickcast {
    fn handle_snapshot(&mut self, snapshot: &Snapshot<Arena>) -> Outcome<Received> {
        self.tick = snapshot.header.full.unwrap_or(self.tick.next());
        if let Some(replica) = &mut self.replica {
            replica.apply(snapshot)?;
        }
        Ok(Received::Update { mark: snapshot.header.report.map(|InputReport { stamp, .. }| stamp.into()) })
    }
}

impl Session for Tickcast {
    fn handle(&mut self, message: Message<'_>, _: &mut Frames) -> Outcome<Received> {
        let Message::Binary(bytes) = message else { return Err("expected a binary message".into()) };
        match codec::decode_server::<Arena>(bytes)? {
            ServerMessage::Snapshot(snapshot) => self.handle_snapshot(&snapshot),
            ServerMessage::Welcome(welcome) => {
                self.replica = if self.checks { Some(Replica::new(&welcome)?) } else { None };
                Ok(Received::Other)
            }
            ServerMessage::Pong(_) | ServerMessage::Drain(_) => Ok(Received::Other),
        }
    }

    fn encode_input(&mut self, controls: Controls, frames: &mut Frames) -> u16 {
        // Two inputs between two snapshots have the same mark. The generator mistakes the report of the second input for
        // the report of the first. The second input stays pending until a later report, so the latency of the second input
        // is overestimated.
        let stamp = self.tick.next();
        let steering = Steering::Towards(Angle::new(controls.aim.into()));
        let controls = ArenaControls { steering, thrust: controls.thrust, fire: false, dash: false, choice: None };
        let input = Input::<Arena> { tick: stamp, acknowledged: self.tick, controls };
        frames.binary(&codec::encode_client(&ClientMessage::Input(input)));
        u16::from(stamp.0 as u8)
    }

    fn ships(&self) -> Option<usize> {
        self.replica.as_ref().map(|replica| replica.entities().len())
    }
}
