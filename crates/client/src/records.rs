//! Records in the output, see the [crate](crate#records-in-the-output).

use tickcast_protocol::client::Player;
use tickcast_protocol::{ActionOutcome, EntityId, GameProtocol, PlayerId, PlayerKind, PlayerName, RoomEvent};

use crate::layout::Layout;
use crate::words::Words;

impl Words {
    pub(crate) fn push_entity<L: Layout>(&mut self, id: EntityId, entity: &<L::Game as GameProtocol>::Entity) {
        self.push(id.0.cast_signed());
        self.push_value(|words| L::entity(entity, words));
    }

    pub(crate) fn push_player<L: Layout>(&mut self, id: PlayerId, player: &Player<L::Game>) {
        self.push_introduction(id, &player.name, player.kind);
        self.extend([player.team.map_or(-1, |team| team.0.into()), player.is_ready.into()]);
        self.push_value(|words| L::standing(&player.standing, words));
    }

    pub(crate) fn push_event<L: Layout>(&mut self, event: &RoomEvent<L::Game>) {
        match event {
            RoomEvent::Joined(id, name, kind) => {
                self.push(0);
                self.push_introduction(*id, name, *kind);
            }
            RoomEvent::Left(id) => self.extend([1, id.0.into()]),
            RoomEvent::Standing(id, standing) => {
                self.extend([2, id.0.into()]);
                self.push_value(|words| L::standing(standing, words));
            }
            RoomEvent::Game(event) => {
                self.push(3);
                self.push_value(|words| L::event(event, words));
            }
            RoomEvent::Present(id, name, kind) => {
                self.push(4);
                self.push_introduction(*id, name, *kind);
            }
            RoomEvent::Team(id, team) => self.extend([5, id.0.into(), team.0.into()]),
            RoomEvent::Ready(id, is_ready) => self.extend([6, id.0.into(), (*is_ready).into()]),
            RoomEvent::Waiting(is_waiting) => self.extend([7, (*is_waiting).into()]),
        }
    }

    pub(crate) fn push_outcome<L: Layout>(&mut self, outcome: &ActionOutcome<L::Game>) {
        match outcome {
            ActionOutcome::Accepted => self.push(0),
            ActionOutcome::Refused(refusal) => {
                self.push(1);
                self.push_value(|words| L::refusal(refusal, words));
            }
            ActionOutcome::RateLimited => self.push(2),
        }
    }

    fn push_introduction(&mut self, id: PlayerId, name: &PlayerName, kind: PlayerKind) {
        self.extend([id.0.into(), i32::from(kind == PlayerKind::Ai)]);
        self.push_text(name.as_str().as_bytes());
    }
}
