//! The script of a connection: which faults the client experiences, and when.

use std::collections::VecDeque;
use std::time::Duration;

use tickcast_arena::{Arena, Standing};
use tickcast_protocol::{Change, CloseReason, EntityId, PlayerId, RoomEvent, ServerMessage, Snapshot, Tick, codec};
use tickcast_room::SessionId;

use super::ledger::Ledger;
use super::{Action, Context, DRAIN_MS, Ending, Expectation, FINAL_CODE, TICK};
use crate::rules::Rule;

/// Delay of inputs in [`Stage::LateInputs`]: 200 ms.
const INPUT_DELAY_TICKS: u32 = 6;
/// Time at the start of [`Stage::LateInputs`] in which all inputs may be late: 3 s. In this time, a client that sends one
/// input per second receives reports on two late inputs, so it can increase its lead.
const LATE_INPUTS_TICKS: u32 = 90;
/// Maximum duration of [`Stage::LateInputs`]: 10 s.
const LATE_INPUTS_TICKS_MAX: u32 = 300;
/// Time in [`Stage::WrongChecksum`] from the error to the full snapshot. In this time, a client that repeats its Resync
/// once per second sends three Resyncs.
const RESYNC_WAIT: Duration = Duration::from_millis(2600);
const RESYNCS: std::ops::RangeInclusive<u32> = 2..=4;
/// Time limit for a Resync.
const RESYNC_MAX: Duration = Duration::from_secs(2);
/// Time limit for a full snapshot and its acknowledgement. The wait has three parts of about a second each: until the
/// client acknowledges the snapshots before the gap, until the server sends the full snapshot, and until the client
/// acknowledges the full snapshot. The rest is reserve.
const FULL_MAX: Duration = Duration::from_secs(6);
/// Number of events that make a snapshot larger than 8 KiB.
const BURST_EVENTS: usize = 1500;
/// Time limit for the acknowledgement of a burst. A burst is sent just after an acknowledgement. The client's timer would
/// send the next acknowledgement a second after the last one. This limit is shorter than a second, so an acknowledgement
/// within the limit is a reaction to the burst.
const BURST_MAX: Duration = Duration::from_millis(750);
/// Maximum duration of [`Stage::Burst`]: 12 s.
const BURST_TICKS_MAX: u32 = 360;
/// Maximum number of bursts. The client must acknowledge one of them in time. The others may be late, because the machine
/// may be slow.
const BURSTS_MAX: u32 = 4;
/// Ticks between the Drain and the Close frame.
const DRAIN_TICKS: u32 = 10;
/// A player that is never announced.
const UNKNOWN_PLAYER: PlayerId = PlayerId(60_000);
/// An entity that does not exist.
const UNKNOWN_ENTITY: EntityId = EntityId(EntityId::LIMIT - 1);

/// A part of the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// This many ticks without a fault.
    Calm(u32),
    /// This many periods of the tick rate without a fault, in a room with pace on demand.
    OnDemand(u32),
    /// Inputs reach the room late.
    LateInputs,
    /// The snapshots of a second are omitted.
    Gap,
    /// A snapshot has a wrong checksum, and the first Resync is not answered.
    WrongChecksum,
    /// A snapshot contains a change of an unknown entity.
    UnknownEntity,
    /// A snapshot is larger than 8 KiB.
    Burst,
    /// The connection is lost.
    Lose,
    /// The server announces a shutdown, and closes the connection.
    Drain,
    /// The server closes the connection with a final code.
    Final,
}

/// The script of a connection.
#[derive(Debug)]
pub(super) struct Script {
    stage: Stage,
    later: VecDeque<Stage>,
    /// Number of ticks since the stage began.
    ticks: u32,
    /// When the fault of the stage was sent.
    sent_at: Option<Duration>,
    /// The tick whose acknowledgement the stage waits for, and when its snapshot was sent.
    awaited: Option<(Tick, Duration)>,
    /// Whether the stage waits for a full snapshot.
    awaits_full: bool,
    /// Number of Resyncs since the fault was sent.
    resyncs: u32,
    /// Number of inputs that arrived after the first [`LATE_INPUTS_TICKS`] of the stage.
    inputs: u32,
    /// Number of the inputs counted in `inputs` that arrived in time.
    inputs_in_time: u32,
    /// Number of bursts that were sent.
    bursts: u32,
}

