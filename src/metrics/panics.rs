//! Panics, wherever in the process they happen: none of them should, and each has ended something.

use std::panic::{self, PanicHookInfo};
use std::sync::LazyLock;
use std::thread;

use log::error;
use prometheus_client::metrics::counter::Counter;

/// From the first look at it on, a hook counts and logs them, and then does what was done before.
static PANICS: LazyLock<Counter> = LazyLock::new(|| {
    let panics = Counter::default();
    let (counted, former) = (panics.clone(), panic::take_hook());
    panic::set_hook(Box::new(move |info| {
        counted.inc();
        log(info);
        former(info);
    }));
    panics
});

/// Counts the panics of this process from now on.
pub(super) fn panics() -> Counter {
    PANICS.clone()
}

fn log(info: &PanicHookInfo<'_>) {
    let current = thread::current();
    let (thread, why) = (current.name().unwrap_or("without a name"), info.payload_as_str().unwrap_or("no words"));
    match info.location() {
        Some(place) => error!("panic at {place}, thread {thread}: {why}"),
        None => error!("panic, thread {thread}: {why}"),
    }
}
