//! The pressed keys of an input device.

use std::collections::BTreeSet;
use std::mem;

/// Remembers which keys are pressed, so that short presses are not lost.
///
/// A client sees presses and releases when they happen, but its controls hold for whole ticks. A key that is pressed and
/// released between two samples counts as pressed in the second sample. Take one sample for each stamp.
///
/// ```
/// use tickcast_protocol::Presses;
///
/// let mut presses = Presses::default();
/// presses.press("fire");
/// presses.release("fire");
/// assert!(presses.sample().contains("fire"));
/// assert!(presses.sample().is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Presses<K> {
    held: BTreeSet<K>,
    /// Keys that were pressed after the last sample, even if they were released since.
    recent: BTreeSet<K>,
}

impl<K> Default for Presses<K> {
    fn default() -> Self {
        Self { held: BTreeSet::new(), recent: BTreeSet::new() }
    }
}

impl<K: Copy + Ord> Presses<K> {
    /// Records that a key was pressed. Has no effect while the key is held, because keyboards then repeat the event.
    pub fn press(&mut self, key: K) {
        if self.held.insert(key) {
            self.recent.insert(key);
        }
    }

    /// Records that a key was released.
    pub fn release(&mut self, key: K) {
        self.held.remove(&key);
    }

    /// Releases all keys and forgets their presses. Call it when the window loses the focus, because a window without the
    /// focus gets no release events.
    pub fn clear(&mut self) {
        self.held.clear();
        self.recent.clear();
    }

    /// The keys that are pressed, or were pressed since the last sample.
    pub fn sample(&mut self) -> BTreeSet<K> {
        let mut pressed = mem::take(&mut self.recent);
        pressed.extend(&self.held);
        pressed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_count_as_pressed_until_they_are_sampled() {
        let mut presses = Presses::default();
        presses.press('a');
        presses.release('a');
        presses.press('b');
        assert_eq!(presses.sample(), BTreeSet::from(['a', 'b']));
        assert_eq!(presses.sample(), BTreeSet::from(['b']));
        presses.press('b');
        presses.release('b');
        assert_eq!(presses.sample(), BTreeSet::new(), "the second press was a repetition");
        presses.press('c');
        presses.clear();
        assert_eq!(presses.sample(), BTreeSet::new());
    }
}
