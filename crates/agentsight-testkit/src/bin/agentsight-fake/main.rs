//! `agentsight-fake`: the AgentSight service on a developer's machine.
//!
//! It ends with 0 after a signal, with 2 when the arguments are wrong, and with 1 when anything else is.

mod arguments;
mod atomic_file;
mod data_file;
mod failure;
mod keeper;
mod output;
mod port_file;
mod save_schedule;
mod seed;
mod start;
mod stop;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use self::arguments::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(problem) = arguments.problem() {
        Arguments::command().error(ErrorKind::ValueValidation, problem).exit();
    }
    match start::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::say(format_args!("{failure}"));
            ExitCode::FAILURE
        }
    }
}
