//! One connection as its room sees it: what it sees, and how far it has come.

use tickcast_protocol::{Game, Grid, InputReport, PlayerId, Position, Tick, ViewRect, Viewport};

use super::timeline::Timeline;
use crate::replication::Delivery;

/// How far behind a client may be before it is told nothing more until it has caught up.
const WINDOW_S: i32 = 3;
/// How long a client may leave what it was told last unacknowledged.
const STUCK_S: i32 = 10;
/// How often a new viewport may take effect: each time, everything that comes into view is sent.
const VIEWPORTS_PER_S: u32 = 4;
/// How many cells a view may be larger than needed on a side, so that moving along a border does not flap.
const VIEW_SLACK: u8 = 1;

/// A connection as its room sees it.
#[derive(Debug)]
pub(super) struct Client<G: Game> {
    /// Its seat, unless it only watches.
    pub(super) player: Option<PlayerId>,
    /// How much it wants to see, and how much of that it is shown until a new viewport takes effect.
    wanted: Viewport,
    viewport: Viewport,
    /// Its inputs.
    pub(super) timeline: Timeline<G::Controls>,
    tick_rate: i32,
    /// What it sees; nothing until its first snapshot, and after it has lost its way.
    view: Option<ViewRect>,
    /// The newest tick it is known to have applied.
    acknowledged: Tick,
    /// Whether it has acknowledged anything yet.
    has_acknowledged: bool,
    /// The newest tick it was told.
    told: Tick,
    /// When it last started anew.
    began: Tick,
    /// It was too far behind: it is told nothing until it has applied all it was told.
    is_held: bool,
    /// While it is held, it stays so until then.
    rests_until: Tick,
}

/// Whether a client has acknowledged something before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acknowledged {
    /// It has not: now it is known to have got its welcome.
    First,
    /// It has.
    Again,
}

/// What bounds every view.
#[derive(Clone, Copy, Debug)]
pub(super) struct ViewLimit {
    /// What views are cut from.
    pub(super) grid: Grid,
    /// The most world units in each direction.
    pub(super) size: u16,
}

impl<G: Game> Client<G> {
    pub(super) fn new(player: Option<PlayerId>, viewport: Viewport, now: Tick, tick_rate: u16) -> Self {
        Self {
            player,
            wanted: viewport,
            viewport,
            timeline: Timeline::new(tick_rate),
            tick_rate: tick_rate.into(),
            view: None,
            acknowledged: now,
            has_acknowledged: false,
            told: now,
            began: now,
            is_held: false,
            rests_until: now,
        }
    }

    /// It has applied everything up to `tick`, or as much of that as it was told.
    pub(super) fn handle_acknowledgement(&mut self, tick: Tick) -> Acknowledged {
        let tick = if tick.is_newer_than(self.told) { self.told } else { tick };
        if tick.is_newer_than(self.acknowledged) {
            self.acknowledged = tick;
        }
        if std::mem::replace(&mut self.has_acknowledged, true) { Acknowledged::Again } else { Acknowledged::First }
    }

    /// Its replica is wrong. What it was sent is of no use to it, so that there is nothing to wait for; but telling
    /// everything costs much, so that nobody gets it more often than once a second.
    pub(super) fn handle_recover(&mut self, now: Tick) {
        (self.told, self.acknowledged) = (now, now);
        self.rests_until = self.began.plus(self.tick_rate);
        self.is_held = self.rests_until.is_newer_than(now);
        self.start_anew();
    }

    /// Its window has another size. Of several within a quarter of a second, the last one counts.
    pub(super) const fn handle_viewport(&mut self, viewport: Viewport) {
        self.wanted = viewport;
    }

    /// Its next snapshot tells it everything.
    fn start_anew(&mut self) {
        self.view = None;
    }

    /// It was not told `tick`, nor anything after, unless it has started anew since.
    pub(super) fn handle_overrun(&mut self, tick: Tick) {
        if self.began.is_newer_than(tick) {
            return;
        }
        if self.began == tick {
            // Not even the new start did fit: what was told before it is not known any more. Another one follows in a second.
            self.told = self.acknowledged;
            self.rests_until = tick.plus(self.tick_rate);
        } else {
            self.told = tick.plus(-1);
        }
        self.is_held = true;
        self.start_anew();
    }

    /// It was not told `tick`, because the server is behind: it rests for a second, and then starts anew.
    pub(super) fn handle_shed(&mut self, tick: Tick) {
        self.handle_overrun(tick);
        self.rests_until = tick.plus(self.tick_rate);
    }

