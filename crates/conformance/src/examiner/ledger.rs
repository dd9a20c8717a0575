//! Records the snapshots sent on a connection, and checks the client's acknowledgements and the stamps of its inputs.

use std::collections::BTreeSet;
use std::time::Duration;

use tickcast_arena::{Arena, Controls};
use tickcast_protocol::{Input, Tick};

use super::Context;
use crate::host::{TICK_RATE, tick_at};
use crate::rules::Rule;

/// Maximum time from the first snapshot to the first acknowledgement.
const FIRST_ACKNOWLEDGEMENT_MAX: Duration = Duration::from_secs(1);
/// Maximum time between acknowledgements: one second, and a second of reserve for slow machines.
const ACKNOWLEDGEMENT_INTERVAL_MAX: Duration = Duration::from_secs(2);
/// A Resync is permitted for this long after a full snapshot, because the client may have sent it before the full snapshot
/// arrived.
const CROSSING: Duration = Duration::from_millis(1500);
/// Maximum number of ticks by which a stamp may be ahead of the room's tick: a second, and two ticks for rounding by the
/// client.
const LEAD_MAX: i32 = TICK_RATE as i32 + 2;

/// The snapshots sent on a connection, the client's acknowledgements, and the stamp of its last input.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Ticks of the snapshots that the client has received and can apply.
    applicable: BTreeSet<u32>,
    first_sent_at: Option<Duration>,
    /// Whether the client waits for a full snapshot after an error.
    is_discarding: bool,
    /// When the last full snapshot after an error was sent.
    recovered_at: Option<Duration>,
    /// The newest acknowledgement.
    acknowledged: Option<(Tick, Duration)>,
    /// When the wait for the next acknowledgement began.
    timer: Duration,
    last_stamp: Option<Tick>,
    last_controls: Option<Controls>,
}

impl Ledger {
    /// Whether a snapshot was sent.
    pub(super) const fn has_sent(&self) -> bool {
        self.first_sent_at.is_some()
    }

    /// The newest acknowledgement, and when it arrived.
    pub(super) const fn acknowledged(&self) -> Option<(Tick, Duration)> {
        self.acknowledged
    }

    /// Whether the client has acknowledged this tick or a later one.
    pub(super) fn has_acknowledged(&self, tick: Tick) -> bool {
        self.acknowledged.is_some_and(|(acknowledged, _)| !tick.is_newer_than(acknowledged))
    }

    /// Whether the client may send a Resync now.
    pub(super) fn expects_resync(&self, now: Duration) -> bool {
        self.is_discarding || self.recovered_at.is_some_and(|at| now.saturating_sub(at) < CROSSING)
    }

    /// Records that the next snapshot contains an error. The client discards this snapshot and all later ones until a full
    /// one.
    pub(super) const fn handle_error(&mut self) {
        self.is_discarding = true;
    }

    /// Records that a snapshot is sent.
    pub(super) fn handle_sent(&mut self, tick: Tick, is_full: bool, now: Duration) {
        if self.first_sent_at.is_none() {
            (self.first_sent_at, self.timer) = (Some(now), now);
        }
        if is_full && self.is_discarding {
            (self.is_discarding, self.recovered_at, self.timer) = (false, Some(now), now);
        }
        if !self.is_discarding {
            self.applicable.insert(tick.0);
        }
    }

    /// Checks an acknowledgement, which may be part of an Input.
    pub(super) fn handle_acknowledgement(&mut self, tick: Tick, context: &mut Context) {
        let findings = &mut context.findings;
        let newest = context.host.tick();
        if self.acknowledged.is_none()
            && let Some(first_sent_at) = self.first_sent_at
        {
            let delay = context.now.saturating_sub(first_sent_at);
            findings.check(Rule::FirstAcknowledgement, delay <= FIRST_ACKNOWLEDGEMENT_MAX, || format!("after {delay:.1?}"));
        }
        findings.check(Rule::Acknowledgements, self.applicable.contains(&tick.0), || {
            format!("acknowledged tick {}, whose snapshot it cannot have applied; the newest tick is {}", tick.0, newest.0)
        });
        findings.check(Rule::AcknowledgementTimer, true, String::new);
        let previous = self.acknowledged.map(|(previous, _)| previous);
        findings.check(Rule::Acknowledgements, !previous.is_some_and(|previous| previous.is_newer_than(tick)), || {
            format!("acknowledged tick {} after tick {:?}", tick.0, previous.map(|tick| tick.0))
        });
        (self.acknowledged, self.timer) = (Some((tick, context.now)), context.now);
    }

    /// Checks the stamp of an input.
    pub(super) fn handle_stamp(&mut self, stamp: Tick, acknowledged: Tick, context: &mut Context) {
        let findings = &mut context.findings;
        let lead = stamp.since(tick_at(context.now));
        findings.check(Rule::StampAhead, stamp.is_newer_than(acknowledged), || {
            format!("stamped {} after it had applied tick {}", stamp.0, acknowledged.0)
        });
        findings.check(Rule::StampLimit, lead <= LEAD_MAX, || format!("stamped {lead} ticks ahead"));
        let last = self.last_stamp.replace(stamp);
        findings.check(Rule::StampOrder, !last.is_some_and(|last| last.is_newer_than(stamp)), || {
            format!("stamped {} after {:?}", stamp.0, last.map(|tick| tick.0))
        });
    }

    /// Checks an input in a room with pace on demand.
    pub(super) fn handle_input_on_demand(&mut self, input: &Input<Arena>, context: &mut Context) {
        let Input { tick: stamp, acknowledged, controls } = *input;
        context.findings.check(Rule::PaceStamp, stamp == acknowledged.next(), || {
            format!("stamped {} after it had applied tick {}", stamp.0, acknowledged.0)
        });
        let last = self.last_controls.replace(controls);
        context.findings.check(Rule::PaceRepeat, last != Some(controls), || "sent the same controls again".to_owned());
    }

    /// Checks whether an acknowledgement is overdue.
    pub(super) fn poll(&mut self, context: &mut Context) {
        let waited = context.now.saturating_sub(self.timer);
        if !self.has_sent() || self.is_discarding || waited <= ACKNOWLEDGEMENT_INTERVAL_MAX {
            return;
        }
        context.findings.check(Rule::AcknowledgementTimer, false, || format!("no acknowledgement for {waited:.1?}"));
        if self.acknowledged.is_none() {
            context.findings.check(Rule::FirstAcknowledgement, false, || "no acknowledgement".to_owned());
        }
        self.timer = context.now;
    }
}
