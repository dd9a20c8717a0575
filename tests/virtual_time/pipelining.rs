//! Pipelined HTTP requests.

use std::future::poll_fn;
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};

use crate::client::TestServer;
use crate::memory_server::run;

const REQUEST: &str = "GET /healthz HTTP/1.1\nHost: x\n\n";
const STATUS: &str = "HTTP/1.1 200 OK";

#[test]
fn a_client_that_pipelines_many_requests_does_not_occupy_its_worker() {
    const REQUESTS: usize = 500;
    // Maximum number of requests that the server may answer between two turns of the reading task. The server lets other
    // tasks run after 64 requests. The test tolerates twice as many, because the order of the tasks depends on the
    // scheduler.
    const REQUESTS_PER_TURN: usize = 2 * 64;
    const TURNS_MAX: usize = 1_000;
    run(async {
        let mut server = TestServer::start(|options| options.pipe_bytes = 1 << 20).await;
        let mut pipe = server.server.connect();
        pipe.write_all(REQUEST.repeat(REQUESTS).as_bytes()).await.expect("the pipe is large enough");
        // The reading task and the task of the connection run alternately.
        let responses_by_turn = actix_web::rt::spawn(async move {
            let mut responses = String::new();
            let mut turns = vec![0];
            for _ in 0..TURNS_MAX {
                responses += &read_available(&mut pipe).await;
                turns.push(responses.matches(STATUS).count());
            }
            turns
        });
        let turns = responses_by_turn.await.expect("the task does not panic");
        assert_eq!(turns.last(), Some(&REQUESTS), "all requests are answered");
        let most = turns.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert!(most.is_some_and(|most| most <= REQUESTS_PER_TURN), "{most:?} in one turn");
    });
}

/// Lets every other task that is ready run once, and then reads what is available.
async fn read_available(pipe: &mut (impl AsyncRead + Unpin)) -> String {
    let mut has_waited = false;
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if !std::mem::replace(&mut has_waited, true) {
            return Poll::Pending;
        }
        let mut space = vec![0; 1 << 20];
        let mut bytes = ReadBuf::new(&mut space);
        let _ = std::pin::Pin::new(&mut *pipe).poll_read(cx, &mut bytes);
        Poll::Ready(String::from_utf8_lossy(bytes.filled()).into_owned())
    })
    .await
}
