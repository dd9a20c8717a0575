//! Messages that follow an input, so that TCP detects the loss of the input early.

use crate::message::InputReport;
use crate::units::Tick;

/// After an input, a client that has nothing else to send sends an [`Acknowledge`](crate::ClientMessage::Acknowledge) in
/// some ticks. This type decides in which ticks.
///
/// A receiver reveals the loss of a packet only when a later packet arrives (selective acknowledgements, RFC 2018, and
/// RACK, RFC 8985). If no packet follows, the sender waits for a timeout of two round trips and more. If a small message
/// follows in each of the next ticks, TCP retransmits a lost input after one round trip.
///
/// No such messages follow an input that only repeats the previous controls. The messages end early when the server has
/// reported the input.
#[derive(Clone, Debug, Default)]
pub struct TailProbe {
    /// The last input with changed controls. `None` once the server has reported it or [`Self::MESSAGES`] messages have
    /// followed it.
    followed: Option<Followed>,
}

#[derive(Clone, Copy, Debug)]
struct Followed {
    stamp: Tick,
    messages_left: u32,
}

impl TailProbe {
    /// Number of messages that follow an input. Even if two of them are lost, the third reveals the loss of the input.
    const MESSAGES: u32 = 3;

    /// Records that an input with changed controls was sent. Call it once for each such input.
    pub const fn handle_input(&mut self, stamp: Tick) {
        self.followed = Some(Followed { stamp, messages_left: Self::MESSAGES });
    }

    /// Records a report of the server. The report confirms the reported input and all inputs before it.
    pub fn handle_report(&mut self, report: InputReport) {
        self.followed.take_if(|followed| report.stamp.wrapping_sub(followed.stamp.0 as u8).cast_signed() >= 0);
    }

    /// Returns whether to send a message now. If so, counts the message as sent. Call it once in each tick in which the
    /// client would otherwise send nothing.
    #[must_use]
    pub fn poll(&mut self) -> bool {
        let Some(followed) = &mut self.followed else { return false };
        followed.messages_left -= 1;
        self.followed.take_if(|followed| followed.messages_left == 0);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_messages_follow_an_input() {
        let mut probe = TailProbe::default();
        assert!(!probe.poll(), "there was no input");
        probe.handle_input(Tick(7));
        assert_eq!([(); 5].map(|()| probe.poll()), [true, true, true, false, false]);
    }

    #[test]
    fn no_message_follows_an_input_that_is_reported() {
        let mut probe = TailProbe::default();
        probe.handle_input(Tick(u32::MAX));
        probe.handle_report(InputReport { stamp: 254, margin: 0 });
        assert!(probe.poll(), "the report is of an earlier input");
        probe.handle_report(InputReport { stamp: 0, margin: 0 });
        assert!(!probe.poll());
    }
}
