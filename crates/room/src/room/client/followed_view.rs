//! Area of interest of a client: the cells around the client's focus. Depends on the grid only.

use tickcast_protocol::{Grid, Position, Tick, ViewRect, Viewport};

/// Maximum number of viewport changes that take effect per second: every entity that comes into view is sent in full.
const VIEWPORTS_PER_S: u32 = 4;
/// Cells by which a view may exceed the requested area on each side, so that moving along a border does not make it flicker.
const VIEW_SLACK: u8 = 1;

/// View of one client. It follows the client's focus with hysteresis.
#[derive(Debug)]
pub(super) struct FollowedView {
    /// Size that the client requested last.
    requested: Viewport,
    /// Requested size in effect.
    viewport: Viewport,
    /// Ticks between changes of the size in effect.
    resize_ticks: u32,
    current: Option<ViewRect>,
}

/// Limit of the views of all clients in a room.
#[derive(Clone, Copy, Debug)]
pub(in crate::room) struct ViewLimit {
    /// Grid of the cells that views consist of.
    pub(in crate::room) grid: Grid,
    /// Maximum width and height in world units.
    pub(in crate::room) size: u16,
}

impl FollowedView {
    pub(super) fn new(viewport: Viewport, tick_rate: u16) -> Self {
        let resize_ticks = u32::from(tick_rate).div_ceil(VIEWPORTS_PER_S);
        Self { requested: viewport, viewport, resize_ticks, current: None }
    }

    /// Requests another size. Of several requests within a quarter of a second, the last one takes effect.
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

    /// Moves the view to `focus`, and returns it. Without a focus it is the whole world.
    pub(super) fn follow(&mut self, focus: Option<Position>, tick: Tick, limit: &ViewLimit) -> ViewRect {
        if self.current.is_none() || tick.0.is_multiple_of(self.resize_ticks) {
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
    /// Half of a requested length, at most half of the limit, in position steps. 0 requests the limit.
    fn half(&self, requested: u16) -> i32 {
        let units = if requested == 0 { self.size } else { requested.min(self.size) };
        i32::from(units) * Position::UNIT / 2
    }
}
