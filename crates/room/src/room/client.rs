//! State of one connected client: seat, inputs, view and send window.

mod followed_view;
mod input_buffer;
mod send_window;

use tickcast_protocol::{Game, InputReport, PlayerId, Position, Tick, Viewport};

use super::seating::SeatPermit;
use crate::replication::Delivery;
use followed_view::FollowedView;
use input_buffer::InputBuffer;
use send_window::{SendWindow, SnapshotKind};

pub(super) use followed_view::ViewLimit;
pub(super) use input_buffer::DueInput;
pub(super) use send_window::Acknowledgement;

/// State of one connected client.
#[derive(Debug)]
pub(super) struct Client<G: Game> {
    /// The client's seat, or `None` for a spectator.
    pub(super) player: Option<PlayerId>,
    /// Number of ticks by which the client's snapshots are behind the room. The view and the send window treat the
    /// tick that the client receives as the current one.
    delay_ticks: i32,
    /// Permit of a spectator. The server counts a spectator as connected until this permit is dropped. The permit of a
    /// player is stored with the seat instead.
    _permit: Option<SeatPermit>,
    inputs: InputBuffer<G::Controls>,
    view: FollowedView,
    window: SendWindow,
}

impl<G: Game> Client<G> {
    /// A client that joins at tick `now`. Its first snapshot is a full one.
    pub(super) fn new(player: Option<PlayerId>, viewport: Viewport, now: Tick, tick_rate: u16) -> Self {
        Self {
            player,
            delay_ticks: 0,
            _permit: None,
            inputs: InputBuffer::new(tick_rate),
            view: FollowedView::new(viewport, tick_rate),
            window: SendWindow::new(now, tick_rate),
        }
    }

    /// A spectator that joins at tick `now`, and receives the snapshot of each tick `delay_ticks` ticks later.
    pub(super) fn spectator(
        viewport: Viewport,
        now: Tick,
        tick_rate: u16,
        delay_ticks: u16,
        permit: Option<SeatPermit>,
    ) -> Self {
        let delay_ticks = i32::from(delay_ticks);
        Self { delay_ticks, _permit: permit, ..Self::new(None, viewport, now.plus(-delay_ticks), tick_rate) }
    }

    /// Whether the client's snapshots are behind the room.
    pub(super) const fn is_delayed(&self) -> bool {
        self.delay_ticks > 0
    }

    /// Buffers controls stamped for tick `stamp` that arrived at tick `now`.
    pub(super) fn handle_input(&mut self, stamp: Tick, controls: G::Controls, now: Tick) {
        self.inputs.handle(stamp, controls, now);
    }

    /// Handles an acknowledgement of all snapshots up to `tick`.
    pub(super) fn handle_acknowledgement(&mut self, tick: Tick) -> Acknowledgement {
        self.window.handle_acknowledgement(tick)
    }

    /// Handles a resync request at tick `now`.
    pub(super) fn handle_resync(&mut self, now: Tick) {
        self.window.handle_resync(now.plus(-self.delay_ticks));
    }

    /// Handles a resize of the client's window.
    pub(super) const fn handle_viewport(&mut self, viewport: Viewport) {
        self.view.request(viewport);
    }

    /// Handles an outbox overflow: the connection has dropped the snapshot of `tick`, and drops every later delta until a
    /// full snapshot is queued.
    pub(super) fn handle_overflow(&mut self, tick: Tick) {
        self.window.handle_overflow(tick);
    }

    /// Handles load shedding: the snapshot of `tick` was not sent.
    pub(super) fn handle_shed(&mut self, tick: Tick) {
        self.window.handle_shed(tick);
    }

    /// Whether the last snapshot sent to the client has been unacknowledged for more than ten seconds. The last snapshot
    /// can become that old, because flow control holds back further snapshots from a client that lags.
    pub(super) fn is_unresponsive(&self, now: Tick) -> bool {
        self.window.is_stalled(now.plus(-self.delay_ticks))
    }

    /// Takes the input that is due at `tick`.
    pub(super) fn take_input(&mut self, tick: Tick) -> Option<DueInput<G::Controls>> {
        self.inputs.take(tick)
    }

    /// The snapshot to send at tick `now`, or `None` while flow control holds snapshots back. The view is centred on
    /// `focus`. Without a focus, the view is the whole world. Each full snapshot starts a period of `list_ticks` ticks in
    /// which snapshots list players.
    pub(super) fn poll_delivery(
        &mut self,
        now: Tick,
        focus: Option<Position>,
        limit: &ViewLimit,
        report: Option<InputReport>,
        list_ticks: u16,
    ) -> Option<Delivery> {
        let tick = now.plus(-self.delay_ticks);
        if self.window.poll(tick)? == SnapshotKind::Full {
            self.view.clear();
        }
        let previous_view = self.view.current();
        let view = self.view.follow(focus, tick, limit);
        let lists_players = tick.since(self.window.full_sent()) < list_ticks.into();
        Some(Delivery { player: self.player, view, previous_view, report, lists_players })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_arena::Arena;
    use tickcast_protocol::{Grid, ViewRect};

    fn client() -> Client<Arena> {
        Client::new(Some(PlayerId(0)), Viewport { width: 512, height: 9999 }, Tick(100), 30)
    }

    fn poll(client: &mut Client<Arena>, tick: u32) -> Option<Delivery> {
        let grid = Grid::new(Position::at_units(4096, 4096), 128).expect("the world has at most 256 cells each way");
        let limit = ViewLimit { grid, size: 1024 };
        client.poll_delivery(Tick(tick), Some(Position::at_units(2048, 2048)), &limit, None, 1)
    }

    #[test]
    fn the_first_delivery_is_a_full_snapshot_of_a_limited_view() {
        let mut client = client();
        let first = poll(&mut client, 101).expect("a new client receives a snapshot at once");
        assert_eq!(first.previous_view, None);
        assert_eq!(first.view, ViewRect { left: 14, top: 12, right: 18, bottom: 20 });
        assert_eq!(poll(&mut client, 102).and_then(|second| second.previous_view), Some(first.view));
    }

    #[test]
    fn after_a_resync_request_the_next_delivery_is_a_full_snapshot() {
        let mut client = client();
        (101..=150).for_each(|tick| assert!(poll(&mut client, tick).is_some()));
        client.handle_resync(Tick(150));
        assert_eq!(poll(&mut client, 151).map(|delivery| delivery.previous_view), Some(None));
        assert!(poll(&mut client, 152).is_some_and(|delivery| delivery.previous_view.is_some()));
    }

    #[test]
    fn frequent_viewport_changes_take_effect_four_times_a_second_and_the_newest_wins() {
        let mut client = client();
        let mut resize_and_poll = |tick: u32| {
            let size = if tick.is_multiple_of(3) { 1024 } else { 256 };
            client.handle_viewport(Viewport { width: size, height: size });
            client.handle_acknowledgement(Tick(tick - 1));
            poll(&mut client, tick).map(|delivery| delivery.view)
        };
        let views: Vec<_> =
            (101..=401).map(|tick| resize_and_poll(tick).expect("the client acknowledges every snapshot")).collect();
        let changes = views.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((20..=40).contains(&changes), "{changes} changes of the view in ten seconds");
        client.handle_viewport(Viewport { width: 512, height: 768 });
        let last = (402..=409).filter_map(|tick| poll(&mut client, tick)).last();
        assert_eq!(last.map(|delivery| delivery.view), Some(ViewRect { left: 14, top: 13, right: 18, bottom: 19 }));
    }
}
