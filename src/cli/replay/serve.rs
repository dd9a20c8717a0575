//! `replay serve`: shows the match of a replay file in the browser.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tickcast_game::Simulation;
use tickcast_protocol::codec;
use tickcast_room::{Marker, Replay, ReplayFile, ReplayFileError};
use tickcast_store::{Checkpoint, JournalPart, MatchId, MemoryHistory, Segment};

use super::{FileArgs, ReplayError, read};
use crate::actors::replay::directory::MARKERS_MAX;
use crate::cli::logging::{self, LogFormat};
use crate::cli::serve::Page;
use crate::{AdminListen, RoomApi, Server};

/// Maximum number of checkpoints that are made of a match, so that a seek need not simulate it from the start. They are in
/// memory.
const CHECKPOINTS_MAX: usize = 500;
/// Minimum number of ticks between two checkpoints. They are simulated in less than 0.1 s.
const CHECKPOINT_TICKS_MIN: usize = 1_000;

/// A replay file, and where it is shown.
#[derive(Args, Clone, Debug)]
pub(super) struct ServeReplayArgs {
    #[command(flatten)]
    file: FileArgs,
    /// Address to listen on. Port 0 selects a free port, which is printed
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Serve the page from this folder instead of the embedded files, for development
    #[arg(long, value_name = "FOLDER")]
    web_dir: Option<PathBuf>,
}

impl ServeReplayArgs {
    /// Verifies the file, and serves its match until a signal arrives. There are no rooms.
    pub(super) fn serve<S: Simulation>(&self, name: &str, page: Page) -> Result<String, ReplayError> {
        let _log = logging::init(LogFormat::Text);
        let (id, history) = self.history::<S>()?;
        let server = Server::<S>::builder()
            .listen(self.listen)
            .admin_listen(AdminListen::Off)
            .assets(page.assets(self.web_dir.clone())?)
            .room_api(RoomApi::Off)
            .replays_only(Arc::new(history))
            .shutdown_on_signals();
        server.run_with(|server| println!("{name} shows the match at {}/?replay={id}", server.url()))?;
        Ok("stopped".to_owned())
    }

    /// Simulates the match, and divides it at checkpoints.
    fn history<S: Simulation>(&self) -> Result<(MatchId, MemoryHistory), ReplayError> {
        let file = &self.file.file;
        let bytes = read(file).map_err(|source| ReplayError::File { file: file.clone(), source })?;
        let history = ReplayFile::decode(&bytes).and_then(|decoded| divide::<S>(&decoded));
        history.map_err(|source| ReplayError::Replay { file: file.clone(), source })
    }
}

/// The segments of a match that have been simulated so far.
struct Division {
    id: MatchId,
    segments: Vec<Segment>,
    journal: Vec<u8>,
    markers: Vec<Marker>,
}

/// Verifies the match of a file, and divides the match at checkpoints. Does not verify a tick in which the rules panic.
fn divide<S: Simulation>(file: &ReplayFile<'_>) -> Result<(MatchId, MemoryHistory), ReplayFileError> {
    let interval = file.ticks().div_ceil(CHECKPOINTS_MAX).max(CHECKPOINT_TICKS_MIN) as u32;
    let id = MatchId(file.match_id());
    let mut division = Division { id, segments: Vec::new(), journal: Vec::new(), markers: Vec::new() };
    let end = file.simulate::<S>(|replay, entries| {
        let checkpointed = division.segments.last().map(|segment| segment.tick);
        division.extend(replay, entries);
        if checkpointed.is_none_or(|tick| replay.tick().0.wrapping_sub(tick) >= interval) {
            division.push_checkpoint(replay);
        }
    })?;
    division.push_checkpoint(&end);
    let history = MemoryHistory::default();
    let markers = codec::encode(&division.markers);
    history.add(id, end.name().to_string(), division.segments, markers);
    Ok((id, history))
}

impl Division {
    fn extend<S: Simulation>(&mut self, replay: &mut Replay<S>, entries: &[u8]) {
        replay.record_markers();
        self.journal.extend_from_slice(entries);
        self.markers.extend(replay.take_markers());
        self.markers.drain(..self.markers.len().saturating_sub(MARKERS_MAX));
    }

    fn push_checkpoint<S: Simulation>(&mut self, replay: &Replay<S>) {
        let sequence = self.segments.len() as u64;
        let journal = std::mem::take(&mut self.journal);
        if let Some(previous) = self.segments.last_mut().filter(|_| !journal.is_empty()) {
            previous.journal = Some(JournalPart::new(self.id, sequence, journal));
        }
        let checkpoint = Checkpoint::new(self.id, sequence, replay.checkpoint());
        self.segments.push(Segment { tick: replay.tick().0, checkpoint, journal: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_arena::World;
    use tickcast_store::{MatchHistory, MatchKey, SegmentPosition};

    #[test]
    fn a_file_becomes_a_finished_match_whose_last_tick_can_be_reached() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/arena.replay");
        let bytes = std::fs::read(path).expect("the file exists");
        let file = ReplayFile::decode(&bytes).expect("the file is valid");
        let (id, history) = divide::<World>(&file).expect("the match is valid");
        let record = history.find(&MatchKey::Id(id)).expect("readable").expect("the match exists");
        assert!(!record.is_running);
        assert_eq!((record.last_tick - record.first_tick) as usize, file.ticks());
        let segment = |position| history.segment(id, position).expect("readable").expect("a segment");
        let first = segment(SegmentPosition::Tick(record.first_tick));
        let mut replay = Replay::<World>::new(&first.checkpoint.bytes).expect("the checkpoint is valid");
        let mut position = first;
        while let Some(journal) = &position.journal {
            replay.apply(&journal.bytes).expect("the journal is valid");
            position = segment(SegmentPosition::Sequence(journal.sequence));
            let checkpoint = Replay::<World>::new(&position.checkpoint.bytes).expect("the checkpoint is valid");
            assert_eq!((replay.tick().0, replay.hash()), (position.tick, checkpoint.hash()));
        }
        assert_eq!(replay.tick().0, record.last_tick);
    }
}
