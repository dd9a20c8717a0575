//! Records the errors that all servers of the test process log.

use std::sync::{Mutex, Once, PoisonError};

use log::{LevelFilter, Log, Metadata, Record};

static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Recorder;

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        ERRORS.lock().unwrap_or_else(PoisonError::into_inner).push(record.args().to_string());
    }

    fn flush(&self) {}
}

/// Starts recording. Later calls have no effect.
pub fn start() {
    static START: Once = Once::new();
    START.call_once(|| {
        log::set_logger(&Recorder).expect("no other logger is installed");
        log::set_max_level(LevelFilter::Error);
    });
}

/// The recorded errors that contain this text.
pub fn errors_with(text: &str) -> Vec<String> {
    let errors = ERRORS.lock().unwrap_or_else(PoisonError::into_inner);
    errors.iter().filter(|error| error.contains(text)).cloned().collect()
}
