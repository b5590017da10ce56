use std::collections::BTreeSet;

use http::{Method, header};
use serde_json::Value;

use super::documented::{self, FILE_FIELDS, FILE_PART, ROUTES};
use super::nearest::nearest;
use super::{Undocumented, UndocumentedKind, Verification};
use crate::RecordedRequest;
use crate::api::{Route, is_file_address};

/// Looks at every request that is remembered.
pub(crate) fn verify(requests: &[RecordedRequest], forgotten: u64) -> Verification {
    let undocumented = requests.iter().zip(1..).flat_map(|(request, position)| undocumented(request, position));
    Verification { checked: requests.len(), forgotten, undocumented: undocumented.collect() }
}

fn undocumented(request: &RecordedRequest, position: usize) -> Vec<Undocumented> {
    let problem = |kind, nearest: Option<&str>| Undocumented::new(position, request, kind, nearest.map(str::to_owned));
    if is_file_address(&request.path) {
        let is_read = request.method == Method::GET;
        return if is_read { Vec::new() } else { vec![problem(UndocumentedKind::Method, Some("GET"))] };
    }
    let Some(route) = Route::find(&request.path) else {
        let nearest = nearest(&numbered(&request.path), ROUTES.iter().copied());
        return vec![problem(UndocumentedKind::Route, nearest)];
    };
    if !route.methods().contains(&request.method) {
        let nearest = nearest(request.method.as_str(), route.methods().iter().map(Method::as_str));
        return vec![problem(UndocumentedKind::Method, nearest)];
    }
    let parameters = documented::parameters(route, &request.method);
    let names: BTreeSet<&str> = request.query.iter().map(|(name, _)| name.as_str()).collect();
    let mut problems: Vec<Undocumented> = unknown(names, parameters)
        .map(|(name, nearest)| problem(UndocumentedKind::Parameter(name.to_owned()), nearest))
        .collect();

    let Sent { fields, file_fields } = Sent::read(request);
    let known = documented::fields(route, &request.method);
    let fields = unknown(fields.iter().map(String::as_str), known);
    let file_fields = unknown(file_fields.iter().map(String::as_str), FILE_FIELDS);
    problems.extend(
        fields.chain(file_fields).map(|(name, nearest)| problem(UndocumentedKind::Field(name.to_owned()), nearest)),
    );
    problems
}

fn unknown<'a>(
    names: impl IntoIterator<Item = &'a str>,
    known: &'static [&'static str],
) -> impl Iterator<Item = (&'a str, Option<&'static str>)> {
    let names = names.into_iter().filter(|name| !known.contains(name));
    names.map(|name| (name, nearest(name, known.iter().copied())))
}

/// The path with each number as the routes show it.
fn numbered(path: &str) -> String {
    let is_number = |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    let segments = path.split('/').map(|segment| if is_number(segment) { "{number}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// The names of the fields that a body carries; a body that cannot be read carries none, and is refused anyway.
#[derive(Default)]
struct Sent {
    fields: BTreeSet<String>,
    file_fields: BTreeSet<String>,
}

impl Sent {
    fn read(request: &RecordedRequest) -> Self {
        match request.header(header::CONTENT_TYPE.as_str()) {
            Some(content_type) if content_type.trim_start().starts_with("multipart/") => {
                Self { fields: part_names(content_type, request), ..Self::default() }
            }
            _ => Self::of_json(request.json()),
        }
    }

    fn of_json(body: Option<Value>) -> Self {
        let Some(Value::Object(body)) = body else { return Self::default() };
        let files = body.get("attachments").and_then(Value::as_array).into_iter().flatten();
        let file_fields = files.filter_map(Value::as_object).flat_map(|file| file.keys().cloned()).collect();
        Self { file_fields, fields: body.into_iter().map(|(name, _)| name).collect() }
    }
}

fn part_names(content_type: &str, request: &RecordedRequest) -> BTreeSet<String> {
    let names = crate::api::part_names(content_type, request.body.clone());
    names.into_iter().filter(|name| !name.starts_with(FILE_PART)).collect()
}
