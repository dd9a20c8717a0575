//! State of one connected client: seat, inputs, view and send window.

mod action_queue;
mod followed_view;
mod input_buffer;
mod send_window;

use tickcast_protocol::{GameProtocol, InputReport, Pace, PlayerId, Position, Tick, Viewport};

use super::seating::SeatPermit;
use crate::SubmittedAction;
use crate::replication::{Beats, Delivery, TickTime};
use action_queue::ActionQueue;
use followed_view::FollowedView;
use input_buffer::InputBuffer;
use send_window::{SendWindow, SnapshotKind};

pub(crate) use followed_view::ViewLimit;
pub(super) use input_buffer::DueInput;
pub(super) use send_window::Acknowledgement;
pub(crate) use send_window::BEATS_KEPT_S;

/// What the snapshots of one tick have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SnapshotContext<'a> {
    pub(crate) now: TickTime,
    pub(crate) beats: &'a Beats,
    pub(crate) limit: &'a ViewLimit,
    /// Each full snapshot starts a period of this many ticks in which snapshots list players.
    pub(crate) list_ticks: u16,
}

/// State of one connected client.
#[derive(Debug)]
pub(crate) struct Client<G: GameProtocol> {
    /// The client's seat, or `None` for a spectator.
    pub(super) player: Option<PlayerId>,
    /// Whether the client's snapshots are behind the room. The view and the send window treat the tick that the client
    /// receives as the current one.
    is_delayed: bool,
    /// The controls in the client's last input; `None` if there was none.
    newest_controls: Option<G::Controls>,
    /// Permit of a spectator. The server counts a spectator as connected until this permit is dropped. The permit of a
    /// player is stored with the seat instead.
    _permit: Option<SeatPermit>,
    inputs: InputBuffer<G::Controls>,
    actions: ActionQueue<G::Action>,
    /// The secret that the client knows. The default before each full snapshot.
    secret: G::Secret,
    view: FollowedView,
    window: SendWindow,
}

impl<G: GameProtocol> Client<G> {
    /// A client that joins at tick `now`. Its first snapshot is a full one.
    pub(super) fn new(player: Option<PlayerId>, viewport: Viewport, now: Tick, tick_rate: u16) -> Self {
        Self {
            player,
            is_delayed: false,
            newest_controls: None,
            _permit: None,
            inputs: InputBuffer::new(lead_max::<G>(tick_rate)),
            actions: ActionQueue::new(lead_max::<G>(tick_rate), 0),
            secret: G::Secret::default(),
            view: FollowedView::new(viewport, tick_rate),
            window: SendWindow::new(now, tick_rate),
        }
    }

    /// The client of a seat whose actions up to `handled` have outcomes.
    pub(super) fn with_handled_actions(self, handled: u32, tick_rate: u16) -> Self {
        Self { actions: ActionQueue::new(lead_max::<G>(tick_rate), handled), ..self }
    }

    /// The client of a seat that another session has held until now: inputs and actions that are not due yet stay queued.
    pub(super) fn continuing(self, predecessor: Self) -> Self {
        let Self { newest_controls, inputs, actions, .. } = predecessor;
        Self { newest_controls, inputs, actions, ..self }
    }

    /// A spectator that joins at tick `now`.
    pub(crate) fn spectator(viewport: Viewport, now: Tick, tick_rate: u16, permit: Option<SeatPermit>) -> Self {
        Self { _permit: permit, ..Self::new(None, viewport, now, tick_rate) }
    }

    /// The same client, but its snapshots are behind the room. Every tick that a caller passes to this client is a tick of
    /// its snapshots, not the current tick of the room.
    pub(super) fn delayed(self) -> Self {
        Self { is_delayed: true, ..self }
    }

    /// Whether the client's snapshots are behind the room.
    pub(super) const fn is_delayed(&self) -> bool {
        self.is_delayed
    }

    /// Buffers controls stamped for tick `stamp` that arrived at tick `now`. Returns whether they differ from the controls
    /// in the client's previous input.
    pub(super) fn handle_input(&mut self, stamp: Tick, controls: G::Controls, now: Tick) -> bool {
        self.inputs.handle(stamp, controls, now);
        self.newest_controls.replace(controls) != Some(controls)
    }

    /// Buffers controls stamped for tick `stamp` that arrived at tick `now` on the connection that this client's connection
    /// has replaced. They apply only before `end`, the stamp of this client's own first input.
    pub(super) fn handle_earlier_input(&mut self, stamp: Tick, controls: G::Controls, now: Tick, end: Option<Tick>) {
        match end {
            Some(end) => self.inputs.handle_earlier(stamp, controls, now, end),
            None => self.inputs.handle(stamp, controls, now),
        }
    }

