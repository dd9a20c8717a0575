//! The items that the rules of most games need: `use tickcast_game::prelude::*`.

pub use tickcast_protocol::GameProtocol;
pub use tickcast_protocol::game::{Digest, Score, Wire};
pub use tickcast_protocol::{
    Angle, Entities, EntityId, EntityMap, Lifecycle, Pace, PlayerId, PlayerName, Position, Replica, Team, Velocity,
};

pub use crate::bot::{Behaviour, Brain};
pub use crate::game;
pub use crate::game::{
    Actions, AiPlayers, CoastContext, Configure, Events, Game, Interact, Patches, PublicSetup, Secrets, Setup, Space,
    StandingChanges, Standings, World,
};
pub use crate::hosted::{Bots, Hosted, Protocol};
pub use crate::options::OptionsError;
pub use crate::rng::Rng;
pub use crate::simulation::{Command, Outcome, Simulation};
