//! The sources of a crate, parsed.

use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, File, Meta};

/// A file of a crate.
pub(crate) struct Source {
    /// Its path below `src`.
    pub(crate) path: PathBuf,
    pub(crate) file: File,
}

/// The folder of a crate of this workspace.
pub(crate) fn crate_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").join(name)
}

/// Every file of a crate's library.
pub(crate) fn sources(crate_name: &str) -> Vec<Source> {
    let root = crate_folder(crate_name).join("src");
    let mut sources = Vec::new();
    read_folder(&root, &root, &mut sources);
    assert!(!sources.is_empty(), "{crate_name} has sources");
    sources
}

/// Whether something is compiled for tests only.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            list.tokens.to_string().split(|letter: char| !letter.is_alphanumeric()).any(|word| word == "test")
        }
        _ => false,
    })
}

fn read_folder(folder: &Path, root: &Path, sources: &mut Vec<Source>) {
    let entries = fs::read_dir(folder).expect("the folder is part of the repository");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            read_folder(&path, root, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("sources are text");
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let path = path.strip_prefix(root).expect("the path is below the root").to_owned();
            sources.push(Source { path, file });
        }
    }
}
