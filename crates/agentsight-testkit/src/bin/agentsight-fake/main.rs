//! `agentsight-fake`: the AgentSight service on a developer's machine.

mod arguments;

use std::fs;
use std::process::ExitCode;

use agentsight_testkit::FakeServer;
use clap::Parser;

use self::arguments::Arguments;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("agentsight-fake: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let address = (arguments.listen, arguments.port).into();
    let server = FakeServer::builder().address(address).console(true).start()?;
    if let Some(file) = &arguments.port_file {
        fs::write(file, server.address().port().to_string())?;
    }
    println!("export AGENTSIGHT_API_ENDPOINT={}", server.url());
    println!("export AGENTSIGHT_API_KEY={}", server.api_key());
    println!("Inspector: {}/", server.url());
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(tokio::signal::ctrl_c())?;
    Ok(())
}