    /// Whether it has not applied what it was told so long ago, though it says this and that.
    pub(super) fn is_stuck(&self, now: Tick) -> bool {
        self.told.is_newer_than(self.acknowledged) && now.since(self.told) > STUCK_S * self.tick_rate
    }

    /// What it is told at `tick`, if anything. Without a focus it sees the whole world.
    pub(super) fn poll_delivery(
        &mut self,
        tick: Tick,
        focus: Option<Position>,
        limit: &ViewLimit,
        report: Option<InputReport>,
    ) -> Option<Delivery> {
        if self.must_wait(tick) {
            return None;
        }
        let saw = self.view;
        let resize_ticks = self.tick_rate.cast_unsigned().div_ceil(VIEWPORTS_PER_S);
        if saw.is_none() || tick.0.is_multiple_of(resize_ticks) {
            self.viewport = self.wanted;
        }
        if saw.is_none() {
            // Nothing of before is left for it to apply.
            (self.began, self.acknowledged) = (tick, tick.plus(-1));
        }
        let view = focus.map_or_else(|| limit.grid.everything(), |focus| self.follow(focus, limit));
        self.view = Some(view);
        self.told = tick;
        Some(Delivery { view, saw, report })
    }

    /// Newest state wins: who is too far behind is not sent what they would have to wade through.
    fn must_wait(&mut self, tick: Tick) -> bool {
        if self.is_held {
            self.is_held = self.told.is_newer_than(self.acknowledged) || self.rests_until.is_newer_than(tick);
        } else if tick.since(self.acknowledged) > WINDOW_S * self.tick_rate {
            self.is_held = true;
            self.start_anew();
        }
        self.is_held
    }

