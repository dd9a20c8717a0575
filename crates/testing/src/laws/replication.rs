//! A replica equals the world within its view, whichever way the view moves.

mod follower;

use tickcast_game::Simulation;
use tickcast_protocol::{EntityMap, GameProtocol, Grid, Position, Tick, ViewRect};

use crate::arbitrary::Random;
use crate::play::{Play, Setup};
use crate::trial::{Trial, Violation};

pub use follower::{Follower, Mismatch};

/// Maximum number of columns and of rows into which the world is divided. The world is divided so that many entities cross
/// the borders of views.
const CELLS: i32 = 8;

pub(super) fn check<S: Simulation>(setup: &Setup<S>, trial: &Trial) -> Result<(), Violation> {
    let mut play = Play::new(setup, trial.seed);
    let mut random = Random::new(trial.seed);
    let (rules, first_tick) = (play.world.rules().clone(), Tick(random.number() as u32));
    let cell_size = cell_size::<S::Game>(&rules);
    let one_cell = ViewRect { left: 0, top: 0, right: 0, bottom: 0 };
    let mut follower = Follower::<S::Game>::new(rules, cell_size, first_tick, play.world.entities(), one_cell);
    for tick in 1..=setup.ticks {
        trial.reach(tick);
        play.step();
        let view = next_view(&follower, &mut random);
        follower.advance(play.world.entities(), view).map_err(|mismatch| match mismatch {
            Mismatch::Rejected(error) => Violation::new(format_args!("the replica rejects a snapshot: {error}")),
            Mismatch::EncodingPanicked => Violation::new("the game panicked while a snapshot was encoded"),
            Mismatch::Difference { id, what } => Violation::of(id, what),
        })?;
    }
    Ok(())
}

/// A client that sees the whole world. The first tick has the number 1.
pub(super) fn follow_everything<G: GameProtocol>(rules: &G::Rules, world: &EntityMap<G::Entity>) -> Follower<G> {
    let cell_size = cell_size::<G>(rules);
    let view = Grid::new(G::extent(rules), cell_size).expect("the world has few cells").everything();
    Follower::new(rules.clone(), cell_size, Tick(0), world, view)
}

/// Side of a cell in world units.
fn cell_size<G: GameProtocol>(rules: &G::Rules) -> u16 {
    let extent = G::extent(rules);
    let units = extent.x.max(extent.y) / Position::UNIT / CELLS;
    u16::try_from(units + 1).unwrap_or(u16::MAX)
}

/// The view stays, changes by chance, or becomes the whole world.
fn next_view<G: GameProtocol>(follower: &Follower<G>, random: &mut Random) -> ViewRect {
    let everything = follower.grid().everything();
    let mut side = |last: u8| {
        let [a, b] = [0; 2].map(|_: u8| random.below(u32::from(last) + 1) as u8);
        (a.min(b), a.max(b))
    };
    let ((left, right), (top, bottom)) = (side(everything.right), side(everything.bottom));
    match random.below(4) {
        0 => ViewRect { left, top, right, bottom },
        1 => everything,
        _ => follower.view(),
    }
}
