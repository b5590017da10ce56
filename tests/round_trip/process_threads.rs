//! How many threads this process has, where the system tells.

use std::fs;

/// How many threads the process has.
pub(crate) fn threads() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Threads:"))?;
    Some(line.trim().parse().expect("the count is a number"))
}
