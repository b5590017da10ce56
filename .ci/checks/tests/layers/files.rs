//! What lies in the repository, and what no file of it says.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::workspace::Workspace;
use crate::{Checked, none_of};

/// Files of any kind are read up to this length, in bytes.
const LONGEST: u64 = 4 * 1024 * 1024;

#[test]
fn both_licences_are_here() -> Checked {
    let workspace = Workspace::read()?;
    let licences = ["LICENSE-APACHE", "LICENSE-MIT"];
    let missing = licences.iter().filter(|name| !workspace.root().join(name).is_file());
    none_of(missing.map(|name| format!("{name} is missing")).collect())
}

#[test]
fn no_file_names_a_place_outside_the_repository() -> Checked {
    let workspace = Workspace::read()?;
    // Put together here, so that this file does not name them.
    let outside: Vec<String> = ["home", "root", "tmp", "work", "Users"].map(|folder| format!("/{folder}/")).into();
    let beside = ["..", "shared"].join("/");
    let mut violations = Vec::new();
    for file in below(workspace.root())? {
        if fs::metadata(&file)?.len() > LONGEST {
            continue;
        }
        let content = fs::read(&file)?;
        let content = String::from_utf8_lossy(&content);
        for (number, line) in content.lines().enumerate() {
            if line.contains(&beside) || outside.iter().any(|folder| begins_a_path(line, folder)) {
                let file = file.strip_prefix(workspace.root())?.display();
                violations.push(format!("{file}:{}: names a place outside the repository", number + 1));
            }
        }
    }
    none_of(violations)
}

#[test]
fn every_link_of_a_document_leads_to_a_file() -> Checked {
    let workspace = Workspace::read()?;
    let mut violations = Vec::new();
    for file in below(workspace.root())?.into_iter().filter(|file| file.extension().is_some_and(|end| end == "md")) {
        let folder = file.parent().unwrap_or(workspace.root());
        let text = fs::read_to_string(&file)?;
        for target in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target) {
            let path = target.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains("://") && !folder.join(path).exists() {
                let file = file.strip_prefix(workspace.root())?.display();
                violations.push(format!("{file}: the link to {target} leads nowhere"));
            }
        }
    }
    none_of(violations)
}

/// Every file below a folder, in order, without what is built and what belongs to tools.
pub(crate) fn below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::path);
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let kind = entry.file_type()?;
        if kind.is_dir() && (!name.starts_with('.') || name == ".ci") && name != "target" {
            found.extend(below(&entry.path())?);
        } else if kind.is_file() && (!name.starts_with('.') || name == ".gitignore") {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Whether the line holds `folder` as the beginning of an absolute path: not in the middle of a longer one or of a URL.
fn begins_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(place, _)| {
        let before = line[..place].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !matches!(before, '.' | '}' | ')' | '_' | '-'))
    })
}

#[test]
fn only_the_beginning_of_a_path_counts() -> Result<(), Box<dyn Error>> {
    let folder = ["", "home", ""].join("/");
    for (before, counts) in [("", true), (" `", true), ("example.com", false), ("$ROOT", false), ("..", false)] {
        if begins_a_path(&format!("{before}{folder}me"), &folder) != counts {
            return Err(format!("{before:?} was read wrongly").into());
        }
    }
    Ok(())
}
