//! What cargo says of the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// The library crates, without the prefix `agentsight-`, from the bottom layer up.
pub(crate) const LIBRARIES: [&str; 5] = ["model", "core", "testkit", "http-blocking", "http-async"];

/// `cargo metadata`, as far as the checks look at it.
#[derive(Deserialize)]
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
    workspace_root: PathBuf,
}

/// One package, of ours or of others.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    version: String,
    source: Option<String>,
    pub(crate) rust_version: Option<String>,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

/// One line of a package's manifest.
#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Option<String>,
    pub(crate) uses_default_features: bool,
}

impl Workspace {
    pub(crate) fn read() -> Result<Self, Box<dyn Error>> {
        let metadata = cargo(&["metadata", "--format-version", "1"])?;
        Ok(serde_json::from_str(&metadata)?)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.workspace_root
    }

    /// The packages of this workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_none())
    }

    /// One of [`LIBRARIES`].
    pub(crate) fn library(&self, name: &str) -> Result<&Package, String> {
        self.members()
            .find(|package| package.short_name() == Some(name))
            .ok_or_else(|| format!("there is no crate agentsight-{name}"))
    }

    /// The package that a line of `cargo tree` names.
    pub(crate) fn in_tree(&self, entry: &TreeEntry) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == entry.name && package.version == entry.version)
    }
}

impl Package {
    /// The name without the prefix, if the package is one of ours.
    pub(crate) fn short_name(&self) -> Option<&str> {
        self.source.is_none().then_some(())?;
        self.name.strip_prefix("agentsight-")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }
}

impl Dependency {
    /// Whether it is built into the crate or its build script, not only into its tests.
    pub(crate) fn is_shipped(&self) -> bool {
        self.kind.as_deref() != Some("dev")
    }
}

/// A package of a dependency tree.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TreeEntry {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// The packages in a crate's tree, itself included, on every platform, without what only its tests need.
pub(crate) fn tree(name: &str) -> Result<BTreeSet<TreeEntry>, Box<dyn Error>> {
    let package = format!("agentsight-{name}");
    let shape = ["--edges", "normal,build", "--target", "all", "--prefix", "none", "--format", "{p}"];
    let printed = cargo(&[&["tree", "--package", &package], &shape[..]].concat())?;
    Ok(printed.lines().filter_map(entry).collect())
}

/// Reads `name v1.2.3 (where it comes from)`.
fn entry(line: &str) -> Option<TreeEntry> {
    let mut words = line.split_whitespace();
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    Some(TreeEntry { name: name.to_owned(), version: version.to_owned() })
}

fn cargo(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let folder = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(program).args(arguments).arg("--locked").current_dir(folder).output()?;
    if !output.status.success() {
        return Err(format!("cargo {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
