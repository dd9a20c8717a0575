//! Handling inputs, from the bytes of a connection to the queue of the room.

use divan::Bencher;
use divan::counter::ItemsCount;
use tickcast_arena::{Arena, Controls};
use tickcast_protocol::{ClientMessage, Input, codec};
use tokio::io::AsyncWriteExt;
use tokio::task::yield_now;

use crate::client::{Client, TestServer};
use crate::memory_server;
use crate::memory_server::websocket::{BINARY, frame};

/// Number of tasks that the runtime runs between two polls of the benchmark's own task.
const TASKS_PER_POLL: u16 = 61;

/// Handles one input of each client. This includes everything from reading the bytes of the input from an in-memory pipe
/// until the input is in the room's queue. It does not include system calls of sockets. The throughput is in inputs per
/// second.
#[divan::bench(args = [1, 100, 1_000], sample_count = 100, sample_size = 1)]
fn handle_input(bencher: Bencher<'_, '_>, count: u16) {
    let system = memory_server::system();
    let mut server = system.block_on(TestServer::start(|options| options.room.seats = count));
    let mut clients = Vec::new();
    for number in 0..count {
        clients.push(system.block_on(server.join(&format!("player {number}"))));
    }
    let clients = std::cell::RefCell::new(clients);
    bencher
        .counter(ItemsCount::new(count))
        .with_inputs(|| system.block_on(next_frames(&mut clients.borrow_mut())))
        .bench_local_values(|frames| system.block_on(send(&mut clients.borrow_mut(), &frames)));
    let inputs = server.server.metrics.inputs.get();
    assert!(inputs >= 99 * u64::from(count), "the server has handled the inputs: {inputs}");
}

/// Lets each client receive a tick. Returns the next input of each client as a frame.
async fn next_frames(clients: &mut [Client]) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for client in clients {
        client.snapshot().await;
        let tick = client.now();
        let input = Input { tick: tick.next(), acknowledged: tick, controls: Controls::default() };
        frames.push(frame(BINARY, &codec::encode_client(&ClientMessage::<Arena>::Input(input))));
    }
    frames
}

/// Sends the frames, and waits until the server has handled them.
async fn send(clients: &mut [Client], frames: &[Vec<u8>]) {
    for (client, frame) in clients.iter_mut().zip(frames) {
        client.wire.pipe.write_all(frame).await.expect("the connection is open");
    }
    for _ in 0..frames.len() as u16 / TASKS_PER_POLL + 4 {
        yield_now().await;
    }
}
