//! The examination of one client over several connections. A state machine without a socket and without a clock.

mod exam;
mod ledger;
mod script;

#[cfg(test)]
mod model_client;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use tickcast_protocol::ResumeToken;

use crate::host::{Host, TICK_RATE, room_name};
use crate::report::{Findings, Report};
use crate::rules::Rule;
use exam::Exam;
use script::{Script, Stage};

/// Interval between calls of [`Examiner::poll`].
pub(crate) const TICK: Duration = Duration::from_nanos(1_000_000_000 / TICK_RATE as u64);
/// Delay in the Drain message.
pub(crate) const DRAIN_MS: u16 = 1500;
/// Close code at the end of the script. It means that another connection has resumed the seat, so the client must not
/// reconnect.
pub(crate) const FINAL_CODE: u16 = 4008;
/// Time limit for reconnecting: the longest recommended backoff and some reserve.
const RECONNECT_TIMEOUT: Duration = Duration::from_secs(40);
/// If a client does not reconnect within this time after [`FINAL_CODE`], the client has followed the rule not to reconnect.
/// A client that violates this rule reconnects earlier, because the first delays of a backoff are shorter.
const FINAL_WAIT: Duration = Duration::from_secs(5);
/// The stages of the first connection, except its last stage.
const FAULTS: [Stage; 8] = [
    Stage::Calm(120),
    Stage::LateInputs,
    Stage::Calm(60),
    Stage::Gap,
    Stage::WrongChecksum,
    Stage::Calm(40),
    Stage::UnknownEntity,
    Stage::Burst,
];
/// The stages of a resumed connection, except its last stage.
const CALM: [Stage; 1] = [Stage::Calm(45)];
/// The stages of the last connection, except its last stage.
const ON_DEMAND: [Stage; 1] = [Stage::OnDemand(100)];
/// Tolerated error of time measurements, because the operating system may delay threads and timers.
const TOLERANCE: Duration = Duration::from_millis(50);

/// What to do with the client's connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Send a message.
    Send(Vec<u8>),
    /// Close the connection with this code.
    Close(u16),
    /// End the connection without a Close frame.
    Abort,
}

/// A request for an upgrade to WebSocket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// The query parameter `room`.
    pub(crate) room: Option<String>,
    /// Whether the client offers the subprotocol. If not, the server refuses the connection.
    pub(crate) offers_subprotocol: bool,
}

/// A frame from the client.
#[derive(Clone, Debug)]
pub(crate) enum Received {
    /// An unfragmented binary frame.
    Message(Vec<u8>),
    /// A text frame or a fragment.
    Unsupported,
}

/// The examination of one client.
pub(crate) struct Examiner {
    context: Context,
    phase: Phase,
    connections: usize,
    /// Token of the newest Welcome.
    token: Option<ResumeToken>,
}

/// What all parts of an examination use.
struct Context {
    host: Host,
    findings: Findings,
    actions: Vec<Action>,
    now: Duration,
}

enum Phase {
    /// No connection is open. The wait began at the given time.
    Waiting(Expectation, Duration),
    Open(Box<Exam>),
    Finished,
}

/// What the client is expected to do while no connection is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expectation {
    /// The client is expected to connect for the first time. There is no time limit.
    Connect,
    /// The client is expected to reconnect after a lost connection.
    Reconnect,
    /// The client is expected to reconnect, but not before the delay in the Drain message has passed. The wait began when
    /// the Drain was sent.
    ReconnectAfterDrain,
    /// The client is expected not to reconnect.
    StayAway,
}

/// How a connection ended.
enum Ending {
    /// The script ended the connection. Contains what the client is expected to do next, and the time at which the wait for
    /// this began.
    Scripted(Expectation, Duration),
    /// The client has violated a rule, and the examination cannot continue.
    Failed,
}

impl Examiner {
    pub(crate) fn new(skipped: BTreeSet<Rule>) -> Self {
        let mut findings = Findings::new(skipped);
        if findings.is_skipped(Rule::Reconnects) {
            // The last connection examines the pace.
            [Rule::ResumeRoom, Rule::ResumeToken, Rule::DrainDelay, Rule::PaceStamp, Rule::PaceRepeat]
                .into_iter()
                .for_each(|rule| findings.skip(rule));
        }
        let context = Context { host: Host::new(), findings, actions: Vec::new(), now: Duration::ZERO };
        Self { context, phase: Phase::Waiting(Expectation::Connect, Duration::ZERO), connections: 0, token: None }
    }

