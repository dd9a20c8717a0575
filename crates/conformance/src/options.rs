//! Command-line options of `conformance`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::Rule;

/// Options of an examination.
#[derive(Args, Clone, Debug)]
pub struct ConformanceOptions {
    /// Address on which to wait for the client
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// Rules to leave out, separated by commas. If `reconnects` is left out, the script neither loses the connection nor
    /// announces a shutdown
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub skip: Vec<Rule>,
    /// Write the report as JSON to this file, too
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}
