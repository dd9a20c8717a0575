//! Looks after the deadlines of one HTTP worker's connections.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use super::Connection;

/// How often it looks: a connection may live this much longer than it should.
const INTERVAL: Duration = Duration::from_millis(250);

/// Looks after the deadlines of one HTTP worker's connections. It depends on no connection's own task, which may be stuck.
#[derive(Debug, Default)]
pub struct Watch {
    connections: RefCell<Vec<Weak<Connection>>>,
}

impl Watch {
    /// Starts to look, on this thread.
    #[must_use]
    pub fn start() -> Rc<Self> {
        let watch = Rc::<Self>::default();
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

    /// Looks after one more.
    pub(super) fn add(&self, connection: &Rc<Connection>) {
        self.connections.borrow_mut().push(Rc::downgrade(connection));
    }

    /// Cuts those whose time is up, and forgets those who are gone.
    fn look(&self, now: Instant) {
        self.connections.borrow_mut().retain(|connection| {
            let connection = connection.upgrade();
            if let Some(connection) = &connection {
                connection.lifeline().handle_time(now);
            }
            connection.is_some()
        });
    }
}
