//! Messages that follow an input, so that TCP detects the loss of the input early.

use crate::message::InputReport;
use crate::units::Tick;

/// Decides in which of the ticks after an input a client sends an [`Acknowledge`](crate::ClientMessage::Acknowledge), if it
/// has nothing else to send.
///
/// A receiver reveals the loss of a packet only when a later packet arrives (selective acknowledgements, RFC 2018, and
/// RACK, RFC 8985). If no packet follows, the sender waits for a timeout of two round trips and more. With a small message in
/// each of the next ticks, it retransmits a lost input after one round trip.
///
/// An input that only repeats the controls needs no such messages. Once the server has reported the input, no more of them
/// are sent.
#[derive(Clone, Debug, Default)]
pub struct TailProbe {
    /// The last input with changed controls, until it is reported or followed by enough messages.
    followed: Option<Followed>,
}

#[derive(Clone, Copy, Debug)]
struct Followed {
    stamp: Tick,
    messages_left: u32,
}

impl TailProbe {
    /// Number of messages that follow an input. Two of them may be lost.
    const MESSAGES: u32 = 3;

    /// Records that an input with changed controls was sent. To be called once for each.
    pub const fn handle_input(&mut self, stamp: Tick) {
        self.followed = Some(Followed { stamp, messages_left: Self::MESSAGES });
    }

    /// Records a report of the server. It confirms all inputs up to the reported one.
    pub fn handle_report(&mut self, report: InputReport) {
        self.followed.take_if(|followed| report.stamp.wrapping_sub(followed.stamp.0 as u8).cast_signed() >= 0);
    }

    /// Whether to send something now. To be called once in each tick in which the client would otherwise send nothing.
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
