//! Encodes a tick once for all clients, and composes the snapshot of each client from this encoding.

use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, OnceLock};

use tickcast_protocol::codec::{Chunk, Run, compose_snapshot};
use tickcast_protocol::{
    Change, Digest, EntityMap, GameProtocol, Grid, InputReport, PlayerId, SnapshotHeader, Tick, ViewRect,
};

use super::beat::TickTime;
use super::cells::{Cells, CellsBuilder};
use super::comparison::Differences;

/// Beats between snapshots with a checksum: about two seconds at 30 ticks per second.
const CHECKSUM_BEATS: u32 = 64;

/// One tick, encoded once for all clients. Keyframes and checksums are computed on first use, on the thread of a worker
/// that also serves other rooms. A panic of the game's code is caught there, so that the panic ends only the room of this
/// tick.
#[derive(Debug)]
pub struct TickFrame<G: GameProtocol> {
    time: TickTime,
    grid: Grid,
    world: Arc<EntityMap<G::Entity>>,
    differences: Differences,
    sections: RoomSections,
    keyframes: OnceLock<Result<Cells, EncodingPanicked>>,
    /// Prefix sums of the entity checksums, by cell.
    checksums: OnceLock<Result<Vec<u32>, EncodingPanicked>>,
}

/// The game's code panicked while keyframes or checksums were computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the game's code panicked while a snapshot was encoded")]
pub struct EncodingPanicked;

/// Encoded room events of one tick.
#[derive(Clone, Debug, Default)]
pub struct RoomSections {
    /// Events since the last tick, for delta snapshots.
    pub delta: Chunk,
    /// The part of the list of players that belongs to this tick: announced players and their standings. May be empty if no
    /// client receives the list.
    pub players: Chunk,
    /// Entries of the players whose entries are missing from `players`. Each player's entry is added only to the full
    /// snapshot for this player's own client.
    pub own: BTreeMap<PlayerId, Chunk>,
    /// Encoded personal sections, each for the sessions of one player only.
    pub personal: BTreeMap<PlayerId, Vec<u8>>,
}

/// Parameters of one client's snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The client's player; `None` for a spectator.
    pub player: Option<PlayerId>,
    /// View of the client from this tick on.
    pub view: ViewRect,
    /// View of the client at the last tick. `None` requests a full snapshot.
    pub previous_view: Option<ViewRect>,
    /// Report on the client's input that was applied in this tick.
    pub report: Option<InputReport>,
    /// Whether the snapshot contains the part of the list of players that belongs to its tick. True for a full snapshot and
    /// for the snapshots that follow it, until all players have been listed.
    pub lists_players: bool,
}

impl<G: GameProtocol> TickFrame<G> {
    pub(super) fn new(
        time: TickTime,
        grid: Grid,
        world: Arc<EntityMap<G::Entity>>,
        differences: Differences,
        sections: RoomSections,
    ) -> Self {
        let (keyframes, checksums) = (OnceLock::new(), OnceLock::new());
        Self { time, grid, world, differences, sections, keyframes, checksums }
    }

