//! The queue through which clients' messages reach a room.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tickcast_game::GameProtocol;
use tickcast_room::SessionId;

use super::SessionEvent;

/// Messages from clients that a room has not handled yet, in order of arrival. Appending to the queue does not wake the
/// room's thread, because an input takes effect only at a tick. The room takes all events before each tick.
///
/// The limit on the messages of each connection bounds the growth of the queue between two ticks; see
/// [`MESSAGES_PER_SECOND`](crate::actors::session::MESSAGES_PER_SECOND).
pub struct EventQueue<G: GameProtocol>(Mutex<QueuedEvents<G>>);

struct QueuedEvents<G: GameProtocol> {
    events: Vec<(SessionId, SessionEvent<G>)>,
    /// Whether the room has ended.
    is_closed: bool,
}

impl<G: GameProtocol> Default for EventQueue<G> {
    fn default() -> Self {
        Self(Mutex::new(QueuedEvents { events: Vec::new(), is_closed: false }))
    }
}

impl<G: GameProtocol> EventQueue<G> {
    /// Appends an event, unless the room has ended.
    pub fn push(&self, session: SessionId, event: SessionEvent<G>) {
        let mut queued = self.lock();
        if !queued.is_closed {
            queued.events.push((session, event));
        }
    }

    /// Moves the queued events to `events`, which must be empty. The queue reuses the memory of `events` for later events.
    pub fn take(&self, events: &mut Vec<(SessionId, SessionEvent<G>)>) {
        debug_assert!(events.is_empty(), "the room has handled all events that it took");
        std::mem::swap(&mut self.lock().events, events);
    }

    /// Drops all queued events. Events that are pushed later are dropped, too.
    pub fn close(&self) {
        *self.lock() = QueuedEvents { events: Vec::new(), is_closed: true };
    }

    fn lock(&self) -> MutexGuard<'_, QueuedEvents<G>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<G: GameProtocol> SessionEvent<G> {
    /// Whether a room with pace on demand must look at the event before its next idle tick.
    pub(super) const fn may_require_tick(&self) -> bool {
        match self {
            Self::Input(_) | Self::Act { .. } | Self::Resync | Self::Ready(_) => true,
            Self::Acknowledge(_) | Self::Viewport(_) | Self::Playback(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_arena::Arena;
    use tickcast_protocol::Tick;

    fn push(queue: &EventQueue<Arena>, tick: u32) {
        queue.push(SessionId(1), SessionEvent::Acknowledge(Tick(tick)));
    }

    /// Takes all events, and returns the acknowledged ticks. Panics if an event is not an acknowledgement.
    fn take(queue: &EventQueue<Arena>) -> Vec<u32> {
        let mut events = Vec::new();
        queue.take(&mut events);
        let ticks = events.into_iter().map(|(_, event)| match event {
            SessionEvent::Acknowledge(Tick(tick)) => tick,
            _ => panic!("only acknowledgements were queued"),
        });
        ticks.collect()
    }

    #[test]
    fn each_event_is_taken_once_in_order() {
        let queue = EventQueue::default();
        push(&queue, 1);
        push(&queue, 2);
        assert_eq!(take(&queue), [1, 2]);
        push(&queue, 3);
        assert_eq!(take(&queue), [3]);
        assert!(take(&queue).is_empty());
    }

    #[test]
    fn a_room_that_has_ended_gets_no_events() {
        let queue = EventQueue::default();
        push(&queue, 1);
        queue.close();
        push(&queue, 2);
        assert!(take(&queue).is_empty());
    }
}
