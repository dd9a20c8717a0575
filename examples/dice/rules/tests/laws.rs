//! The laws that every game obeys. The law `secrets`: no client receives anything that depends on hidden dice of others.

use dice_rules::LiarsDice;
use tickcast_game::Hosted;

tickcast_testing::examine!(Hosted<LiarsDice>);
