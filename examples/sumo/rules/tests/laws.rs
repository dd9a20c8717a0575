//! The laws that every game obeys. They also hold for the collisions of discs, which server and clients both compute.

use sumo_rules::Sumo;
use tickcast_game::Hosted;

tickcast_testing::examine!(Hosted<Sumo>);
