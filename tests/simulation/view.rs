//! What a client may see, and what it must.

use tickcast_arena::{Arena, Entity};
use tickcast_protocol::world::Cell;
use tickcast_protocol::{Change, Grid, Position, Snapshot, Tick, ViewRect, Viewport};

/// A view may be larger than what was asked for by this many cells on each side, and so much further away may be what a
/// snapshot tells of: it has only just left the view.
const MARGIN_CELLS: u8 = 1;

/// What a client asks to see, and may.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    pub(crate) asked: Viewport,
    /// What has taken effect of what was asked for.
    viewport: Viewport,
    /// The most world units in each direction.
    limit: u16,
}

impl Sight {
    pub(crate) const fn new(viewport: Viewport, limit: u16) -> Self {
        Self { asked: viewport, viewport, limit }
    }

    /// What was asked for last takes effect with a reset, and otherwise four times a second at most.
    pub(crate) fn adjust(&mut self, tick: Tick, tick_rate: u16, is_full: bool) {
        if is_full || tick.0.is_multiple_of(u32::from(tick_rate).div_ceil(4)) {
            self.viewport = self.asked;
        }
    }

    /// Fails unless the view of somebody who looks at `focus` shows what was asked for, and not much more.
    pub(crate) fn check(&self, view: ViewRect, focus: Position, grid: &Grid) {
        let half = |wanted: u16| {
            let units = if wanted == 0 { self.limit } else { wanted.min(self.limit) };
            i32::from(units) * Position::UNIT / 2
        };
        let wanted = grid.around(focus, half(self.viewport.width), half(self.viewport.height));
        assert_eq!(wanted.intersection(&view), Some(wanted), "{view:?} is to show {wanted:?}");
        let allowed = grown(wanted);
        assert_eq!(view.intersection(&allowed), Some(view), "{view:?} is to lie within {allowed:?}");
    }
}

/// Fails if a snapshot tells of what is far outside the view that its client had, or gets.
pub(crate) fn check_margin(snapshot: &Snapshot<Arena>, previous_view: Option<ViewRect>, grid: &Grid) {
    let sees = snapshot.header.view.or(previous_view);
    let is_near = |cell: Cell| previous_view.into_iter().chain(sees).any(|view| grown(view).contains(cell));
    for change in &snapshot.changes {
        if let Change::Upsert(id, entity) = change {
            let cell = grid.cell(Entity::position(entity));
            assert!(
                is_near(cell),
                "{id:?} in {cell:?} is told to somebody who previous_view {previous_view:?} and sees {sees:?}"
            );
        }
    }
}

fn grown(view: ViewRect) -> ViewRect {
    ViewRect {
        left: view.left.saturating_sub(MARGIN_CELLS),
        top: view.top.saturating_sub(MARGIN_CELLS),
        right: view.right.saturating_add(MARGIN_CELLS),
        bottom: view.bottom.saturating_add(MARGIN_CELLS),
    }
}
