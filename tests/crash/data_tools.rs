//! Tests of `tickcast data`, while a server runs and after it was killed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use tempfile::TempDir;

use crate::bot::Bot;
use crate::database::recomputed_worlds;
use crate::server_process::ServerProcess;

/// Runs `tickcast data`.
pub fn data(command: &str, folder: &Path, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tickcast"));
    program.args(["data", command, "--data-dir"]).arg(folder).args(arguments).output().expect("the program starts")
}

pub fn check_status(output: &Output, status: i32) {
    assert_eq!(output.status.code(), Some(status), "{output:?}");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("paths are UTF-8")
}

/// Lets a bot play. Runs `action` as soon as the bot has received some snapshots, and kills the server after the bot has
/// received some more.
fn while_a_bot_plays(folder: &Path, action: impl FnOnce()) -> Bot {
    let server = ServerProcess::start(folder, &[]);
    let endpoint = server.endpoint();
    let (sender, received) = mpsc::channel();
    let is_killed = Arc::new(AtomicBool::new(false));
    let is_over = Arc::clone(&is_killed);
    let playing = thread::spawn(move || {
        let mut bot = Bot::new(0, "main");
        bot.play(endpoint, &sender, &is_over);
        bot
    });
    let wait = || (0..20).for_each(|_| assert_eq!(received.recv(), Ok(0), "the bot plays"));
    wait();
    action();
    wait();
    is_killed.store(true, Ordering::Relaxed);
    server.kill();
    playing.join().expect("the bot saw nothing wrong")
}

#[test]
fn a_backup_of_a_running_server_can_be_checked_and_recovered() {
    let folder = TempDir::new().expect("a directory");
    let restored = TempDir::new().expect("a directory");
    let copy = restored.path().join("tickcast.db");
    let mut bot = while_a_bot_plays(folder.path(), || {
        check_status(&data("check", folder.path(), &[]), 0);
        check_status(&data("backup", folder.path(), &[text(&copy)]), 0);
    });
    let content = fs::read(&copy).expect("the backup exists");
    check_status(&data("backup", folder.path(), &[text(&copy)]), 2);
    assert!(fs::read(&copy).expect("the backup exists") == content, "a backup is not overwritten");
    for folder in [folder.path(), restored.path()] {
        let output = data("check", folder, &[]);
        check_status(&output, 0);
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(printed.starts_with("room main (match ") && printed.contains("): continues at tick "), "{printed}");
        assert_eq!(printed.lines().count(), 1, "{printed}");
    }
    // The backup ends at an earlier tick than the database. Up to the last tick of the backup, the backup must contain all
    // ticks for which the bot has received a snapshot.
    let worlds = recomputed_worlds(restored.path());
    let last = *worlds["main"].checksums.last_key_value().expect("the journal has ticks").0;
    bot.forget_after(last);
    assert!(bot.verify(&worlds).expect("the backup has the ticks that were shown") > 0);
    while_a_bot_plays(restored.path(), || ());
}

#[test]
fn history_is_deleted_only_while_no_server_runs() {
    let folder = TempDir::new().expect("a directory");
    check_status(&data("prune", folder.path(), &[]), 2);
    while_a_bot_plays(folder.path(), || {
        let output = data("prune", folder.path(), &["--replay-hours", "0"]);
        check_status(&output, 1);
        assert!(String::from_utf8_lossy(&output.stderr).contains("is in use by process"), "{output:?}");
    });
    let output = data("prune", folder.path(), &["--replay-hours", "0", "--data-max", "0"]);
    check_status(&output, 0);
    check_status(&data("check", folder.path(), &[]), 0);
    while_a_bot_plays(folder.path(), || ());
}

#[test]
fn damage_and_a_missing_database_have_different_exit_statuses() {
    let folder = TempDir::new().expect("a directory");
    check_status(&data("check", folder.path(), &[]), 2);
    check_status(&data("backup", folder.path(), &["copy.db"]), 2);
    while_a_bot_plays(folder.path(), || ());
    let database = rusqlite::Connection::open(folder.path().join("tickcast.db")).expect("the database exists");
    let damage = |sql: &str| database.execute_batch(sql).expect("valid");
    damage("UPDATE journal SET data = zeroblob(length(data) + 1) WHERE sequence = 7");
    let output = data("check", folder.path(), &[]);
    check_status(&output, 1);
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(printed.contains("cannot be recovered: the stored data is damaged"), "{printed}");
    damage("DELETE FROM journal; UPDATE checkpoints SET data = x'00'");
    check_status(&data("check", folder.path(), &[]), 1);
    damage("UPDATE rooms SET set_aside = 'panic at tick 7'");
    // When a server sets a room aside, it also resets the mark of the last commit.
    std::fs::remove_file(folder.path().join("last-commit")).expect("the server has set a mark");
    let output = data("check", folder.path(), &[]);
    check_status(&output, 0);
    assert!(String::from_utf8_lossy(&output.stdout).contains("was set aside (panic at tick 7)"), "{output:?}");
}
