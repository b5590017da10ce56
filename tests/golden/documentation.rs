//! `docs/differences.md` says what the tests show, no more and no less.

use std::fs;
use std::path::Path;

use super::difference::DIFFERENCES;
use super::with_every_behaviour;

const PAGE: &str = include_str!("../../docs/differences.md");
/// Where the tests of this folder's behaviours are.
const BEHAVIOURS: &str = "tests/golden/behaviour.rs";

macro_rules! names_of {
    ($($behaviour:ident)+) => { &[$(stringify!($behaviour)),+] };
}
const BEHAVIOUR_NAMES: &[&str] = with_every_behaviour!(names_of);

/// One row of the page's tables.
struct Row<'a> {
    name: &'a str,
    shown_by: &'a str,
}

/// Compares the page with the differences of the recording and with the tests that it points to.
pub(crate) fn check() {
    let rows: Vec<Row<'_>> = PAGE.lines().filter_map(row).collect();
    let mut names: Vec<&str> = rows.iter().map(|row| row.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "a name stands twice: {names:?}");

    let (recorded, others): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.shown_by == "the recording");
    let mut recorded: Vec<&str> = recorded.iter().map(|row| row.name).collect();
    recorded.sort_unstable();
    assert_eq!(recorded, DIFFERENCES.iter().map(|difference| difference.name).collect::<Vec<_>>());

    let pointers: Vec<(&str, &str)> = others.iter().map(|row| pointer(row.shown_by)).collect();
    for (file, test) in &pointers {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
        let source = fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(source.contains(&format!("fn {test}")), "{file} has no test {test}");
    }
    for behaviour in BEHAVIOUR_NAMES {
        assert!(pointers.contains(&(BEHAVIOURS, behaviour)), "{behaviour} shows no difference of the page");
    }
}

/// A row that begins with a name; headings and rules do not.
fn row(line: &str) -> Option<Row<'_>> {
    let cells: Vec<&str> = line.strip_prefix("| `")?.strip_suffix(" |")?.split(" | ").collect();
    let [name, _vendor, _ours, _why, shown_by] = cells[..] else { panic!("not five cells: {line}") };
    Some(Row { name: name.trim_end_matches('`'), shown_by })
}

/// The file and the test of a cell such as "`a_test` in `tests/file.rs`".
fn pointer(cell: &str) -> (&str, &str) {
    let (test, file) = cell.split_once("` in `").unwrap_or_else(|| panic!("no test and file: {cell}"));
    (file.trim_end_matches('`'), test.trim_start_matches('`'))
}
