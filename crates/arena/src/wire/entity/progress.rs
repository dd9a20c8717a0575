//! What a ship has collected and improved since it spawned.

use crate::wire::controls::Choice;

/// What a ship has collected and improved since it spawned. Orbs fill a bar. While the bar is full, the player may choose an
/// upgrade from an [offer](Progress::offer). The choice empties the bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    orbs: u8,
    /// Two bits for each upgrade: the number of times it was chosen.
    levels: u8,
}

/// An upgrade of a ship. Each can be chosen up to [`Progress::LEVEL_MAX`] times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// The gun fires more often.
    FireRate,
    /// The engine accelerates more.
    Speed,
    /// Hits cause less damage.
    Hull,
    /// A shot consists of more bullets.
    Spread,
}

impl Upgrade {
    /// All upgrades, in the order of offers.
    pub const ALL: [Self; 4] = [Self::FireRate, Self::Speed, Self::Hull, Self::Spread];
}

const ORBS_BITS: u32 = 3;
const LEVEL_BITS: u32 = 2;

impl Progress {
    /// Number of orbs that fill the bar.
    pub const ORBS_FULL: u8 = 5;
    /// Maximum number of times that an upgrade can be chosen.
    pub const LEVEL_MAX: u8 = 3;
    /// Number of bits of the encoding.
    pub(super) const BITS: u32 = ORBS_BITS + LEVEL_BITS * Upgrade::ALL.len() as u32;

    /// The progress with this number of orbs in the bar, and the number of times that each upgrade was chosen, in the order of
    /// [`Upgrade::ALL`]. `None` if a number exceeds its maximum.
    #[must_use]
    pub fn new(orbs: u8, levels: [u8; 4]) -> Option<Self> {
        let is_valid = orbs <= Self::ORBS_FULL && levels.iter().all(|level| *level <= Self::LEVEL_MAX);
        let levels = levels.iter().rev().fold(0, |levels, level| levels << LEVEL_BITS | level);
        is_valid.then_some(Self { orbs, levels })
    }

    /// Number of orbs in the bar, at most [`Progress::ORBS_FULL`].
    #[must_use]
    pub const fn orbs(self) -> u8 {
        self.orbs
    }

    /// Number of times that an upgrade was chosen.
    #[must_use]
    pub const fn level(self, upgrade: Upgrade) -> u8 {
        self.levels >> (upgrade as u32 * LEVEL_BITS) & Self::LEVEL_MAX
    }

    /// Number of upgrades chosen.
    #[must_use]
    pub fn levels(self) -> u8 {
        Upgrade::ALL.into_iter().map(|upgrade| self.level(upgrade)).sum()
    }

    /// The upgrades from which the player may choose: none unless the bar is full, otherwise up to three. After each
    /// choice, the list of upgrades begins at a different upgrade. Upgrades that were chosen three times are left out.
    pub fn offer(self) -> impl Iterator<Item = Upgrade> {
        let first = usize::from(self.levels());
        let is_full = self.orbs == Self::ORBS_FULL;
        let ordered = (0..Upgrade::ALL.len()).map(move |number| Upgrade::ALL[(first + number) % Upgrade::ALL.len()]);
        ordered.filter(move |upgrade| is_full && self.level(*upgrade) < Self::LEVEL_MAX).take(Choice::ALL.len())
    }

    /// Adds an orb, unless the bar is full.
    pub(crate) fn collect(&mut self) {
        self.orbs = (self.orbs + 1).min(Self::ORBS_FULL);
    }

    /// Applies a choice from the [offer](Progress::offer). Does nothing if the offer does not contain it.
    pub(in crate::wire) fn choose(&mut self, choice: Choice) {
        if let Some(upgrade) = self.offer().nth(choice as usize) {
            self.orbs = 0;
            self.levels += 1 << (upgrade as u32 * LEVEL_BITS);
        }
    }

    /// The encoding: the orbs in bits 0–2, then two bits for each upgrade, in the order of [`Upgrade::ALL`].
    pub(super) const fn to_bits(self) -> u16 {
        self.orbs as u16 | (self.levels as u16) << ORBS_BITS
    }

    /// The progress with this encoding; `None` if there are too many orbs or bits.
    pub(super) const fn from_bits(bits: u16) -> Option<Self> {
        let orbs = bits as u8 & ((1 << ORBS_BITS) - 1);
        if orbs > Self::ORBS_FULL || bits >> Self::BITS != 0 {
            return None;
        }
        Some(Self { orbs, levels: (bits >> ORBS_BITS) as u8 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The progress with a full bar after these choices.
    fn full_after(choices: &[Choice]) -> Progress {
        let mut progress = Progress::default();
        let fill = |progress: &mut Progress| (0..Progress::ORBS_FULL).for_each(|_| progress.collect());
        fill(&mut progress);
        for choice in choices {
            progress.choose(*choice);
            fill(&mut progress);
        }
        progress
    }

    fn offer(progress: Progress) -> Vec<Upgrade> {
        progress.offer().collect()
    }

    #[test]
    fn five_orbs_fill_the_bar_and_a_choice_empties_it() {
        let mut progress = Progress::default();
        for orbs in [1, 2, 3, 4] {
            progress.collect();
            assert_eq!((progress.orbs(), offer(progress)), (orbs, vec![]));
        }
        progress.choose(Choice::First);
        assert_eq!(progress.levels(), 0, "the bar is not full");
        for _ in 0..3 {
            progress.collect();
            assert_eq!(progress.orbs(), Progress::ORBS_FULL);
        }
        progress.choose(Choice::Second);
        assert_eq!(Some(progress), Progress::new(0, [0, 1, 0, 0]));
    }

    #[test]
    fn offers_change_with_each_choice_and_omit_completed_upgrades() {
        use Upgrade::{FireRate, Hull, Speed, Spread};
        assert_eq!(offer(full_after(&[])), [FireRate, Speed, Hull]);
        assert_eq!(offer(full_after(&[Choice::First])), [Speed, Hull, Spread]);
        assert_eq!(offer(full_after(&[Choice::First, Choice::Third])), [Hull, Spread, FireRate]);
        let all_but_last = full_after(&[Choice::First; 11]);
        assert_eq!(offer(all_but_last).len(), 1);
        let mut last = all_but_last;
        last.choose(Choice::Second);
        assert_eq!(last, all_but_last, "there is no second upgrade in the offer");
        let complete = full_after(&[Choice::First; 12]);
        assert_eq!((complete.levels(), offer(complete)), (12, vec![]));
        assert_eq!(Some(complete), Progress::new(Progress::ORBS_FULL, [Progress::LEVEL_MAX; 4]));
    }

    #[test]
    fn every_number_is_rejected_or_encodes_unchanged() {
        let is_valid = |bits: &u16| Progress::from_bits(*bits).is_some_and(|progress| progress.to_bits() == *bits);
        assert_eq!((0..=u16::MAX).filter(is_valid).count(), 6 * 256);
        assert_eq!((0..=u16::MAX).filter(|bits| Progress::from_bits(*bits).is_some()).count(), 6 * 256);
    }
}