impl Script {
    /// The script that consists of these stages.
    pub(super) fn new(stages: &[Stage], last: Stage) -> Self {
        Self::of(stages.iter().copied().chain([last]).collect())
    }

    fn of(mut later: VecDeque<Stage>) -> Self {
        let stage = later.pop_front().expect("the connection ends with the last stage");
        Self {
            stage,
            later,
            ticks: 0,
            sent_at: None,
            awaited: None,
            awaits_full: false,
            resyncs: 0,
            inputs: 0,
            inputs_in_time: 0,
            bursts: 0,
        }
    }

    /// The current stage.
    pub(super) const fn stage(&self) -> Stage {
        self.stage
    }

    /// When the Drain was sent.
    pub(super) fn drained_at(&self) -> Option<Duration> {
        self.sent_at.filter(|_| self.stage == Stage::Drain)
    }

    /// Leaves out the stages that examine inputs.
    pub(super) fn leave_out_inputs(&mut self) {
        self.later.retain(|stage| *stage != Stage::LateInputs);
    }

    /// Handles a Resync of the client.
    pub(super) const fn handle_resync(&mut self) {
        self.resyncs += 1;
    }

    /// Handles an input that arrives with this margin.
    pub(super) fn handle_input(&mut self, margin: i32) {
        if self.ticks > LATE_INPUTS_TICKS {
            self.inputs += 1;
            self.inputs_in_time += u32::from(margin >= 0);
        }
    }

    /// Advances the script by one tick, for which the room has composed `snapshot`. Returns `None` unless the script
    /// ends the connection.
    pub(super) fn poll(
        &mut self,
        snapshot: Option<Vec<u8>>,
        session: SessionId,
        ledger: &mut Ledger,
        context: &mut Context,
    ) -> Option<Ending> {
        self.ticks += 1;
        if self.awaits_full {
            self.poll_full(snapshot, session, ledger, context);
            return None;
        }
        match self.stage {
            Stage::Calm(ticks) => {
                send(snapshot, ledger, context);
                if self.ticks >= ticks {
                    self.advance();
                }
            }
            Stage::OnDemand(periods) => {
                send(snapshot, ledger, context);
                if self.ticks >= periods {
                    for rule in [Rule::PaceStamp, Rule::PaceRepeat] {
                        context.findings.check(rule, true, String::new);
                    }
                    self.advance();
                }
            }
            Stage::LateInputs => self.poll_late_inputs(snapshot, ledger, context),
            Stage::Gap => self.poll_gap(snapshot, session, ledger, context),
            Stage::WrongChecksum => self.poll_wrong_checksum(snapshot, session, ledger, context),
            Stage::UnknownEntity => self.poll_unknown_entity(snapshot, session, ledger, context),
            Stage::Burst => self.poll_burst(snapshot, ledger, context),
            Stage::Lose => {
                context.actions.push(Action::Abort);
                return Some(Ending::Scripted(Expectation::Reconnect, context.now));
            }
            Stage::Drain => return self.poll_drain(snapshot, ledger, context),
            Stage::Final => {
                context.actions.push(Action::Close(FINAL_CODE));
                return Some(Ending::Scripted(Expectation::StayAway, context.now));
            }
        }
        None
    }

    fn advance(&mut self) {
        *self = Self::of(std::mem::take(&mut self.later));
    }