    /// Handles a request for an upgrade. The server refuses it if the client does not offer the subprotocol.
    pub(crate) fn handle_open(&mut self, request: &Request, now: Duration) {
        self.context.now = now;
        let Phase::Waiting(expectation, since) = self.phase else { return };
        let findings = &mut self.context.findings;
        findings.check(Rule::Subprotocol, request.offers_subprotocol, || "the request does not offer it".to_owned());
        let waited = now.saturating_sub(since);
        match expectation {
            Expectation::Connect => {}
            Expectation::Reconnect | Expectation::ReconnectAfterDrain => {
                findings.check(Rule::Reconnects, true, String::new);
                let is_same_room = request.room.as_deref() == Some(room_name().as_str());
                findings.check(Rule::ResumeRoom, is_same_room, || format!("the URL contains the room {:?}", request.room));
            }
            Expectation::StayAway => {
                findings.check(Rule::FinalCode, false, || format!("reconnected {waited:.1?} after {FINAL_CODE}"));
                self.phase = Phase::Finished;
                return;
            }
        }
        if expectation == Expectation::ReconnectAfterDrain {
            let is_late = waited + TOLERANCE >= Duration::from_millis(DRAIN_MS.into());
            findings
                .check(Rule::DrainDelay, is_late, || format!("reconnected {waited:.1?} after a Drain of {DRAIN_MS} ms"));
        }
        self.phase = if request.offers_subprotocol { Phase::Open(Box::new(self.next_exam())) } else { Phase::Finished };
    }

    /// The examination of the next connection.
    fn next_exam(&mut self) -> Exam {
        let script = match (self.context.findings.is_skipped(Rule::Reconnects), self.connections) {
            (true, _) => Script::new(&FAULTS, Stage::Final),
            (false, 0) => Script::new(&FAULTS, Stage::Lose),
            (false, 1) => Script::new(&CALM, Stage::Drain),
            (false, _) => {
                self.context.host.use_pace_on_demand();
                Script::new(&ON_DEMAND, Stage::Final)
            }
        };
        let expected_token = if self.connections == 0 { None } else { self.token };
        self.connections += 1;
        Exam::new(script, expected_token, &self.context)
    }

    /// Handles a frame from the client.
    pub(crate) fn handle_frame(&mut self, received: Received, now: Duration) {
        self.context.now = now;
        if let Phase::Open(exam) = &mut self.phase {
            let ending = exam.handle(received, &mut self.context);
            self.end(ending);
        }
    }

    /// Handles the end of the connection, which the client has closed or lost.
    pub(crate) fn handle_end(&mut self, now: Duration) {
        self.context.now = now;
        if let Phase::Open(exam) = &mut self.phase {
            let ending = exam.handle_end(&mut self.context);
            self.end(Some(ending));
        }
    }

    /// Advances the room and the script by one tick.
    pub(crate) fn poll(&mut self, now: Duration) {
        self.context.now = now;
        match &mut self.phase {
            Phase::Open(exam) => {
                let ending = exam.poll(&mut self.context);
                self.end(ending);
            }
            Phase::Waiting(expectation, since) => {
                let (expectation, waited) = (*expectation, now.saturating_sub(*since));
                self.context.host.step(None, now);
                self.poll_waiting(expectation, waited);
            }
            Phase::Finished => {}
        }
    }

    fn poll_waiting(&mut self, expectation: Expectation, waited: Duration) {
        match expectation {
            Expectation::Reconnect | Expectation::ReconnectAfterDrain if waited > RECONNECT_TIMEOUT => {
                self.context.findings.check(Rule::Reconnects, false, || format!("did not reconnect within {waited:.0?}"));
                self.phase = Phase::Finished;
            }
            Expectation::StayAway if waited > FINAL_WAIT => {
                self.context.findings.check(Rule::FinalCode, true, String::new);
                self.phase = Phase::Finished;
            }
            _ => {}
        }
    }

    fn end(&mut self, ending: Option<Ending>) {
        let (Some(ending), Phase::Open(exam)) = (ending, &self.phase) else { return };
        self.token = exam.token().or(self.token);
        if let Some(session) = exam.session() {
            self.context.host.lose(session, self.context.now);
        }
        self.phase = match ending {
            Ending::Scripted(expectation, since) => {
                self.context.findings.check(Rule::StaysConnected, true, String::new);
                Phase::Waiting(expectation, since)
            }
            Ending::Failed => Phase::Finished,
        };
    }

    /// Takes the actions that are due, in order.
    pub(crate) fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.context.actions)
    }

    /// Whether the script has ended.
    pub(crate) const fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Finished)
    }

    /// The result so far.
    pub(crate) fn report(&self) -> Report {
        self.context.findings.report()
    }
}
