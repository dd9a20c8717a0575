//! The `tickcast` program.

use std::process::ExitCode;

use clap::Parser;
use log::{error, info};
use tickcast::config::{Command, CommandLine, Serve};
use tickcast::{arena, bots, server};
use tickcast_protocol::arena::Arena;
use tokio::signal::unix::{SignalKind, signal};

/// What a command line that makes no sense ends with.
const BAD_USAGE: u8 = 2;

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info,actix_server=warn")).init();
    let line = CommandLine::parse();
    match line.command.unwrap_or(Command::Serve(line.serve)) {
        Command::Serve(options) => serve(options),
        Command::Bots(options) => bots::command::<Arena>(&options),
    }
}

fn serve(options: Serve) -> ExitCode {
    let options = match options.into_options() {
        Ok(options) => options,
        Err(why) => {
            eprintln!("error: {why}\n\nFor more information, try '--help'.");
            return BAD_USAGE.into();
        }
    };
    let served = actix_web::rt::System::new().block_on(async {
        let listen = options.listen;
        let (running, server) =
            server::start::<arena::World>(&options).inspect_err(|why| error!("cannot listen on {listen}: {why}"))?;
        println!("tickcast serves http://{}", running.address());
        let server = actix_web::rt::spawn(server);
        wait_for_signal().await?;
        info!("stopping");
        running.stop().await;
        server.await.map_err(std::io::Error::other)?
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            error!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Waits until somebody wants the server to end.
async fn wait_for_signal() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
