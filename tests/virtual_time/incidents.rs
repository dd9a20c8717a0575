//! Replay files that are saved after a desync.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tickcast::actors::room::incidents::{DESYNC_INTERVAL, Incidents};
use tickcast::store::{MemoryStore, Store};
use tickcast_arena::World;
use tickcast_protocol::ClientMessage;
use tickcast_room::ReplayFile;

use crate::client::TestServer;
use crate::memory_server::run;

const SECOND: Duration = Duration::from_secs(1);

/// Names and contents of the files in a folder, sorted by name.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let read = |path: &Path| fs::read(path).expect("the file is readable");
    let entries = entries.map(|entry| entry.expect("the folder is readable"));
    let mut files: Vec<_> = entries.map(|it| (it.file_name().to_string_lossy().into_owned(), read(&it.path()))).collect();
    files.sort();
    files
}

/// Starts a server that saves incidents in this folder.
async fn start(folder: &Path, store: Option<Arc<dyn Store>>) -> (TestServer, Arc<Incidents>) {
    let incidents = Arc::new(Incidents::new(folder.to_owned()));
    let server = TestServer::start(|options| {
        options.store = store;
        options.incidents = Some(Arc::clone(&incidents));
    });
    (server.await, incidents)
}

#[test]
fn the_last_ten_seconds_before_a_desync_are_saved_at_most_every_ten_minutes() {
    run(async {
        let directory = TempDir::new().expect("a folder");
        let folder = directory.path().join("incidents");
        let (mut server, incidents) = start(&folder, Some(Arc::new(MemoryStore::default()))).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND * 35).await;
        for _ in 0..3 {
            client.send(&ClientMessage::Resync).await;
            client.play(SECOND * 2).await;
        }
        incidents.flush();
        let saved = files(&folder);
        let [(name, bytes)] = saved.as_slice() else { panic!("one file: {saved:?}") };
        assert!(name.starts_with("desync-test-") && name.ends_with(".replay"), "{name}");
        let file = ReplayFile::decode(bytes).expect("the file is valid");
        assert!((200..=400).contains(&file.ticks()), "{} ticks", file.ticks());
        let replay = file.verify::<World>().expect("the match is reproduced");
        assert!((699..=702).contains(&replay.tick().0), "{:?}", replay.tick());
        client.play(DESYNC_INTERVAL).await;
        client.send(&ClientMessage::Resync).await;
        client.play(SECOND).await;
        incidents.flush();
        assert_eq!(files(&folder).len(), 2);
    });
}

#[test]
fn a_room_that_is_not_stored_is_not_saved() {
    run(async {
        let directory = TempDir::new().expect("a folder");
        let (mut server, incidents) = start(directory.path(), None).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        client.send(&ClientMessage::Resync).await;
        client.play(SECOND).await;
        incidents.flush();
        assert_eq!(files(directory.path()), []);
    });
}
