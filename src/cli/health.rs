//! `health`: asks a server whether it serves requests, for health checks of containers that contain no other program.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use ureq::Agent;

/// Maximum time until the server has responded.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The server to ask.
#[derive(Args, Clone, Debug)]
pub(super) struct HealthArgs {
    /// URL to request. `/healthz` tells whether the server serves requests, `/readyz` whether it should get more players
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:9464/healthz")]
    url: String,
}

/// Returns the exit status: 0 if the server responds with a status of success, otherwise 1.
pub(super) fn run(args: &HealthArgs) -> ExitCode {
    let agent: Agent = Agent::config_builder().timeout_global(Some(TIMEOUT)).proxy(None).build().into();
    match agent.get(&args.url).call() {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", args.url);
            ExitCode::FAILURE
        }
    }
}
