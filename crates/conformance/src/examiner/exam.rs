//! The examination of one connection: decodes messages, and passes them to the ledger, the script and the room.

use std::collections::VecDeque;
use std::time::Duration;

use tickcast_arena::Arena;
use tickcast_protocol::codec::{self, DecodeError};
use tickcast_protocol::{ClientMessage, CloseReason, Hello, Input, Pace, ResumeToken, Role, ServerMessage, Tick, Welcome};
use tickcast_room::SessionId;

use super::ledger::Ledger;
use super::script::Script;
use super::{Action, Context, Ending, Expectation, Received, TOLERANCE};
use crate::rules::Rule;

/// Time limit for the Hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(3);
/// Maximum number of messages in a second: the burst size that the server's rate limit permits.
const MESSAGES_PER_SECOND_MAX: usize = 300;

/// Rules that do not apply to spectators.
const RULES_OF_PLAYERS: [Rule; 7] = [
    Rule::Lead,
    Rule::StampAhead,
    Rule::StampLimit,
    Rule::StampOrder,
    Rule::PaceStamp,
    Rule::PaceRepeat,
    Rule::ResumeToken,
];

/// The examination of one connection.
pub(super) struct Exam {
    opened_at: Duration,
    /// The token that the Hello must contain.
    expected_token: Option<ResumeToken>,
    /// The session in the room, or `None` before the Hello.
    session: Option<SessionId>,
    /// The token of the Welcome.
    token: Option<ResumeToken>,
    /// Whether the room's first snapshot was omitted. The client receives its first snapshot a second later. Until then, it
    /// must not send an Input, an Acknowledge or a Resync.
    has_omitted_first: bool,
    script: Script,
    ledger: Ledger,
    /// Arrival times of the messages of the last second.
    messages: VecDeque<Duration>,
}

impl Exam {
    pub(super) fn new(script: Script, expected_token: Option<ResumeToken>, context: &Context) -> Self {
        Self {
            opened_at: context.now,
            expected_token,
            session: None,
            token: None,
            // With pace on demand, a second takes too few ticks.
            has_omitted_first: context.host.pace() == Pace::OnDemand,
            script,
            ledger: Ledger::default(),
            messages: VecDeque::new(),
        }
    }

    /// The session in the room, or `None` before the Hello.
    pub(super) const fn session(&self) -> Option<SessionId> {
        self.session
    }

    /// The token of the Welcome.
    pub(super) const fn token(&self) -> Option<ResumeToken> {
        self.token
    }

    /// Handles a frame from the client.
    pub(super) fn handle(&mut self, received: Received, context: &mut Context) -> Option<Ending> {
        let Received::Message(bytes) = received else {
            context.findings.check(Rule::Frames, false, || "sent a text frame or a fragment".to_owned());
            return Some(fail(CloseReason::UnsupportedData, context));
        };
        context.findings.check(Rule::Frames, true, String::new);
        self.check_rate(context);
        match codec::decode_client(&bytes) {
            Ok(message) => self.handle_message(message, context),
            Err(DecodeError::VersionMismatch) => {
                context.findings.check(Rule::Hello, false, || "the Hello contains another fingerprint".to_owned());
                Some(fail(CloseReason::VersionMismatch, context))
            }
            Err(error) => Some(reject(&error.to_string(), context)),
        }
    }

    fn check_rate(&mut self, context: &mut Context) {
        self.messages.push_back(context.now);
        let is_recent = |at: &Duration| context.now.saturating_sub(*at) < Duration::from_secs(1);
        while self.messages.pop_front_if(|at| !is_recent(at)).is_some() {}
        let count = self.messages.len();
        context
            .findings
            .check(Rule::MessageRate, count <= MESSAGES_PER_SECOND_MAX, || format!("{count} messages in a second"));
    }

    fn handle_message(&mut self, message: ClientMessage<Arena>, context: &mut Context) -> Option<Ending> {
        match (message, self.session) {
            (ClientMessage::Ping(number), _) => {
                let pong = codec::encode_server::<Arena>(&ServerMessage::Pong(number));
                context.actions.push(Action::Send(pong));
                None
            }
            (ClientMessage::Hello(hello), None) => self.handle_hello(&hello, context),
            (ClientMessage::Hello(_), Some(_)) => Some(reject("a second Hello", context)),
            (_, None) => {
                context.findings.check(Rule::Hello, false, || "another message precedes the Hello".to_owned());
                Some(fail(CloseReason::InvalidMessage, context))
            }
            (ClientMessage::Seek(_) | ClientMessage::Speed(_) | ClientMessage::Pause(_), Some(_)) => {
                Some(reject("a message of replays, but this is no replay", context))
            }
            (ClientMessage::Viewport(viewport), Some(session)) => {
                context.host.handle_viewport(session, viewport);
                None
            }
            (message, Some(session)) => {
                context.findings.check(Rule::Messages, true, String::new);
                if self.ledger.has_sent() {
                    self.handle_playing(message, session, context);
                } else {
                    context.findings.check(Rule::FirstSnapshot, false, || format!("sent {message:?}"));
                }
                None
            }
        }
    }

