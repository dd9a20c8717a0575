//! Looks after the deadlines of one HTTP worker's connections.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use super::{Deadlines, Lifeline};

/// How often it looks: a connection may live this much longer than it should.
const INTERVAL: Duration = Duration::from_millis(250);

/// Looks after the deadlines of one HTTP worker's connections. It depends on no connection's own task, which may be stuck.
#[derive(Debug)]
pub struct Watch {
    deadlines: Deadlines,
    lifelines: RefCell<Vec<Weak<Lifeline>>>,
}

impl Watch {
    /// Starts to look, on this thread.
    #[must_use]
    pub fn start(deadlines: Deadlines) -> Rc<Self> {
        let watch = Rc::new(Self { deadlines, lifelines: RefCell::default() });
        let watched = Rc::downgrade(&watch);
        actix_web::rt::spawn(async move {
            loop {
                actix_web::rt::time::sleep(INTERVAL).await;
                let Some(watch) = watched.upgrade() else { return };
                watch.look(Instant::now());
            }
        });
        watch
    }

    /// The lifeline of a new connection.
    pub fn lifeline(&self) -> Rc<Lifeline> {
        let lifeline = Rc::new(Lifeline::new(&self.deadlines, Instant::now()));
        self.lifelines.borrow_mut().push(Rc::downgrade(&lifeline));
        lifeline
    }

    /// Cuts those whose time is up, and forgets those who are gone.
    fn look(&self, now: Instant) {
        self.lifelines.borrow_mut().retain(|lifeline| {
            let lifeline = lifeline.upgrade();
            if let Some(lifeline) = &lifeline {
                lifeline.handle_time(now);
            }
            lifeline.is_some()
        });
    }
}
