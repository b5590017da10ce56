use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::Parser;

/// The AgentSight service on your machine: point any AgentSight client at it, and see what arrived.
#[derive(Debug, Parser)]
#[command(name = "agentsight-fake", version)]
pub(crate) struct Arguments {
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 8787)]
    pub(crate) port: u16,
    /// The address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub(crate) listen: IpAddr,
    /// Write the port to this file once the server answers.
    #[arg(long, value_name = "FILE")]
    pub(crate) port_file: Option<PathBuf>,
}
