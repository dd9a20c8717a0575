//! What one asks for is not what one gets.

use tickcast_arena::Arena;
use tickcast_arena::{Options, World};
use tickcast_protocol::{Change, ClientMessage, Game, Grid, Hello, ViewRect, Viewport};
use tickcast_room::RoomOptions;

use crate::client::{Client, player};
use crate::hosting::{host, quiet};

/// As far as a client may see in this room, in units: at most three cells of 128, and one more on each side.
const VIEW_SIZE: u16 = 256;
const CELLS_MAX: u8 = 5;
const GREEDY: Viewport = Viewport { width: u16::MAX, height: u16::MAX };

#[test]
fn who_asks_to_see_everything_is_told_of_nothing_beyond_the_view() {
    const TICKS: usize = 200;
    let room = RoomOptions { view_size: VIEW_SIZE, ai_players: 20, ..quiet() };
    let server = host::<World>(room, Options { world_size: 4096, rocks: 300, orbs: 300 });
    let mut eve = Client::<Arena>::greet(server.address(), "", Hello::new::<Arena>(player("Eve"), GREEDY)).expect("a seat");
    let grid = Grid::new(Arena::extent(&eve.welcome.rules), eve.welcome.cell_size).expect("few cells");
    let (mut previous_view, mut told) = (None, 0);
    for tick in 0..TICKS {
        match tick % 50 {
            10 => eve.wire.send::<Arena>(&ClientMessage::Viewport(GREEDY)),
            20 => eve.wire.send::<Arena>(&ClientMessage::Resync),
            30 => eve.wire.send::<Arena>(&ClientMessage::Acknowledge(eve.now().plus(10_000))),
            _ => {}
        }
        eve.tick();
        let sees = eve.replica.view().expect("a view");
        assert!(sees.right - sees.left < CELLS_MAX && sees.bottom - sees.top < CELLS_MAX, "{sees:?}");
        let near = |cell| [Some(sees), previous_view].into_iter().flatten().any(|view| grown(view).contains(cell));
        for change in &eve.snapshot.as_ref().expect("a snapshot").changes {
            if let Change::Upsert(id, entity) = change {
                told += 1;
                assert!(near(grid.cell(Arena::position(entity))), "{id:?} is beyond {sees:?}");
            }
        }
        previous_view = Some(sees);
    }
    assert!(told > 0, "the view is not empty");
}

/// The view, and a cell more on each side.
const fn grown(view: ViewRect) -> ViewRect {
    ViewRect {
        left: view.left.saturating_sub(1),
        top: view.top.saturating_sub(1),
        right: view.right.saturating_add(1),
        bottom: view.bottom.saturating_add(1),
    }
}
