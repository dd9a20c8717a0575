//! Signals that ask the process to reload its configuration.

use std::io;

/// Stream of the signals that ask the process to reload its configuration: SIGHUP on Unix, none elsewhere.
#[derive(Debug)]
pub struct ReloadSignals {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl ReloadSignals {
    /// Installs the signal handler, so the signal no longer terminates the process. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// Fails if the system refuses the signal handler.
    pub fn listen() -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self { hangup: signal(SignalKind::hangup())? })
        }
        #[cfg(not(unix))]
        {
            Ok(Self {})
        }
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        self.hangup.recv().await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
