use serde_json::{Value, json};

use super::Control;
use crate::console::ConsoleAnswer;
use crate::verify::{Undocumented, UndocumentedKind};

/// How many of the problems are named; all are counted.
const MOST: usize = 1000;

impl Control {
    pub(super) fn show_verification(&self) -> ConsoleAnswer {
        let verification = self.api.verify();
        let undocumented: Vec<Value> = verification.undocumented.iter().take(MOST).map(problem).collect();
        ConsoleAnswer::ok(&json!({
            "ok": verification.is_verified(),
            "checked": verification.checked,
            "problems": verification.undocumented.len(),
            "undocumented": undocumented,
            "forgotten": verification.forgotten,
        }))
    }
}

fn problem(found: &Undocumented) -> Value {
    let (problem, name) = match &found.problem {
        UndocumentedKind::Route => ("route", None),
        UndocumentedKind::Method => ("method", None),
        UndocumentedKind::Parameter(name) => ("parameter", Some(name)),
        UndocumentedKind::Field(name) => ("field", Some(name)),
    };
    json!({
        "request": found.number,
        "method": found.method,
        "path": found.path,
        "problem": problem,
        "name": name,
        "nearest": found.nearest,
    })
}
