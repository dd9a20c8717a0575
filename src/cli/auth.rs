//! Tickets on the command line: flags about those that the server accepts, and the subcommand that issues them.

pub(super) mod ticket;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;

use super::SecretParser;
use crate::{Audience, KeyError, KeyId, Secret, TicketOptions};

/// Maximum of `--ticket-window`, in seconds. The longer the window, the longer the server has to remember used tickets.
const WINDOW_S_MAX: u64 = 3_600;

/// Which tickets the server accepts.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Tickets")]
pub(super) struct AuthArgs {
    /// Secret that signs tickets (HS256), at least 32 bytes. If it is set, clients need a ticket. Other users of this machine
    /// can see flags, so prefer the environment variable
    #[arg(long, env = "TICKCAST_AUTH_SECRET", value_name = "SECRET", hide_env_values = true, value_parser = SecretParser)]
    auth_secret: Option<Secret>,
    /// File with a key for tickets that name the key `KID`: an Ed25519 public key in PEM, or a secret; repeatable. If it is
    /// set, clients need a ticket
    #[arg(long, env = "TICKCAST_AUTH_KEY", value_name = "KID=FILE", value_delimiter = ',')]
    auth_key: Vec<KeyFile>,
    /// How long a ticket is accepted after its issue
    #[arg(long, env = "TICKCAST_TICKET_WINDOW", value_name = "SECONDS", default_value_t = TicketOptions::WINDOW.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=WINDOW_S_MAX))]
    ticket_window: u64,
    /// Name of this server in tickets. Tickets for other servers are rejected, so a ticket cannot be used again elsewhere
    #[arg(long, env = "TICKCAST_TICKET_AUDIENCE", value_name = "NAME")]
    ticket_audience: Option<Audience>,
}

/// The name of a key, and the file that contains it.
#[derive(Clone, Debug)]
pub(super) struct KeyFile {
    pub(super) id: KeyId,
    path: PathBuf,
}

/// A key file cannot be read, or does not contain a suitable key. The message does not contain the key.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeyFileError {
    #[error("--auth-key: {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("--auth-key: {}: {source}", path.display())]
    Key { path: PathBuf, source: KeyError },
}

impl AuthArgs {
    /// The options on tickets; `None` if clients need no ticket.
    pub(super) fn into_options(self) -> Result<Option<TicketOptions>, KeyFileError> {
        let mut options = TicketOptions::default();
        options.keys.extend(self.auth_secret.map(|secret| (None, secret.into())));
        for file in self.auth_key {
            let key = file.read()?;
            options.keys.insert(Some(file.id), key);
        }
        options.audience = self.ticket_audience;
        options.window = Duration::from_secs(self.ticket_window);
        Ok(Some(options).filter(|options| !options.keys.is_empty()))
    }
}

impl KeyFile {
    pub(super) fn read<K: FromStr<Err = KeyError>>(&self) -> Result<K, KeyFileError> {
        let path = || self.path.clone();
        let text = std::fs::read_to_string(&self.path).map_err(|source| KeyFileError::Io { path: path(), source })?;
        text.parse().map_err(|source| KeyFileError::Key { path: path(), source })
    }
}

impl FromStr for KeyFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, path) = text.split_once('=').ok_or("a key is given as KID=FILE")?;
        let id = id.parse().map_err(|error| format!("the name of the key: {error}"))?;
        Ok(Self { id, path: path.into() })
    }
}
