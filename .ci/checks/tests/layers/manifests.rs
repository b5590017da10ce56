//! H6: what every manifest says.

use std::fs;

use crate::workspace::{LIBRARIES, Workspace};
use crate::{Checked, none_of};

/// The features of each library crate, in alphabetical order, and which of them are on by default.
const FEATURES: [(&str, &[&str], &[&str]); LIBRARIES.len()] = [
    ("model", &[], &[]),
    ("core", &[], &[]),
    ("testkit", &["cli", "conformance", "default", "proptest", "server"], &[]),
    ("http-blocking", &["default", "rustls", "socks"], &["rustls"]),
    ("http-async", &["default", "rustls", "socks"], &["rustls"]),
];

#[test]
fn h6_every_crate_takes_the_workspaces_lints() -> Checked {
    let workspace = Workspace::read()?;
    let root = fs::read_to_string(workspace.root().join("Cargo.toml"))?;
    let mut violations = Vec::new();
    for wanted in [r#"unsafe_code = "forbid""#, r#"missing_docs = "deny""#] {
        if !section(&root, "workspace.lints.rust").any(|line| line == wanted) {
            violations.push(format!("H6: [workspace.lints.rust] must say {wanted}"));
        }
    }
    for package in workspace.members() {
        let manifest = fs::read_to_string(&package.manifest_path)?;
        if !section(&manifest, "lints").any(|line| line == "workspace = true") {
            violations.push(format!("H6: {} must say [lints] workspace = true", package.name));
        }
    }
    none_of(violations)
}

#[test]
fn h6_every_dependency_stands_in_the_workspaces_table_with_its_defaults_off() -> Checked {
    let workspace = Workspace::read()?;
    let root = fs::read_to_string(workspace.root().join("Cargo.toml"))?;
    let mut violations = Vec::new();
    for line in section(&root, "workspace.dependencies") {
        if !line.contains("default-features = false") {
            violations.push(format!("H6: in [workspace.dependencies] `{line}` lacks default-features = false"));
        }
    }
    for package in workspace.members() {
        let manifest = fs::read_to_string(&package.manifest_path)?;
        for (header, line) in lines(&manifest) {
            let is_list = header.ends_with("dependencies");
            let is_entry = header.contains("dependencies.");
            if is_entry || is_list && !line.contains("workspace = true") {
                violations
                    .push(format!("H6: {}: [{header}] `{line}` must be one line with workspace = true", package.name));
            }
        }
        for dependency in package.dependencies.iter().filter(|dependency| dependency.uses_default_features) {
            violations.push(format!("H6: {} takes the default features of {}", package.name, dependency.name));
        }
    }
    none_of(violations)
}

#[test]
fn h6_the_features_are_the_few_that_are_promised() -> Checked {
    let workspace = Workspace::read()?;
    let mut violations = Vec::new();
    for (name, promised, default) in FEATURES {
        let features = &workspace.library(name)?.features;
        let given: Vec<&str> = features.keys().map(String::as_str).collect();
        if given != promised {
            violations.push(format!("H6: the features of agentsight-{name} must be {promised:?}, and are {given:?}"));
        }
        let given = features.get("default").map(Vec::as_slice).unwrap_or_default();
        if given != default {
            violations.push(format!("H6: the default features of agentsight-{name} must be {default:?}"));
        }
    }
    none_of(violations)
}

#[test]
fn every_library_crate_can_be_published() -> Checked {
    let workspace = Workspace::read()?;
    let mut violations = Vec::new();
    for name in LIBRARIES {
        let package = workspace.library(name)?;
        if package.rust_version.is_none() {
            violations.push(format!("agentsight-{name} must say its rust-version"));
        }
        if !package.folder().join("README.md").is_file() {
            violations.push(format!("agentsight-{name} has no README.md"));
        }
    }
    none_of(violations)
}

/// The lines of one table of a manifest.
fn section<'a>(manifest: &'a str, wanted: &'a str) -> impl Iterator<Item = &'a str> {
    lines(manifest).filter(move |(header, _)| *header == wanted).map(|(_, line)| line)
}

/// Every line of a manifest that says something, with the header that it stands under.
fn lines(manifest: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut header = "";
    manifest.lines().map(str::trim).filter_map(move |line| {
        if line.starts_with('[') {
            header = line.trim_matches(['[', ']']);
            return None;
        }
        (!line.is_empty() && !line.starts_with('#')).then_some((header, line))
    })
}
