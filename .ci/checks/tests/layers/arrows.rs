//! H1: arrows point one way.

use std::fs;

use crate::workspace::{LIBRARIES, Workspace};
use crate::{Checked, files, none_of};

/// What each library crate may be built from, and what its tests may use besides.
const ARROWS: [(&str, &[&str], &[&str]); 5] = [
    ("model", &[], &["testkit"]),
    ("core", &["model"], &["testkit"]),
    ("testkit", &["model", "core"], &["http-blocking", "http-async"]),
    ("http-blocking", &["core"], &["testkit"]),
    ("http-async", &["core"], &["testkit"]),
];

#[test]
fn h1_arrows_point_one_way() -> Checked {
    let workspace = Workspace::read()?;
    let mut violations = Vec::new();
    for (name, built_from, tested_with) in ARROWS {
        for dependency in &workspace.library(name)?.dependencies {
            let Some(on) = dependency.name.strip_prefix("agentsight-") else { continue };
            if !built_from.contains(&on) && (dependency.is_shipped() || !tested_with.contains(&on)) {
                let kind = dependency.kind.as_deref().unwrap_or("normal");
                violations.push(format!("H1: agentsight-{name} must have no {kind} dependency on agentsight-{on}"));
            }
        }
    }
    none_of(violations)
}

#[test]
fn h1_every_library_crate_has_its_arrows_written_down() -> Checked {
    let workspace = Workspace::read()?;
    let crates = workspace.root().join("crates");
    let unknown = workspace.members().filter(|package| package.folder().starts_with(&crates)).filter_map(|package| {
        let known = package.short_name().is_some_and(|name| LIBRARIES.contains(&name));
        (!known).then(|| format!("H1: {} is new: add it to LIBRARIES and ARROWS", package.name))
    });
    none_of(unknown.collect())
}

#[test]
fn h1_model_and_core_use_the_testkit_only_from_their_tests_folder() -> Checked {
    let workspace = Workspace::read()?;
    let mut violations = Vec::new();
    for name in ["model", "core"] {
        for file in files::below(&workspace.library(name)?.folder().join("src"))? {
            if fs::read_to_string(&file)?.contains("agentsight_testkit") {
                let file = file.strip_prefix(workspace.root())?.display();
                violations.push(format!("H1: {file} uses the testkit, which would compile agentsight-{name} twice"));
            }
        }
    }
    none_of(violations)
}
