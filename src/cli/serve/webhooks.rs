//! Flags about webhooks.

use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::{Secret, SecretError, WebhookOptions, WebhookUrlError};

/// Where webhooks are sent.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Webhooks")]
pub(super) struct WebhookArgs {
    /// URL to which events of rooms (opened, closed with results) are sent with POST requests
    #[arg(long, env = "TICKCAST_WEBHOOK_URL", value_name = "URL", requires = "webhook_secret_file")]
    webhook_url: Option<String>,
    /// File with the secret that signs these requests, at least 32 bytes
    #[arg(long, env = "TICKCAST_WEBHOOK_SECRET_FILE", value_name = "FILE", requires = "webhook_url")]
    webhook_secret_file: Option<PathBuf>,
}

/// The flags about webhooks are invalid. The message does not contain the secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebhookArgsError {
    #[error("--webhook-url: {0}")]
    Url(#[from] WebhookUrlError),
    #[error("--webhook-secret-file: {}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("--webhook-secret-file: {}: {source}", path.display())]
    Secret { path: PathBuf, source: SecretError },
}

impl WebhookArgs {
    /// `None` if no webhooks are sent. A line break at the end of the file is not part of the secret.
    pub(super) fn into_options(self) -> Result<Option<WebhookOptions>, WebhookArgsError> {
        let Some((url, path)) = self.webhook_url.zip(self.webhook_secret_file) else { return Ok(None) };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(WebhookArgsError::Io { path, source }),
        };
        match text.trim_end().parse::<Secret>() {
            Ok(secret) => Ok(Some(WebhookOptions::new(&url, secret)?)),
            Err(source) => Err(WebhookArgsError::Secret { path, source }),
        }
    }
}