    fn handle_hello(&mut self, hello: &Hello, context: &mut Context) -> Option<Ending> {
        let delay = context.now.saturating_sub(self.opened_at);
        context.findings.check(Rule::Hello, delay <= HELLO_TIMEOUT + TOLERANCE, || format!("sent after {delay:.1?}"));
        if self.expected_token.is_some() {
            let is_newest = hello.resume == self.expected_token;
            let description =
                if hello.resume.is_none() { "the Hello contains no token" } else { "the token is another one" };
            context.findings.check(Rule::ResumeToken, is_newest, || description.to_owned());
        }
        if hello.role == Role::Spectator {
            RULES_OF_PLAYERS.into_iter().for_each(|rule| context.findings.skip(rule));
            self.script.leave_out_inputs();
        }
        match context.host.join(hello, context.now) {
            Ok((session, welcome)) => self.welcome(session, &welcome, context),
            Err(reason) => return Some(fail(reason, context)),
        }
        None
    }

    fn welcome(&mut self, session: SessionId, welcome: &Welcome<Arena>, context: &mut Context) {
        self.session = Some(session);
        self.token = welcome.seat.map(|seat| seat.token);
        context.actions.push(Action::Send(codec::encode_server(&ServerMessage::Welcome(welcome.clone()))));
    }

    /// Handles a message of a client that has received a snapshot.
    fn handle_playing(&mut self, message: ClientMessage<Arena>, session: SessionId, context: &mut Context) {
        match message {
            ClientMessage::Input(input) => self.handle_input(input, session, context),
            ClientMessage::Acknowledge(tick) => {
                self.ledger.handle_acknowledgement(tick, context);
                context.host.handle_acknowledgement(session, tick);
            }
            ClientMessage::Resync => {
                let is_expected = self.ledger.expects_resync(context.now);
                context.findings.check(Rule::NeedlessResync, is_expected, || {
                    "sent although no snapshot had an error, so its state differs from the server's".to_owned()
                });
                self.script.handle_resync();
                if !is_expected {
                    context.host.resync(session);
                }
            }
            // Handled by the caller.
            _ => {}
        }
    }

    fn handle_input(&mut self, input: Input<Arena>, session: SessionId, context: &mut Context) {
        let (stamp, acknowledged): (Tick, Tick) = (input.tick, input.acknowledged);
        self.ledger.handle_acknowledgement(acknowledged, context);
        self.ledger.handle_stamp(stamp, acknowledged, context);
        if context.host.pace() == Pace::OnDemand {
            self.ledger.handle_input_on_demand(&input, context);
        }
        let margin = context.host.handle_input(session, input);
        self.script.handle_input(margin);
    }

    /// Handles the end of the connection by the client.
    pub(super) fn handle_end(&mut self, context: &mut Context) -> Ending {
        if let Some(drained_at) = self.script.drained_at() {
            return Ending::Scripted(Expectation::ReconnectAfterDrain, drained_at);
        }
        let stage = self.script.stage();
        context.findings.check(Rule::StaysConnected, false, || format!("ended the connection during {stage:?}"));
        Ending::Failed
    }

    /// Advances the room and the script by one tick.
    pub(super) fn poll(&mut self, context: &mut Context) -> Option<Ending> {
        let snapshot = context.host.step(self.session, context.now);
        let Some(session) = self.session else {
            if context.now.saturating_sub(self.opened_at) <= HELLO_TIMEOUT + TOLERANCE {
                return None;
            }
            context.findings.check(Rule::Hello, false, || "sent no Hello".to_owned());
            return Some(fail(CloseReason::HelloTimeout, context));
        };
        if let Some(reason) = context.host.close_reason(session) {
            context
                .findings
                .check(Rule::StaysConnected, false, || format!("the room has closed the session: {}", reason.text()));
            return Some(fail(reason, context));
        }
        if snapshot.is_some() && !self.has_omitted_first {
            self.has_omitted_first = true;
            context.host.omit_snapshot(session);
            return None;
        }
        if snapshot.is_some() && !self.ledger.has_sent() {
            context.findings.check(Rule::FirstSnapshot, true, String::new);
        }
        self.ledger.poll(context);
        if snapshot.is_none() && !self.ledger.has_sent() {
            return None;
        }
        self.script.poll(snapshot, session, &mut self.ledger, context)
    }
}

/// Ends the examination because of an invalid message.
fn reject(description: &str, context: &mut Context) -> Ending {
    context.findings.check(Rule::Messages, false, || description.to_owned());
    fail(CloseReason::InvalidMessage, context)
}

/// Ends the examination and closes the connection.
fn fail(reason: CloseReason, context: &mut Context) -> Ending {
    context.actions.push(Action::Close(reason.code()));
    Ending::Failed
}
