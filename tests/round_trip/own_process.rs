//! A process of its own for a test whose subject is the process's: the environment, a client for all.

use std::env;
use std::process::Command;

const CASE: &str = "AGENTSIGHT_TEST_CASE";

/// Runs a test again, in a process with these variables and no other of ours, and tells whether this is that process.
pub(crate) fn is_own_process(test: &str, variables: &[(&str, &str)]) -> bool {
    if env::var_os(CASE).is_some() {
        return true;
    }
    let mut process = Command::new(env::current_exe().expect("this program has a path"));
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AGENTSIGHT_")) {
        process.env_remove(name);
    }
    let output = process.args(["--exact", test]).envs(variables.iter().copied()).env(CASE, test).output();
    let output = output.expect("this program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "the test is there");
    false
}
