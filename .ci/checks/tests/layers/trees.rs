//! H2: what is in each crate's dependency tree, and the oldest Rust that it asks for.

use std::fs;

use crate::workspace::{LIBRARIES, Workspace, tree};
use crate::{Checked, files, none_of};

/// Packages in the tree of agentsight-model, itself included.
const MODEL_TREE: usize = 15;

#[test]
fn h2_the_core_knows_no_runtime_no_http_library_and_no_tls() -> Checked {
    let banned = ["tokio", "reqwest", "ureq", "hyper", "rustls", "ring", "native-tls", "openssl", "async-std", "smol"];
    none_of(found("core", &banned)?)
}

#[test]
fn h2_the_blocking_client_holds_no_runtime() -> Checked {
    none_of(found("http-blocking", &["tokio", "hyper"])?)
}

#[test]
fn h2_the_model_stays_small() -> Checked {
    let tree = tree("model")?;
    let names: Vec<&str> = tree.iter().map(|entry| entry.name.as_str()).collect();
    let count = names.len();
    none_of(if count > MODEL_TREE {
        vec![format!("H2: agentsight-model has {count} packages, at most {MODEL_TREE}: {}", names.join(", "))]
    } else {
        Vec::new()
    })
}

#[test]
fn each_rust_version_is_the_oldest_that_the_dependencies_and_the_language_allow() -> Checked {
    let workspace = Workspace::read()?;
    let mut violations = Vec::new();
    for name in LIBRARIES {
        let package = workspace.library(name)?;
        let mut needed = oldest_for_the_language(&package.folder().join("src"))?;
        for entry in tree(name)?.iter().filter(|entry| entry.name != package.name) {
            let Some(version) = workspace.in_tree(entry).and_then(|other| other.rust_version.as_deref()) else {
                continue;
            };
            needed = needed.max((version_of(version)?, format!("{} {}", entry.name, entry.version)));
        }
        let ((major, minor), why) = needed;
        match package.rust_version.as_deref().map(version_of).transpose()? {
            Some(declared) if declared == (major, minor) => {}
            _ => violations.push(format!("agentsight-{name}: rust-version must be {major}.{minor}, because of {why}")),
        }
    }
    none_of(violations)
}

/// The banned packages in a crate's tree.
fn found(name: &str, banned: &[&str]) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    Ok(tree(name)?
        .iter()
        .filter(|entry| banned.contains(&entry.name.as_str()))
        .map(|entry| format!("H2: {} {} is in the tree of agentsight-{name}", entry.name, entry.version))
        .collect())
}

type RustVersion = (u32, u32);

/// What the sources need themselves: the edition, and chains of `if let`, which are the newest part of the language in
/// use. The standard library's newer items are found by clippy (`incompatible_msrv`).
fn oldest_for_the_language(sources: &std::path::Path) -> Result<(RustVersion, String), Box<dyn std::error::Error>> {
    for file in files::below(sources)? {
        if fs::read_to_string(file)?.contains("&& let ") {
            return Ok(((1, 88), "its chains of `if let`".to_owned()));
        }
    }
    Ok(((1, 85), "edition 2024".to_owned()))
}

fn version_of(text: &str) -> Result<RustVersion, Box<dyn std::error::Error>> {
    let mut numbers = text.split('.');
    let mut next = || numbers.next().unwrap_or("0").parse();
    Ok((next()?, next()?))
}
