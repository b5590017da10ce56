use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use agentsight_testkit::{FakeApi, Seeded};

use crate::failure::Failure;

/// Stores the conversations of a file, a line each, one after another; says how many were new.
pub(crate) fn seed(api: &FakeApi, path: &Path) -> Result<usize, Failure> {
    let file = File::open(path).map_err(|error| Failure::reading(path, &error))?;
    let mut lines = BufReader::with_capacity(1 << 16, file);
    let mut line = Vec::new();
    let mut added = 0;
    for number in 1_u64.. {
        line.clear();
        if lines.read_until(b'\n', &mut line).map_err(|error| Failure::reading(path, &error))? == 0 {
            break;
        }
        let place = || format!("{}:{number}", path.display());
        let text = match std::str::from_utf8(&line) {
            Ok(text) => text.trim_start_matches('\u{feff}').trim(),
            Err(_) => return Err(Failure::new(format!("{}: not UTF-8; convert the file", place()))),
        };
        if text.is_empty() {
            continue;
        }
        match api.seed(text) {
            Ok(Seeded::Added(_)) => added += 1,
            Ok(_) => {}
            Err(invalid) => {
                let column = invalid.position().map(|(_, column)| format!(":{column}")).unwrap_or_default();
                let path = match invalid.path() {
                    "" => String::new(),
                    path => format!("{path}: "),
                };
                let hint = "Each line is one conversation, as GET /api/conversations/{id}/ answers it";
                return Err(Failure::new(format!("{}{column}: {path}{}. {hint}", place(), invalid.problem())));
            }
        }
    }
    Ok(added)
}
