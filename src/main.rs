//! The `tickcast` program.

use std::io;
use std::process::ExitCode;

use log::{error, info};
use tickcast::config::{Command, CommandLine, Serve, TicketOptions};
use tickcast::{arena, attack, bots, limits, server};
use tickcast_protocol::arena::Arena;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a command line that makes no sense ends with.
const BAD_USAGE: u8 = 2;

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("info,actix_server=warn")).init();
    let line = CommandLine::read();
    match line.command.unwrap_or(Command::Serve(line.serve)) {
        Command::Serve(options) => serve(options),
        Command::Bots(options) => bots::command::<Arena>(&options),
        Command::Ticket(options) => ticket(options),
        Command::Attack(options) => attack::command::<Arena>(&options),
    }
}

fn ticket(options: TicketOptions) -> ExitCode {
    match options.into_ticket() {
        Ok(ticket) => {
            println!("{}", ticket.as_str());
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("error: {why}");
            BAD_USAGE.into()
        }
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
    if let Some(files) = limits::raise_open_files() {
        info!("up to {files} open files, one for each connection");
    }
    let served = actix_web::rt::System::new().block_on(async {
        let mut signals = Signals::watch()?;
        let (running, server) = server::start::<arena::World>(&options)?;
        println!("tickcast serves http://{}", running.address());
        let mut server = actix_web::rt::spawn(server);
        tokio::select! {
            ended = &mut server => return ended.map_err(io::Error::other)?,
            () = signals.next() => {}
        }
        info!("stopping; a second signal stops at once");
        tokio::select! {
            () = running.stop() => {}
            () = signals.next() => return Err(io::Error::other("stopped without a goodbye")),
        }
        server.await.map_err(io::Error::other)?
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            error!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// What asks a program to stop.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn watch() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
