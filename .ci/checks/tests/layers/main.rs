//! H1, H2 and H6: which crate may depend on what, and what every manifest says.
//!
//! Every failure names the rule, the crate and what to do. The rules are in `ARCHITECTURE.md`.

mod arrows;
mod files;
mod manifests;
mod trees;
mod workspace;

/// What a check returns: `Err` if cargo or a file could not be asked at all.
type Checked = Result<(), Box<dyn std::error::Error>>;

/// Fails with every violation on a line of its own, in the same order every time.
fn none_of(mut violations: Vec<String>) -> Checked {
    violations.sort();
    violations.dedup();
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
    Ok(())
}
