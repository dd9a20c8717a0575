//! Cost of the server relative to the cost of the operating system's kernel: `cargo bench --bench fanout -- --clients 1000`.
//!
//! Two servers take turns on one core, while a second core runs their clients:
//!
//! - **tickcast**: the real server with real bots that move about an empty world;
//! - the **floor**: a minimal epoll server, as a lower bound. For each client and tick it reads the inputs that have arrived and
//!   writes one prepared frame, whose length is that of tickcast's mean frame. It has no WebSocket, no game and no second thread.
//!
//! With `--inputs-per-second 20`, the clients of both servers send inputs like players who aim with a mouse. The inputs of all
//! clients are evenly spread over time. `--clients 200,500,1000 --plot FILE` draws the results over the number of clients, and
//! `--idle` measures the latency of the only player of an idle server.
//!
//! With `--durability process`, each round also measures tickcast with stored rooms, and the summary shows how much the
//! storing adds to the cost of a snapshot.
//!
//! Both servers are child processes. The cost of a snapshot is the CPU time of the child, in user and kernel mode, divided
//! by the number of snapshots that arrived. The ratio of the two costs shows how much tickcast adds to the cost of the
//! operating system's kernel.

#[cfg(target_os = "linux")]
mod linux;

use std::process::ExitCode;

fn main() -> ExitCode {
    // `cargo bench` passes `--bench`. `cargo test --benches` does not: it only checks that the benchmark starts.
    if !std::env::args().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    run()
}

#[cfg(target_os = "linux")]
fn run() -> ExitCode {
    linux::run()
}

#[cfg(not(target_os = "linux"))]
fn run() -> ExitCode {
    eprintln!("error: the fanout benchmark runs on Linux only: it uses epoll, CPU affinity and /proc");
    ExitCode::FAILURE
}
