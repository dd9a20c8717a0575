//! Flags about operation: the log, and the operator page.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::cli::logging::LogFormat;
use crate::{Secret, SecretError};

/// How the server is operated.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Operation")]
pub(super) struct OperationArgs {
    /// Format of the log: `text`, or `json` with one object per line
    #[arg(long, env = "TICKCAST_LOG_FORMAT", value_name = "text|json", default_value = "text")]
    log_format: LogFormat,
    /// File with the token for the operator page, at least 32 bytes. If it is set, `/admin/` at the address for metrics is a page
    /// that shows rooms and players, and can pause and close rooms, kick and ban
    #[arg(long, env = "TICKCAST_OPERATOR_TOKEN_FILE", value_name = "FILE")]
    operator_token_file: Option<PathBuf>,
}

/// The file with the token cannot be used. The message does not contain the token.
#[derive(Debug, thiserror::Error)]
pub(super) enum OperatorTokenError {
    #[error("--operator-token-file: {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("--operator-token-file: {}: {source}", path.display())]
    Token { path: PathBuf, source: SecretError },
}

impl OperationArgs {
    pub(super) const fn log_format(&self) -> LogFormat {
        self.log_format
    }

    /// `None` if there is no operator page. A line break at the end of the file is not part of the token.
    pub(super) fn into_token(self) -> Result<Option<Secret>, OperatorTokenError> {
        let Some(path) = self.operator_token_file else { return Ok(None) };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(OperatorTokenError::Io { path, source }),
        };
        text.trim_end().parse().map(Some).map_err(|source| OperatorTokenError::Token { path, source })
    }
}
