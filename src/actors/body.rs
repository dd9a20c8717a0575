//! What flows to a client: what its session says, then ready-framed snapshots from a bounded outbox.
//!
//! The session stays an ordinary `WebsocketContext` actor. Its stream is polled first, for pongs and the close frame; the
//! snapshots go past its context, whose queue is unbounded and cannot be seen.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::Stream;

/// The most bytes an outbox holds. A single message may be larger: a reset that shows everything.
const BYTES_MAX: usize = 64 << 10;
/// The most messages an outbox holds: four seconds of small ones at 60 ticks a second.
const MESSAGES_MAX: usize = 256;

/// The bounded queue of one session's ready frames, between relay and response body, and whether the session's actor has asked to
/// be polled: most wake-ups are for a snapshot, and polling it would find nothing. Frames never leave their thread, calls come
/// from any; they are kept together because each snapshot would otherwise fetch two distant pieces of memory.
#[derive(Debug, Default)]
pub struct Outbox(Mutex<Queue>);

#[derive(Debug)]
struct Queue {
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// Nothing leaves before the welcome.
    is_open: bool,
    /// A frame was dropped, so that only one that starts anew may follow.
    is_broken: bool,
    actor_calls: bool,
    /// The connection's task.
    task: Waker,
}

impl Default for Queue {
    fn default() -> Self {
        let task = Waker::noop().clone();
        Self { frames: VecDeque::new(), bytes: 0, is_open: false, is_broken: false, actor_calls: true, task }
    }
}

/// The most bytes handed to the connection at once. Together with its [flush threshold](crate::transport) this keeps its
/// write buffer within what it starts with, and half of that untouched; otherwise one long reset would leave it larger for good.
const PIECE_BYTES_MAX: usize = 2 << 10;

/// Bytes of the response's body, or why there are no more.
type Said = Result<Bytes, actix_web::Error>;

/// What became of a frame that was put into an outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It will be sent.
    Taken,
    /// It was dropped, the first one: the room must be told.
    Overrun,
    /// It was dropped like those before it.
    Dropped,
}

/// Whose turn it is to say something.
#[derive(Debug)]
enum Turn {
    /// The actor's, if it has something to say.
    Actor,
    /// A frame that was ready.
    Frame(Bytes),
}

impl Outbox {
    /// Lets frames flow, the welcome first.
    pub fn open(&self, welcome: Bytes) {
        let mut queue = self.queue();
        queue.bytes += welcome.len();
        queue.frames.push_front(welcome);
        queue.is_open = true;
        queue.task.wake_by_ref();
    }

    /// Puts a frame in, or drops it. `starts_anew` says that it does not build on the frames before it.
    pub fn push(&self, frame: Bytes, starts_anew: bool) -> Pushed {
        let mut queue = self.queue();
        if queue.is_broken && !starts_anew {
            return Pushed::Dropped;
        }
        let is_full = queue.bytes + frame.len() > BYTES_MAX || queue.frames.len() >= MESSAGES_MAX;
        if is_full && !queue.frames.is_empty() {
            queue.is_broken = true;
            return Pushed::Overrun;
        }
        queue.is_broken = false;
        queue.bytes += frame.len();
        queue.frames.push_back(frame);
        queue.task.wake_by_ref();
        Pushed::Taken
    }

    /// Drops everything that waits: the connection is about to end.
    pub fn clear(&self) {
        let mut queue = self.queue();
        queue.frames.clear();
        queue.bytes = 0;
    }

    fn poll_turn(&self, cx: &Context<'_>) -> Poll<Turn> {
        let mut queue = self.queue();
        queue.task.clone_from(cx.waker());
        if std::mem::take(&mut queue.actor_calls) {
            return Poll::Ready(Turn::Actor);
        }
        queue.poll_pop().map(Turn::Frame)
    }

    fn poll_frame(&self) -> Poll<Bytes> {
        self.queue().poll_pop()
    }

    /// The actor is to be polled next time, too.
    fn call_actor(&self) {
        self.queue().actor_calls = true;
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn poll_pop(&mut self) -> Poll<Bytes> {
        let Some(frame) = self.frames.pop_front_if(|_| self.is_open) else { return Poll::Pending };
        self.bytes -= frame.len();
        Poll::Ready(frame)
    }
}

/// The actor calls.
impl Wake for Outbox {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut queue = self.queue();
        queue.actor_calls = true;
        queue.task.wake_by_ref();
    }
}

/// The body of a session's response.
pub struct SessionBody<A> {
    actor: Pin<Box<A>>,
    outbox: Arc<Outbox>,
    /// What is left of a frame that has begun; nothing may come in between.
    begun: Bytes,
}

impl<A: Stream<Item = Said>> SessionBody<A> {
    /// Joins what the session's actor says with its outbox.
    pub fn new(actor: A, outbox: Arc<Outbox>) -> Self {
        Self { actor: Box::pin(actor), outbox, begun: Bytes::new() }
    }

    fn begin(&mut self, frame: Bytes) -> Said {
        self.begun = frame;
        Ok(self.next_piece())
    }

    fn next_piece(&mut self) -> Bytes {
        let length = self.begun.len().min(PIECE_BYTES_MAX);
        self.begun.split_to(length)
    }

    fn poll_actor(&mut self) -> Poll<Option<Said>> {
        let waker = Waker::from(Arc::clone(&self.outbox));
        let polled = self.actor.as_mut().poll_next(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            self.outbox.call_actor();
        }
        polled
    }
}