    /// Queues an action stamped for tick `stamp` that arrived at tick `now`.
    pub(super) fn handle_act(&mut self, number: u32, stamp: Tick, action: SubmittedAction<G::Action>, now: Tick) {
        self.actions.handle(number, stamp, action, now);
    }

    /// Handles an acknowledgement of all snapshots up to `tick`.
    pub(crate) fn handle_acknowledgement(&mut self, tick: Tick) -> Acknowledgement {
        self.window.handle_acknowledgement(tick)
    }

    /// Handles a resync request at tick `now`.
    pub(super) fn handle_resync(&mut self, now: Tick, beats: &Beats) {
        self.window.handle_resync(now, beats);
    }

    /// Handles a resize of the client's window.
    pub(super) const fn handle_viewport(&mut self, viewport: Viewport) {
        self.view.request(viewport);
    }

    /// Handles an outbox overflow: the connection has dropped the snapshot of `tick`, and drops every later delta until a
    /// full snapshot is queued.
    pub(crate) fn handle_overflow(&mut self, tick: Tick, beats: &Beats) {
        self.window.handle_overflow(tick, beats);
    }

    /// Handles load shedding: the snapshot of `tick` was not sent.
    pub(super) fn handle_shed(&mut self, tick: Tick, beats: &Beats) {
        self.window.handle_shed(tick, beats);
    }

    /// Discards everything that was sent. The next snapshot, of tick `now`, is a full one. Used if ticks are not consecutive, for
    /// example in replays, where they may go back.
    pub(crate) fn restart(&mut self, now: Tick) {
        self.window.restart(now);
    }

    /// Changes the number of beats per second.
    pub(crate) const fn set_tick_rate(&mut self, tick_rate: u16) {
        self.window.set_tick_rate(tick_rate);
    }

    /// Whether the last snapshot sent to the client has been unacknowledged for more than ten seconds. The last snapshot
    /// can become that old, because flow control holds back further snapshots from a client that lags.
    pub(crate) fn is_unresponsive(&self, now: Tick, beats: &Beats) -> bool {
        self.window.is_stalled(now, beats)
    }

    /// Takes the input that is due at `tick`.
    pub(super) fn take_input(&mut self, tick: Tick) -> Option<DueInput<G::Controls>> {
        self.inputs.take(tick)
    }

    /// Takes the next action that is due at `tick`.
    pub(super) fn take_action(&mut self, tick: Tick) -> Option<SubmittedAction<G::Action>> {
        self.actions.take(tick)
    }

    /// Whether the client has repeated an action that has an outcome since the last call.
    pub(super) const fn take_repeated(&mut self) -> bool {
        self.actions.take_repeated()
    }

    /// The secret to send with a snapshot. `None` if the client knows it already.
    pub(super) fn poll_secret(&mut self, secret: G::Secret, delivery: &Delivery) -> Option<G::Secret> {
        if delivery.previous_view.is_none() {
            self.secret = G::Secret::default();
        }
        if secret == self.secret {
            return None;
        }
        self.secret = secret.clone();
        Some(secret)
    }

    /// The snapshot to send now, or `None` while flow control holds snapshots back. The view is centred on `focus`. Without a
    /// focus, the view is the whole world.
    pub(crate) fn poll_delivery(
        &mut self,
        context: &SnapshotContext<'_>,
        focus: Option<Position>,
        report: Option<InputReport>,
    ) -> Option<Delivery> {
        let SnapshotContext { now, beats, limit, list_ticks } = *context;
        if self.window.poll(now.tick, beats)? == SnapshotKind::Full {
            self.view.clear();
        }
        let previous_view = self.view.current();
        let view = self.view.follow(focus, now, limit);
        let lists_players = now.tick.since(self.window.full_sent()) < list_ticks.into();
        Some(Delivery { player: self.player, view, previous_view, report, lists_players })
    }
}

/// Maximum number of ticks by which the stamp of an input or an action may be ahead of the next tick: one second in a steady
/// room. With pace on demand, everything is due at the next tick.
const fn lead_max<G: GameProtocol>(tick_rate: u16) -> u16 {
    match G::PACE {
        Pace::Steady => tick_rate,
        Pace::OnDemand => 0,
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
        let context = SnapshotContext { now: Tick(tick).into(), beats: &Beats::Steady, limit: &limit, list_ticks: 1 };
        client.poll_delivery(&context, Some(Position::at_units(2048, 2048)), None)
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
        client.handle_resync(Tick(150), &Beats::Steady);
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