    fn poll_late_inputs(&mut self, snapshot: Option<Vec<u8>>, ledger: &mut Ledger, context: &mut Context) {
        send(snapshot, ledger, context);
        if self.inputs_in_time == 0 && self.ticks < LATE_INPUTS_TICKS_MAX {
            context.host.delay_inputs(INPUT_DELAY_TICKS);
            return;
        }
        context.host.delay_inputs(0);
        let (inputs, in_time) = (self.inputs, self.inputs_in_time);
        context.findings.check(Rule::Lead, in_time > 0, || {
            format!("of {inputs} inputs after 3 s of inputs that arrived {INPUT_DELAY_TICKS} ticks later, none was in time")
        });
        self.advance();
    }

    fn poll_gap(&mut self, snapshot: Option<Vec<u8>>, session: SessionId, ledger: &mut Ledger, context: &mut Context) {
        match snapshot {
            Some(bytes) if !is_full(&bytes) => {
                context.host.omit_snapshot(session);
                self.await_full(context);
            }
            snapshot => send(snapshot, ledger, context),
        }
    }

    fn poll_wrong_checksum(
        &mut self,
        snapshot: Option<Vec<u8>>,
        session: SessionId,
        ledger: &mut Ledger,
        context: &mut Context,
    ) {
        let Some(sent_at) = self.sent_at else {
            self.send_faulty(snapshot, ledger, context, |snapshot| match &mut snapshot.header.checksum {
                Some(checksum) => {
                    *checksum ^= 1;
                    true
                }
                None => false,
            });
            return;
        };
        send(snapshot, ledger, context);
        if context.now.saturating_sub(sent_at) < RESYNC_WAIT {
            return;
        }
        let resyncs = self.resyncs;
        context.findings.check(Rule::Checksum, resyncs > 0, || "sent no Resync".to_owned());
        context.findings.check(Rule::RepeatedResync, RESYNCS.contains(&resyncs), || {
            format!("sent {resyncs} Resyncs in {RESYNC_WAIT:.1?} without a full snapshot")
        });
        context.host.resync(session);
        self.await_full(context);
    }

    fn poll_unknown_entity(
        &mut self,
        snapshot: Option<Vec<u8>>,
        session: SessionId,
        ledger: &mut Ledger,
        context: &mut Context,
    ) {
        let Some(sent_at) = self.sent_at else {
            self.send_faulty(snapshot, ledger, context, |snapshot| {
                snapshot.changes.push(Change::Despawn(UNKNOWN_ENTITY));
                true
            });
            return;
        };
        send(snapshot, ledger, context);
        let has_resynced = self.resyncs > 0;
        if has_resynced || context.now.saturating_sub(sent_at) >= RESYNC_MAX {
            context.findings.check(Rule::UnknownEntity, has_resynced, || "sent no Resync".to_owned());
            context.host.resync(session);
            self.await_full(context);
        }
    }

    /// Sends a snapshot. A delta snapshot is first made faulty by `alter`, which returns `false` if it cannot do so.
    fn send_faulty(
        &mut self,
        snapshot: Option<Vec<u8>>,
        ledger: &mut Ledger,
        context: &mut Context,
        alter: impl FnOnce(&mut Snapshot<Arena>) -> bool,
    ) {
        let Some(bytes) = snapshot else { return };
        let mut altered = decode(&bytes);
        if is_full(&bytes) || !alter(&mut altered) {
            send(Some(bytes), ledger, context);
            return;
        }
        self.sent_at = Some(context.now);
        ledger.handle_error();
        send(Some(codec::encode_server(&ServerMessage::Snapshot(altered))), ledger, context);
    }

    fn await_full(&mut self, context: &Context) {
        (self.awaits_full, self.sent_at) = (true, Some(context.now));
    }

