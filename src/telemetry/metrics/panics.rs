//! Counter of panics anywhere in the process. A panic ends one room, session or other task.

use std::panic::{self, PanicHookInfo};
use std::sync::LazyLock;
use std::thread;

use log::error;
use prometheus_client::metrics::counter::Counter;

/// Counts panics. The first use installs a panic hook that counts and logs each panic, and then calls the previous hook.
static PANICS: LazyLock<Counter> = LazyLock::new(|| {
    let panics = Counter::default();
    let (counter, previous_hook) = (panics.clone(), panic::take_hook());
    panic::set_hook(Box::new(move |info| {
        counter.inc();
        log(info);
        previous_hook(info);
    }));
    panics
});

/// The number of panics in this process since this function was first called.
pub(super) fn counter() -> Counter {
    PANICS.clone()
}

fn log(info: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let (name, message) = (thread.name().unwrap_or("<unnamed>"), info.payload_as_str().unwrap_or("<no message>"));
    match info.location() {
        Some(location) => error!("panic at {location}, thread {name}: {message}"),
        None => error!("panic, thread {name}: {message}"),
    }
}