    fn follow(&self, focus: Position, limit: &ViewLimit) -> ViewRect {
        let half = |wants: u16| {
            let units = if wants == 0 { limit.size } else { wants.min(limit.size) };
            i32::from(units) * Position::UNIT / 2
        };
        let wanted = limit.grid.around(focus, half(self.viewport.width), half(self.viewport.height));
        self.view.map_or(wanted, |view| view.following(wanted, VIEW_SLACK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_protocol::arena::Arena;

    const LIMIT: fn() -> ViewLimit =
        || ViewLimit { grid: Grid::new(Position::at_units(4096, 4096), 128).expect("few cells"), size: 1024 };

    fn client() -> Client<Arena> {
        Client::new(Some(PlayerId(0)), Viewport { width: 512, height: 9999 }, Tick(100), 30)
    }

    fn poll(client: &mut Client<Arena>, tick: u32) -> Option<Delivery> {
        client.poll_delivery(Tick(tick), Some(Position::at_units(2048, 2048)), &LIMIT(), None)
    }

    #[test]
    fn the_first_delivery_starts_anew_and_shows_no_more_than_is_allowed() {
        let mut client = client();
        let first = poll(&mut client, 101).expect("a new client is told at once");
        assert_eq!(first.saw, None);
        assert_eq!(first.view, ViewRect { left: 14, top: 12, right: 18, bottom: 20 });
        assert_eq!(poll(&mut client, 102).and_then(|second| second.saw), Some(first.view));
    }

    #[test]
    fn a_viewport_that_changes_all_the_time_takes_effect_four_times_a_second_and_the_newest_wins() {
        let mut client = client();
        let mut resize_and_poll = |tick: u32| {
            let size = if tick.is_multiple_of(3) { 1024 } else { 256 };
            client.handle_viewport(Viewport { width: size, height: size });
            client.handle_acknowledgement(Tick(tick - 1));
            poll(&mut client, tick).map(|delivery| delivery.view)
        };
        let views: Vec<_> = (101..=401).map(|tick| resize_and_poll(tick).expect("it keeps up")).collect();
        let changes = views.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!((20..=40).contains(&changes), "{changes} in ten seconds");
        client.handle_viewport(Viewport { width: 512, height: 768 });
        let last = (402..=409).filter_map(|tick| poll(&mut client, tick)).last();
        assert_eq!(last.map(|delivery| delivery.view), Some(ViewRect { left: 14, top: 13, right: 18, bottom: 19 }));
    }

    #[test]
    fn who_falls_behind_is_held_and_then_starts_anew() {
        let mut client = client();
        let told = (101..300).filter(|tick| poll(&mut client, *tick).is_some()).count();
        assert_eq!(told, 90, "three seconds of ticks");
        client.handle_acknowledgement(Tick(150));
        assert_eq!(poll(&mut client, 301), None, "it still has to apply what it was told");
        client.handle_acknowledgement(Tick(190));
        assert_eq!(poll(&mut client, 302).map(|delivery| delivery.saw), Some(None));
    }

    #[test]
    fn who_was_held_has_the_whole_window_again() {
        let mut client = client();
        assert_eq!((101..270).filter(|tick| poll(&mut client, *tick).is_some()).count(), 90);
        client.handle_acknowledgement(Tick(190));
        let told = (271..400).filter(|tick| poll(&mut client, *tick).is_some()).count();
        assert_eq!(told, 90, "and not only what was left of it");
    }

    #[test]
    fn who_recovers_while_held_is_told_everything_at_once() {
        let mut client = client();
        let told = (101..300).filter(|tick| poll(&mut client, *tick).is_some()).count();
        assert_eq!(told, 90);
        client.handle_recover(Tick(300));
        assert_eq!(poll(&mut client, 301).map(|delivery| delivery.saw), Some(None));
        assert!(poll(&mut client, 302).is_some());
    }

    #[test]
    fn nobody_can_acknowledge_what_they_were_not_told() {
        let mut client = client();
        poll(&mut client, 101);
        client.handle_acknowledgement(Tick(5000));
        assert_eq!(client.acknowledged, Tick(101));
    }

    #[test]
    fn an_overrun_waits_for_what_was_sent_before_it() {
        let mut client = client();
        (101..=110).for_each(|tick| assert!(poll(&mut client, tick).is_some()));
        client.handle_overrun(Tick(108));
        assert_eq!(poll(&mut client, 111), None);
        client.handle_acknowledgement(Tick(107));
        assert_eq!(poll(&mut client, 112).map(|delivery| delivery.saw), Some(None));
    }

    #[test]
    fn an_overrun_from_before_a_new_start_is_old_news() {
        let mut client = client();
        (101..=150).for_each(|tick| assert!(poll(&mut client, tick).is_some()));
        client.handle_recover(Tick(150));
        assert_eq!(poll(&mut client, 151).map(|delivery| delivery.saw), Some(None));
        client.handle_overrun(Tick(148));
        assert!(poll(&mut client, 152).is_some_and(|delivery| delivery.saw.is_some()));
    }

    #[test]
    fn who_recovers_all_the_time_starts_anew_once_a_second() {
        let mut client = client();
        let mut recover_and_poll = |tick: u32| {
            client.handle_recover(Tick(tick - 1));
            poll(&mut client, tick)
        };
        let told: Vec<_> = (101..200).filter(|tick| recover_and_poll(*tick).is_some()).collect();
        assert_eq!(told, [130, 160, 190]);
    }

    #[test]
    fn a_new_start_that_does_not_fit_is_made_again_a_second_later() {
        let mut client = client();
        (101..=150).for_each(|tick| assert!(poll(&mut client, tick).is_some()));
        client.handle_overrun(Tick(150));
        client.handle_recover(Tick(150));
        assert_eq!(poll(&mut client, 151).map(|delivery| delivery.saw), Some(None));
        client.handle_overrun(Tick(151));
        let told = (152..=190).find_map(|tick| Some((tick, poll(&mut client, tick)?.saw)));
        assert_eq!(told, Some((181, None)));
    }

    #[test]
    fn who_is_shed_rests_for_a_second_and_then_starts_anew() {
        let mut client = client();
        (101..=110).for_each(|tick| assert!(poll(&mut client, tick).is_some()));
        client.handle_shed(Tick(110));
        client.handle_acknowledgement(Tick(109));
        let told = (111..=145).find_map(|tick| Some((tick, poll(&mut client, tick)?.saw)));
        assert_eq!(told, Some((140, None)));
    }

    #[test]
    fn who_does_not_apply_what_they_were_told_is_stuck_whatever_they_say() {
        let mut client = client();
        let last = (101..300).filter(|tick| poll(&mut client, *tick).is_some()).last();
        assert_eq!(last, Some(190));
        client.handle_acknowledgement(Tick(189));
        assert!(!client.is_stuck(Tick(490)));
        assert!(client.is_stuck(Tick(491)));
        client.handle_acknowledgement(Tick(190));
        assert!(!client.is_stuck(Tick(5000)), "it waits to be told");
    }
}