    /// Number of the tick.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.time.tick
    }

    /// The tick and its beat.
    #[must_use]
    pub const fn time(&self) -> TickTime {
        self.time
    }

    /// Appends the encoded snapshot of one client to `bytes`. `changes` is a scratch buffer.
    ///
    /// # Errors
    /// [`EncodingPanicked`]. Nothing is appended then, and the room cannot continue.
    pub fn compose(&self, delivery: &Delivery, changes: &mut Chunk, bytes: &mut Vec<u8>) -> Result<(), EncodingPanicked> {
        let Delivery { player, view, previous_view, report, lists_players } = *delivery;
        let header = SnapshotHeader {
            full: previous_view.is_none().then_some(self.tick()),
            report,
            view: (previous_view != Some(view)).then_some(view),
            checksum: self.time.reaches_multiple_of(CHECKSUM_BEATS).then(|| self.checksum(view)).transpose()?,
        };
        changes.clear();
        match previous_view.and_then(|previous_view| previous_view.intersection(&view)) {
            Some(kept) => {
                self.gather_changes(kept, changes);
                for entered in difference(view, kept) {
                    self.gather_keyframes(entered, changes)?;
                }
            }
            None => self.gather_keyframes(view, changes)?,
        }
        let RoomSections { delta, players, own, personal } = &self.sections;
        let players = if lists_players { players.as_run() } else { Run::default() };
        let events = match previous_view {
            Some(_) => delta.as_run(),
            None => player.and_then(|player| own.get(&player)).map(Chunk::as_run).unwrap_or_default(),
        };
        let personal = player.and_then(|player| personal.get(&player)).map(Vec::as_slice).unwrap_or_default();
        compose_snapshot(&header, &[events, players], changes.as_run(), personal, bytes);
        Ok(())
    }

    /// Appends the changes in the kept cells (cells that were already in view at the last tick). Then appends the full state
    /// of every entity that entered a kept cell, either by a jump (a move beyond the adjacent cells) or from a cell that is
    /// not kept. Finally despawns entities that were replaced by entities spawned outside the kept cells.
    fn gather_changes(&self, kept: ViewRect, changes: &mut Chunk) {
        for (first, last) in self.rows(kept) {
            changes.extend(self.differences.changes.run(first, last));
        }
        for (first, last) in self.rows(kept) {
            for crossing in self.differences.crossings.range(first, last) {
                if !crossing.from.is_some_and(|from| kept.contains(from)) {
                    changes.extend(crossing.as_run());
                }
            }
        }
        for despawn in self.differences.replacements.iter().filter_map(|replacement| replacement.despawn(kept)) {
            changes.extend(despawn);
        }
    }

    /// Appends the full state of every entity in the cells of `view`.
    fn gather_keyframes(&self, view: ViewRect, changes: &mut Chunk) -> Result<(), EncodingPanicked> {
        let keyframes = computed_once(&self.keyframes, || self.encode_keyframes())?;
        for (first, last) in self.rows(view) {
            changes.extend(keyframes.run(first, last));
        }
        Ok(())
    }

    /// Indexes of the first and the last cell of each row of `view`.
    fn rows(&self, view: ViewRect) -> impl Iterator<Item = (usize, usize)> {
        view.rows().map(|(first, last)| (self.grid.index(first), self.grid.index(last)))
    }

    fn encode_keyframes(&self) -> Cells {
        let mut keyframes = CellsBuilder::default();
        for (id, entity) in self.world.iter() {
            let upsert: Change<G> = Change::Upsert(id, entity.clone());
            keyframes.push(self.grid.index(self.grid.cell(G::position(entity))), &upsert);
        }
        keyframes.build(self.grid.len())
    }

    /// Checksum of a view: the wrapping sum of the tick number and the checksums of all entities in view.
    fn checksum(&self, view: ViewRect) -> Result<u32, EncodingPanicked> {
        let sums = computed_once(&self.checksums, || self.sum_checksums())?;
        let row = |(first, last)| sums[self.grid.index(last) + 1].wrapping_sub(sums[self.grid.index(first)]);
        Ok(view.rows().map(row).fold(self.tick().0, u32::wrapping_add))
    }

    fn sum_checksums(&self) -> Vec<u32> {
        let mut sums = vec![0_u32; self.grid.len() + 1];
        for (id, entity) in self.world.iter() {
            let sum = &mut sums[self.grid.index(self.grid.cell(G::position(entity))) + 1];
            *sum = sum.wrapping_add(Digest::of_entity::<G>(id, entity));
        }
        for cell in 1..sums.len() {
            sums[cell] = sums[cell].wrapping_add(sums[cell - 1]);
        }
        sums
    }
}

/// Returns the value in `cell`. The first call computes it with `compute`. If `compute` panics, this and all later calls
/// return [`EncodingPanicked`]. It is safe to continue after the panic, because `compute` only reads shared data.
fn computed_once<T>(
    cell: &OnceLock<Result<T, EncodingPanicked>>,
    compute: impl FnOnce() -> T,
) -> Result<&T, EncodingPanicked> {
    let caught = || panic::catch_unwind(AssertUnwindSafe(compute)).map_err(|_| EncodingPanicked);
    cell.get_or_init(caught).as_ref().map_err(|panicked| *panicked)
}

/// The parts of `view` above, below, left and right of `kept`. `kept` lies within `view`.
fn difference(view: ViewRect, kept: ViewRect) -> impl Iterator<Item = ViewRect> + Clone {
    let above = (view.top < kept.top).then(|| ViewRect { bottom: kept.top - 1, ..view });
    let below = (view.bottom > kept.bottom).then(|| ViewRect { top: kept.bottom + 1, ..view });
    let left = (view.left < kept.left).then(|| ViewRect { left: view.left, right: kept.left - 1, ..kept });
    let right = (view.right > kept.right).then(|| ViewRect { left: kept.right + 1, right: view.right, ..kept });
    [above, below, left, right].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_of_two_views_covers_every_remaining_cell_once() {
        let view = ViewRect { left: 2, top: 3, right: 8, bottom: 9 };
        let kept = ViewRect { left: 3, top: 3, right: 6, bottom: 8 };
        let cells = |rect: ViewRect| (u32::from(rect.right - rect.left) + 1) * (u32::from(rect.bottom - rect.top) + 1);
        let parts: Vec<_> = difference(view, kept).collect();
        assert_eq!(parts.iter().map(|part| cells(*part)).sum::<u32>(), cells(view) - cells(kept));
        for (index, part) in parts.iter().enumerate() {
            assert_eq!(part.intersection(&kept), None);
            assert_eq!(part.intersection(&view), Some(*part));
            assert!(parts[..index].iter().all(|other| other.intersection(part).is_none()));
        }
    }
}
