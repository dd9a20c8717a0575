//! Flags about the storage of rooms.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;
use tickcast_protocol::RoomName;
use tickcast_store::{Durability, OpenError, SqliteStore, Store};

use crate::OnDiskError;
use crate::cli::retention::RetentionArgs;

/// Flags about the storage of rooms.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Storage")]
pub(super) struct StorageArgs {
    /// Folder of the database in which rooms survive a restart, or `off`: rooms then exist in memory only
    #[arg(long, env = "TICKCAST_DATA_DIR", value_name = "FOLDER|off", default_value = "tickcast-data")]
    data_dir: DataDir,
    /// What rooms survive: `process` (the end of the process, also by `kill -9`), `disk` (a loss of power, too) or `off`
    #[arg(long, env = "TICKCAST_DURABILITY", value_name = "process|disk|off", default_value = "process",
        value_parser = parse_durability)]
    durability: DurabilityArg,
    /// What happens if the disk is full or fails: `continue` in memory, or `stop` the server
    #[arg(long, env = "TICKCAST_ON_DISK_ERROR", value_name = "continue|stop", default_value = "continue",
        value_parser = parse_on_disk_error)]
    on_disk_error: OnDiskError,
    /// Room that exists from the start and never closes; repeatable
    #[arg(long, env = "TICKCAST_PERSISTENT_ROOMS", value_name = "NAME", value_delimiter = ',')]
    persistent_rooms: Vec<RoomName>,
    #[command(flatten)]
    retention: RetentionArgs,
}

#[derive(Clone, Debug)]
enum DataDir {
    Off,
    Folder(PathBuf),
}

impl FromStr for DataDir {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == "off" { Self::Off } else { Self::Folder(text.into()) })
    }
}

#[derive(Clone, Copy, Debug)]
enum DurabilityArg {
    Off,
    Survives(Durability),
}

/// A store, and other files in the same folder.
pub(super) struct OpenedStore {
    pub(super) store: Arc<dyn Store>,
    /// The folder in which the last seconds of rooms are saved after a desync or a panic.
    pub(super) incidents: PathBuf,
    /// The file in which bans are stored.
    pub(super) ban_file: PathBuf,
}

impl StorageArgs {
    pub(super) const fn on_disk_error(&self) -> OnDiskError {
        self.on_disk_error
    }

    pub(super) fn persistent_rooms(&self) -> &[RoomName] {
        &self.persistent_rooms
    }

    /// Opens the database, unless storage is off.
    pub(super) fn open(&self) -> Result<Option<OpenedStore>, OpenError> {
        let (DataDir::Folder(folder), DurabilityArg::Survives(durability)) = (&self.data_dir, self.durability) else {
            return Ok(None);
        };
        // Other users of this machine must not be able to read the database. It contains the states of random number
        // generators, from which these users could predict the games.
        tickcast_platform::create_private_folder(folder)
            .map_err(|source| OpenError::Directory { directory: folder.clone(), source })?;
        let store = SqliteStore::open_with_history(folder, durability, self.retention.retention())?;
        Ok(Some(OpenedStore {
            store: Arc::new(store),
            incidents: folder.join("incidents"),
            ban_file: folder.join("bans.json"),
        }))
    }
}

fn parse_durability(text: &str) -> Result<DurabilityArg, &'static str> {
    match text {
        "process" => Ok(DurabilityArg::Survives(Durability::Process)),
        "disk" => Ok(DurabilityArg::Survives(Durability::Disk)),
        "off" => Ok(DurabilityArg::Off),
        _ => Err("expected process, disk or off"),
    }
}

fn parse_on_disk_error(text: &str) -> Result<OnDiskError, &'static str> {
    match text {
        "continue" => Ok(OnDiskError::Continue),
        "stop" => Ok(OnDiskError::Stop),
        _ => Err("expected continue or stop"),
    }
}
