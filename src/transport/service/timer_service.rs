//! Checks the timers of all connections of one HTTP worker.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::transport::Connection;

/// Interval between checks. A connection may outlive its deadline by this much.
const INTERVAL: Duration = Duration::from_millis(250);

/// Checks the timers of all connections of one HTTP worker. It runs in a task of its own, because a client can block the
/// task of its connection.
#[derive(Debug, Default)]
pub(super) struct TimerService {
    connections: RefCell<Vec<Weak<Connection>>>,
}

impl TimerService {
    /// Starts the service on this thread. It ends when the last reference to it is dropped.
    pub(super) fn start() -> Rc<Self> {
        let service = Rc::<Self>::default();
        let weak = Rc::downgrade(&service);
        actix_web::rt::spawn(async move {
            loop {
                sleep(INTERVAL).await;
                let Some(service) = weak.upgrade() else { return };
                service.check(Instant::now());
            }
        });
        service
    }

    /// Registers a connection.
    pub(super) fn add(&self, connection: &Rc<Connection>) {
        self.connections.borrow_mut().push(Rc::downgrade(connection));
    }

    /// Aborts expired connections and removes closed ones.
    fn check(&self, now: Instant) {
        self.connections.borrow_mut().retain(|connection| {
            let connection = connection.upgrade();
            if let Some(connection) = &connection {
                connection.timer().check_deadlines(now);
            }
            connection.is_some()
        });
    }
}
