//! Area of interest of a client: the cells around the client's focus.

use tickcast_protocol::{Grid, Position, ViewRect, Viewport};

use crate::replication::TickTime;

/// Maximum number of viewport changes per second that take effect. Every entity that comes into view is sent in full, so a
/// change is expensive.
const VIEWPORTS_PER_S: u32 = 4;
/// Hysteresis: number of cells by which each side of a view may exceed the requested area. Without hysteresis, the view of
/// a client that moves along a cell border would change back and forth.
const VIEW_SLACK: u8 = 1;

/// View of one client. It follows the client's focus with hysteresis.
#[derive(Debug)]
pub(super) struct FollowedView {
    /// Viewport that the client requested last.
    requested: Viewport,
    /// Viewport in effect.
    viewport: Viewport,
    /// A requested viewport takes effect at the next beat that is a multiple of this number, or with a full snapshot.
    resize_beats: u32,
    current: Option<ViewRect>,
}

/// Grid of a room, and the maximum size of a view.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ViewLimit {
    /// Grid of the cells that views consist of.
    pub(crate) grid: Grid,
    /// Maximum width and height of a view in world units.
    pub(crate) size: u16,
}

impl FollowedView {
    pub(super) fn new(viewport: Viewport, tick_rate: u16) -> Self {
        let resize_beats = u32::from(tick_rate).div_ceil(VIEWPORTS_PER_S);
        Self { requested: viewport, viewport, resize_beats, current: None }
    }

    /// Requests another viewport. Requests take effect at most four times per second; the newest one wins.
    pub(super) const fn request(&mut self, viewport: Viewport) {
        self.requested = viewport;
    }

    /// Discards the view, because the next snapshot is a full one.
    pub(super) const fn clear(&mut self) {
        self.current = None;
    }

    /// View of the last snapshot, or `None` if the next one is a full snapshot.
    pub(super) const fn current(&self) -> Option<ViewRect> {
        self.current
    }

    /// Moves the view to `focus`, and returns the new view. Without a focus, the view is the whole world.
    pub(super) fn follow(&mut self, focus: Option<Position>, now: TickTime, limit: &ViewLimit) -> ViewRect {
        if self.current.is_none() || now.reaches_multiple_of(self.resize_beats) {
            self.viewport = self.requested;
        }
        let view = match focus {
            Some(focus) => self.around(focus, limit),
            None => limit.grid.everything(),
        };
        self.current = Some(view);
        view
    }

    fn around(&self, focus: Position, limit: &ViewLimit) -> ViewRect {
        let Viewport { width, height } = self.viewport;
        let wanted = limit.grid.around(focus, limit.half(width), limit.half(height));
        self.current.map_or(wanted, |current| current.following(wanted, VIEW_SLACK))
    }
}

impl ViewLimit {
    /// Half of a view's width or height, in 64ths of a world unit. `requested` is limited to the maximum; 0 requests the
    /// maximum.
    fn half(&self, requested: u16) -> i32 {
        let units = if requested == 0 { self.size } else { requested.min(self.size) };
        i32::from(units) * Position::UNIT / 2
    }
}
