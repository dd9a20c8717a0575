//! Arena obeys all laws.

use tickcast_arena::{Options, World};
use tickcast_testing::Examination;

/// A small world, in which entities interact often.
const CROWDED: Options = Options { world_size: 1024, rocks: 12, orbs: 12, round_s: 0 };

tickcast_testing::examine!(World, Examination::new().options(CROWDED));
