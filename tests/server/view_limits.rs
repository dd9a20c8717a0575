//! The server limits a client's view, whatever viewport the client requests.

use tickcast_arena::{Arena, Options, World};
use tickcast_protocol::{Change, ClientMessage, GameProtocol, Grid, Hello, ViewRect, Viewport};

use crate::client::{Client, player};
use crate::test_server::{TestServer, room_options};

/// Maximum size of a view in this room, in world units.
const VIEW_SIZE: u16 = 256;
/// Maximum number of cells that a view covers along each axis. 256 units overlap at most three cells of 128 units, and
/// hysteresis adds at most one cell on each side.
const CELLS_MAX: u8 = 5;
const LARGEST: Viewport = Viewport { width: u16::MAX, height: u16::MAX };

#[test]
fn a_client_that_requests_the_largest_viewport_receives_no_entity_outside_the_limit() {
    const TICKS: usize = 200;
    let room = room_options().with(|room| {
        room.view_size = VIEW_SIZE;
        room.ai_players = 20;
    });
    let server = TestServer::start::<World>(room, Options { world_size: 4096, rocks: 300, orbs: 300, round_s: 0 });
    let hello = Hello::new::<Arena>(player("Eve"), LARGEST);
    let mut eve = Client::<Arena>::join_with(server.address(), "", hello).expect("a seat is free");
    let extent = Arena::extent(&eve.welcome.rules);
    let grid = Grid::new(extent, eve.welcome.cell_size).expect("the cell size fits the world");
    let (mut previous_view, mut received) = (None, 0);
    for tick in 0..TICKS {
        match tick % 50 {
            10 => eve.connection.send::<Arena>(&ClientMessage::Viewport(LARGEST)),
            20 => eve.connection.send::<Arena>(&ClientMessage::Resync),
            30 => eve.connection.send::<Arena>(&ClientMessage::Acknowledge(eve.now().plus(10_000))),
            _ => {}
        }
        eve.tick();
        let view = eve.replica.view().expect("a snapshot was applied");
        assert!(view.right - view.left < CELLS_MAX && view.bottom - view.top < CELLS_MAX, "{view:?}");
        let is_near = |cell| [Some(view), previous_view].into_iter().flatten().any(|view| grown(view).contains(cell));
        for change in &eve.snapshot.as_ref().expect("a snapshot was received").changes {
            if let Change::Upsert(id, entity) = change {
                received += 1;
                assert!(is_near(grid.cell(Arena::position(entity))), "{id:?} is outside {view:?}");
            }
        }
        previous_view = Some(view);
    }
    assert!(received > 0, "the view contains entities");
}

/// The view, enlarged by one cell on each side.
const fn grown(view: ViewRect) -> ViewRect {
    ViewRect {
        left: view.left.saturating_sub(1),
        top: view.top.saturating_sub(1),
        right: view.right.saturating_add(1),
        bottom: view.bottom.saturating_add(1),
    }
}
