//! Oracle for the snapshots of one session. Specifies which snapshots may be full, when the server may leave out snapshots,
//! and which view each snapshot must have.

use std::collections::VecDeque;

use tickcast_arena::{Arena, Entity};
use tickcast_protocol::world::Cell;
use tickcast_protocol::{Change, Grid, PlayerId, Position, Snapshot, Tick, ViewRect, Viewport};

use super::truth::Truth;

/// Number of cells by which a view may exceed the requested area on each side. A snapshot may also contain entities that
/// have just left the view, up to this number of cells away from it.
const MARGIN_CELLS: u8 = 1;
/// Maximum lag of acknowledgements in seconds. If the acknowledgements are further behind, the server sends no snapshots.
const WINDOW_S: i32 = 3;

/// Oracle for the snapshots of one session.
#[derive(Debug)]
pub(crate) struct Snapshots {
    tick_rate: i32,
    /// Maximum width and height of the view in world units. `None` for a spectator, who sees everything.
    view_limit: Option<u16>,
    newest: Option<Tick>,
    last_full: Option<Tick>,
    view: Option<ViewRect>,
    /// The viewport in effect.
    viewport: Viewport,
    /// Requested viewports that are not in effect yet, each with the room's tick at which the request arrived.
    requested: VecDeque<(Tick, Viewport)>,
    /// Each acknowledgement: the room's tick at which it arrived, and the tick that it acknowledges.
    acknowledged: VecDeque<(Tick, Tick)>,
    /// The room's tick at which the first unanswered resync request arrived.
    resync: Option<Tick>,
    /// The last tick at which the connection was blocked or its worker lagged.
    disturbed: Option<Tick>,
}

impl Snapshots {
    pub(crate) fn new(tick_rate: u16, viewport: Viewport, view_limit: Option<u16>) -> Self {
        Self {
            tick_rate: tick_rate.into(),
            view_limit,
            newest: None,
            last_full: None,
            view: None,
            viewport,
            requested: VecDeque::new(),
            acknowledged: VecDeque::new(),
            resync: None,
            disturbed: None,
        }
    }

    pub(crate) fn handle_viewport(&mut self, viewport: Viewport, now: Tick) {
        self.requested.push_back((now, viewport));
    }

    pub(crate) fn handle_acknowledgement(&mut self, tick: Tick, now: Tick) {
        self.acknowledged.push_back((now, tick));
    }

    pub(crate) fn handle_resync(&mut self, now: Tick) {
        self.resync = self.resync.or(Some(now));
    }

    pub(crate) const fn handle_disturbance(&mut self, now: Tick) {
        self.disturbed = Some(now);
    }

    /// The tick of `snapshot`. `snapshot` must be the next snapshot of the session.
    pub(crate) fn tick_of(&self, snapshot: &Snapshot<Arena>) -> Tick {
        snapshot.header.full.or(self.newest.map(Tick::next)).expect("the first snapshot is full")
    }

    /// Checks the next snapshot.
    pub(crate) fn check(&mut self, snapshot: &Snapshot<Arena>, player: Option<PlayerId>, truth: &Truth) {
        let (tick, is_full) = (self.tick_of(snapshot), snapshot.header.full.is_some());
        if is_full {
            self.check_full(tick);
        }
        check_margin(snapshot, self.view, truth.grid());
        self.newest = Some(tick);
        self.view = snapshot.header.view.or(self.view);
        self.check_view(tick, is_full, player, truth);
    }

    /// Checks a full snapshot. It must be the first snapshot of the session, the answer to a resync request, or the first
    /// snapshot after a gap. There must be at most one full snapshot per second.
    fn check_full(&mut self, tick: Tick) {
        if let Some(newest) = self.newest {
            assert!(tick.is_newer_than(newest), "{tick:?} follows {newest:?}");
            let is_requested = self.resync.is_some_and(|resync| tick.is_newer_than(resync));
            let has_pause = tick != newest.next();
            assert!(is_requested || has_pause, "a full snapshot in {tick:?} without a request and without a pause");
            let is_excused = is_requested || self.is_disturbed_since(newest) || self.is_unacknowledged(newest.next());
            assert!(is_excused, "no snapshots were sent from {newest:?} to {tick:?} without a reason");
        }
        if let Some(last) = self.last_full {
            assert!(tick.since(last) >= self.tick_rate, "full snapshots in {last:?} and {tick:?} within a second");
        }
        self.last_full = Some(tick);
        self.resync = self.resync.filter(|resync| !tick.is_newer_than(*resync));
    }

    fn is_disturbed_since(&self, tick: Tick) -> bool {
        self.disturbed.is_some_and(|disturbed| disturbed.since(tick) >= -self.tick_rate)
    }

    /// Whether the acknowledgements were more than three seconds behind at this tick.
    fn is_unacknowledged(&mut self, tick: Tick) -> bool {
        let known = self.acknowledged.iter().filter(|(arrived, _)| tick.is_newer_than(*arrived)).map(|(_, tick)| *tick);
        let from_full = self.last_full.map(|full| full.plus(-1));
        let newest = known.chain(from_full).max_by_key(|known| known.since(tick));
        newest.is_none_or(|newest| tick.since(newest) > WINDOW_S * self.tick_rate)
    }

    /// Asserts that the view contains the requested area, and exceeds it by at most [`MARGIN_CELLS`] on each side. A
    /// requested viewport takes effect with the next full snapshot, or at the next tick whose number is divisible by a
    /// quarter of the tick rate (rounded up), whichever comes first.
    fn check_view(&mut self, tick: Tick, is_full: bool, player: Option<PlayerId>, truth: &Truth) {
        let view = self.view.expect("a full snapshot has a view");
        let oldest = tick.plus(-8 * self.tick_rate);
        self.acknowledged.retain(|(arrived, _)| arrived.is_newer_than(oldest));
        let Some(limit) = self.view_limit else {
            return assert_eq!(view, truth.grid().everything(), "a spectator sees the whole world");
        };
        if is_full || tick.0.is_multiple_of((self.tick_rate as u32).div_ceil(4)) {
            while let Some((_, viewport)) = self.requested.pop_front_if(|(arrived, _)| tick.is_newer_than(*arrived)) {
                self.viewport = viewport;
            }
        }
        let Some(focus) = player.and_then(|player| truth.focus(player, tick)) else { return };
        let half = |requested: u16| {
            let units = if requested == 0 { limit } else { requested.min(limit) };
            i32::from(units) * Position::UNIT / 2
        };
        let wanted = truth.grid().around(focus, half(self.viewport.width), half(self.viewport.height));
        assert_eq!(wanted.intersection(&view), Some(wanted), "{view:?} must contain {wanted:?}");
        let allowed = grown(wanted);
        assert_eq!(view.intersection(&allowed), Some(view), "{view:?} must lie within {allowed:?}");
    }
}

/// Asserts that each entity in a snapshot is in or near the previous view or the new view.
fn check_margin(snapshot: &Snapshot<Arena>, previous: Option<ViewRect>, grid: &Grid) {
    let previous = previous.filter(|_| snapshot.header.full.is_none());
    let views: Vec<_> = previous.into_iter().chain(snapshot.header.view).map(grown).collect();
    let is_near = |cell: Cell| views.iter().any(|view| view.contains(cell));
    for change in &snapshot.changes {
        if let Change::Upsert(id, entity) = change {
            let cell = grid.cell(Entity::position(entity));
            assert!(is_near(cell), "{id:?} in {cell:?} was sent to a client with the views {views:?}");
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
