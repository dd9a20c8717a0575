//! The laws that every game obeys: it is deterministic, continues after a restart, never panics, and so on.

use rules::MyGame;
use tickcast_game::Hosted;

tickcast_testing::examine!(Hosted<MyGame>);
