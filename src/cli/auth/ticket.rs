//! `ticket`: issues a ticket.

use std::process::ExitCode;

use clap::Args;
use tickcast_protocol::{PlayerName, RoomName, Team, Ticket};

use super::{KeyFile, KeyFileError};
use crate::admission::tickets::now_s;
use crate::cli::{INVALID_ARGUMENTS, SecretParser};
use crate::{Audience, Claims, IssueError, Secret, SigningKey, Subject, TicketIssuer, TicketOptions};

/// The key and the claims of a ticket.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct TicketArgs {
    /// The secret of the server
    #[arg(long, env = "TICKCAST_AUTH_SECRET", value_name = "SECRET", hide_env_values = true, value_parser = SecretParser,
        required_unless_present = "auth_key")]
    auth_secret: Option<Secret>,
    /// File with the key that the server knows as `KID`: an Ed25519 private key in PEM (PKCS #8), or a secret. Takes precedence
    /// over --auth-secret
    #[arg(long, value_name = "KID=FILE")]
    auth_key: Option<KeyFile>,
    /// The player's name
    #[arg(long, value_name = "NAME", value_parser = |text: &str| PlayerName::try_from(text.to_owned()))]
    name: PlayerName,
    /// The user that the ticket is issued to
    #[arg(long, value_name = "ID")]
    subject: Option<Subject>,
    /// The room that the ticket is for [default: any]
    #[arg(long, value_name = "ROOM")]
    room: Option<RoomName>,
    /// The team that the player joins [default: any]
    #[arg(long, value_name = "N")]
    team: Option<u8>,
    /// The server that the ticket is for: its `--ticket-audience`
    #[arg(long, value_name = "NAME")]
    audience: Option<Audience>,
    /// Permit watching as a spectator
    #[arg(long)]
    spectate: bool,
    /// Permit creating a room
    #[arg(long)]
    create: bool,
    /// Do not permit playing
    #[arg(long)]
    no_play: bool,
    /// Validity in seconds. Servers also limit the time since the issue with --ticket-window
    #[arg(long, value_name = "SECONDS", default_value_t = TicketOptions::WINDOW.as_secs())]
    valid: u64,
}

#[derive(Debug, thiserror::Error)]
enum TicketArgsError {
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    #[error(transparent)]
    Issue(#[from] IssueError),
}

/// Prints a ticket.
pub(in crate::cli) fn run(args: TicketArgs) -> ExitCode {
    match args.issue() {
        Ok(ticket) => {
            println!("{}", ticket.as_str());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            INVALID_ARGUMENTS.into()
        }
    }
}

impl TicketArgs {
    fn issue(self) -> Result<Ticket, TicketArgsError> {
        let issuer = match (self.auth_key, self.auth_secret) {
            (Some(file), _) => TicketIssuer::new(Some(file.id.clone()), file.read::<SigningKey>()?),
            (None, secret) => TicketIssuer::new(None, secret.expect("clap requires a secret or a key")),
        };
        let issued_s = now_s();
        let claims = Claims {
            subject: self.subject,
            room: self.room,
            team: self.team.map(Team),
            audience: self.audience,
            play: !self.no_play,
            spectate: self.spectate,
            create: self.create,
            ..Claims::new(self.name, issued_s, issued_s.saturating_add(self.valid))
        };
        Ok(issuer.issue(&claims)?)
    }
}