    fn poll_full(&mut self, snapshot: Option<Vec<u8>>, session: SessionId, ledger: &mut Ledger, context: &mut Context) {
        if snapshot.as_deref().is_some_and(is_full) {
            self.awaited.get_or_insert((context.host.tick(), context.now));
        }
        send(snapshot, ledger, context);
        let waited = context.now.saturating_sub(self.sent_at.expect("the wait has begun"));
        let is_acknowledged = self.awaited.is_some_and(|(tick, _)| ledger.has_acknowledged(tick));
        if !is_acknowledged && waited <= FULL_MAX {
            return;
        }
        context.findings.check(Rule::FullSnapshot, is_acknowledged, || match self.awaited {
            Some((tick, _)) => format!("did not acknowledge the full snapshot of tick {}", tick.0),
            None => "did not acknowledge the snapshots before the gap".to_owned(),
        });
        if self.awaited.is_none() {
            context.host.resync(session);
        }
        self.advance();
    }

    /// Sends a large snapshot just after an acknowledgement, about a second before a client's timer would send the next
    /// acknowledgement.
    fn poll_burst(&mut self, snapshot: Option<Vec<u8>>, ledger: &mut Ledger, context: &mut Context) {
        let Some((awaited, sent_at)) = self.awaited else {
            let is_just_acknowledged =
                ledger.acknowledged().is_some_and(|(_, at)| context.now.saturating_sub(at) <= 2 * TICK);
            match snapshot {
                Some(bytes) if is_just_acknowledged => {
                    self.awaited = Some((context.host.tick(), context.now));
                    send(Some(enlarged(&bytes)), ledger, context);
                }
                snapshot => send(snapshot, ledger, context),
            }
            if self.ticks > BURST_TICKS_MAX {
                context.findings.check(Rule::AcknowledgementBytes, false, || "sent no acknowledgement at all".to_owned());
                self.advance();
            }
            return;
        };
        send(snapshot, ledger, context);
        let is_acknowledged = ledger.has_acknowledged(awaited);
        let waited = context.now.saturating_sub(sent_at);
        if !is_acknowledged && waited <= BURST_MAX {
            return;
        }
        self.bursts += 1;
        if !is_acknowledged && self.bursts < BURSTS_MAX {
            self.awaited = None;
            return;
        }
        context.findings.check(Rule::AcknowledgementBytes, is_acknowledged, || format!("not within {BURST_MAX:.1?}"));
        self.advance();
    }

    fn poll_drain(&mut self, snapshot: Option<Vec<u8>>, ledger: &mut Ledger, context: &mut Context) -> Option<Ending> {
        let Some(sent_at) = self.sent_at else {
            self.sent_at = Some(context.now);
            context.actions.push(Action::Send(codec::encode_server::<Arena>(&ServerMessage::Drain(DRAIN_MS))));
            send(snapshot, ledger, context);
            return None;
        };
        send(snapshot, ledger, context);
        if self.ticks < DRAIN_TICKS {
            return None;
        }
        context.actions.push(Action::Close(CloseReason::ServerShutdown.code()));
        Some(Ending::Scripted(Expectation::ReconnectAfterDrain, sent_at))
    }
}

/// Sends the snapshot of the current tick, if there is one.
fn send(snapshot: Option<Vec<u8>>, ledger: &mut Ledger, context: &mut Context) {
    if let Some(bytes) = snapshot {
        ledger.handle_sent(context.host.tick(), is_full(&bytes), context.now);
        context.actions.push(Action::Send(bytes));
    }
}

fn is_full(bytes: &[u8]) -> bool {
    matches!(codec::decode_snapshot_header(bytes), Ok(Some(header)) if header.full.is_some())
}

fn decode(bytes: &[u8]) -> Snapshot<Arena> {
    match codec::decode_server(bytes) {
        Ok(ServerMessage::Snapshot(snapshot)) => snapshot,
        other => panic!("the room sends snapshots, not {other:?}"),
    }
}

/// The snapshot with events that make it larger than 8 KiB and have no effect.
fn enlarged(bytes: &[u8]) -> Vec<u8> {
    let mut snapshot = decode(bytes);
    let event = RoomEvent::Standing(UNKNOWN_PLAYER, Standing::default());
    snapshot.room.extend(std::iter::repeat_n(event, BURST_EVENTS));
    codec::encode_server(&ServerMessage::Snapshot(snapshot))
}
