//! `tickcast ticket`: issues a ticket.

use std::process::ExitCode;

use clap::Args;
use tickcast_protocol::{PlayerName, RoomName, Ticket};

use super::{INVALID_ARGUMENTS, SecretParser};
use crate::admission::tickets::now_s;
use crate::{Claims, ClaimsError, Nonce, Secret, Tickets};

/// The claims of a ticket.
#[derive(Args, Clone, Debug)]
pub(super) struct TicketArgs {
    /// The secret of the server
    #[arg(long, env = "TICKCAST_AUTH_SECRET", value_name = "SECRET", hide_env_values = true, value_parser = SecretParser)]
    auth_secret: Secret,
    /// The player's name
    #[arg(long, value_name = "NAME", value_parser = |text: &str| PlayerName::try_from(text.to_owned()))]
    name: PlayerName,
    /// The room that the ticket admits to [default: any]
    #[arg(long, value_name = "ROOM")]
    room: Option<RoomName>,
    /// Validity in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600,
        value_parser = clap::value_parser!(u64).range(1..=Tickets::VALID_S_MAX))]
    valid: u64,
}

/// Prints a ticket.
pub(super) fn run(args: TicketArgs) -> ExitCode {
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
    fn issue(self) -> Result<Ticket, ClaimsError> {
        let claims = Claims { room: self.room, name: self.name, expires_s: now_s() + self.valid, nonce: Nonce::random() };
        Tickets::new(self.auth_secret).issue(&claims)
    }
}