impl<A: Stream<Item = Said>> Stream for SessionBody<A> {
    type Item = Said;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Said>> {
        if !self.begun.is_empty() {
            return Poll::Ready(Some(Ok(self.next_piece())));
        }
        let frame = match ready!(self.outbox.poll_turn(cx)) {
            Turn::Frame(frame) => frame,
            Turn::Actor => match self.poll_actor() {
                Poll::Pending => ready!(self.outbox.poll_frame()),
                said_or_ended => return said_or_ended,
            },
        };
        Poll::Ready(Some(self.begin(frame)))
    }
}

/// The longest header of a frame that servers send.
pub const FRAME_HEADER_BYTES_MAX: usize = 10;

/// Appends a whole binary frame, unmasked as servers send them (RFC 6455, section 5.2).
pub fn frame_binary(payload: &[u8], frames: &mut BytesMut) {
    const FINAL_BINARY: u8 = 0x82;
    frames.put_u8(FINAL_BINARY);
    match payload.len() {
        short @ 0..=125 => frames.put_u8(short as u8),
        medium @ 126..=0xffff => {
            frames.put_u8(126);
            frames.put_u16(medium as u16);
        }
        long => {
            frames.put_u8(127);
            frames.put_u64(long as u64);
        }
    }
    frames.put_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn frame(length: usize) -> Bytes {
        vec![0; length].into()
    }

    fn pop(outbox: &Outbox) -> Option<usize> {
        match outbox.poll_frame() {
            Poll::Ready(frame) => Some(frame.len()),
            Poll::Pending => None,
        }
    }

    #[test]
    fn the_welcome_comes_first() {
        let outbox = Outbox::default();
        assert_eq!(outbox.push(frame(5), true), Pushed::Taken);
        assert_eq!(pop(&outbox), None);
        outbox.open(frame(7));
        assert_eq!((pop(&outbox), pop(&outbox), pop(&outbox)), (Some(7), Some(5), None));
    }

    #[test]
    fn a_hole_is_followed_only_by_a_new_start() {
        let outbox = Outbox::default();
        outbox.open(frame(1));
        assert_eq!(outbox.push(frame(BYTES_MAX), true), Pushed::Overrun);
        assert_eq!(outbox.push(frame(1), false), Pushed::Dropped);
        pop(&outbox);
        assert_eq!(outbox.push(frame(1), false), Pushed::Dropped);
        assert_eq!(outbox.push(frame(2 * BYTES_MAX), true), Pushed::Taken, "an empty outbox takes any one message");
    }

    #[test]
    fn the_number_of_messages_is_bounded() {
        let outbox = Outbox::default();
        assert_eq!((0..1000).filter(|_| outbox.push(frame(1), false) == Pushed::Taken).count(), MESSAGES_MAX);
    }

    #[test]
    fn the_bytes_that_wait_are_bounded() {
        const FRAME_BYTES: usize = 1 << 10;
        let outbox = Outbox::default();
        let pushed: Vec<_> = (0..1000).map(|_| outbox.push(frame(FRAME_BYTES), false)).collect();
        assert_eq!(pushed.iter().position(|pushed| *pushed != Pushed::Taken), Some(BYTES_MAX / FRAME_BYTES));
        assert_eq!(outbox.queue().bytes, BYTES_MAX);
        assert_eq!(outbox.queue().frames.iter().map(Bytes::len).sum::<usize>(), BYTES_MAX);
    }

    #[test]
    fn a_long_frame_comes_in_pieces_and_nothing_in_between() {
        let outbox = Arc::<Outbox>::default();
        outbox.open(frame(2 * PIECE_BYTES_MAX + 1));
        let pong = std::iter::repeat_n((), 2).map(|()| Ok(frame(3)));
        let mut body = SessionBody::new(futures_util::stream::iter(pong).chain(futures_util::stream::pending()), outbox);
        let mut lengths = Vec::new();
        while let Poll::Ready(Some(Ok(piece))) = Pin::new(&mut body).poll_next(&mut Context::from_waker(Waker::noop())) {
            lengths.push(piece.len());
        }
        assert_eq!(lengths, [3, 3, PIECE_BYTES_MAX, PIECE_BYTES_MAX, 1]);
    }

    /// A task that counts how often it is woken.
    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_actor_is_polled_only_when_it_asks_and_every_call_wakes_the_task() {
        let polls = Rc::new(Cell::new(0));
        let asks: Rc<RefCell<Option<Waker>>> = Rc::default();
        let actor = futures_util::stream::poll_fn({
            let (polls, asks) = (Rc::clone(&polls), Rc::clone(&asks));
            move |cx| {
                polls.set(polls.get() + 1);
                *asks.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
        });
        let outbox = Arc::<Outbox>::default();
        outbox.open(frame(1));
        let mut body = SessionBody::new(actor, Arc::clone(&outbox));
        let task = Arc::<Task>::default();
        let waker = Waker::from(Arc::clone(&task));
        let mut poll = || Pin::new(&mut body).poll_next(&mut Context::from_waker(&waker)).is_ready();
        assert_eq!((poll(), poll(), polls.get()), (true, false, 1));
        outbox.push(frame(1), false);
        assert_eq!((poll(), poll(), polls.get()), (true, false, 1));
        for call in 1..=3 {
            let woken = task.0.load(Ordering::Relaxed);
            asks.borrow().as_ref().expect("it was polled").wake_by_ref();
            assert_eq!(task.0.load(Ordering::Relaxed), woken + 1);
            assert_eq!((poll(), poll(), polls.get()), (false, false, 1 + call));
        }
    }

    #[test]
    fn frames_declare_their_length() {
        for (length, header) in [(5, 2), (125, 2), (126, 4), (0xffff, 4), (0x1_0000, 10)] {
            let mut frames = BytesMut::new();
            frame_binary(&vec![9; length], &mut frames);
            assert_eq!(frames.len(), header + length);
        }
    }
}
