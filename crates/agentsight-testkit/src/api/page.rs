use std::ops::Range;

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, Handled, Refusal};
use super::call::Call;

/// The most rows that a page can have; a larger `page_size` is cut to it (wire: 1.7).
pub(crate) const LARGEST_PAGE: usize = 100;

impl Call<'_> {
    /// One page of `rows`, in the envelope of old and new services; the bare array with `paginate=false`.
    /// Only the rows of the page are written.
    pub(crate) fn page<T>(&self, rows: &[T], write: impl Fn(&T) -> Value) -> Handled {
        self.page_with(rows, write, &[])
    }

    /// A [`page`](Self::page) whose envelope has keys of its own.
    pub(crate) fn page_with<T>(&self, rows: &[T], write: impl Fn(&T) -> Value, extra: &[(&str, Value)]) -> Handled {
        let rows_at = |places| rows.get::<Range<usize>>(places).unwrap_or_default().iter().collect();
        self.page_of(rows.len(), rows_at, |row: &T| write(row), extra)
    }

    /// The same, of `count` rows that nobody needs to see but those at the page's places.
    pub(crate) fn page_of<T>(
        &self,
        count: usize,
        rows_at: impl FnOnce(Range<usize>) -> Vec<T>,
        write: impl FnMut(T) -> Value,
        extra: &[(&str, Value)],
    ) -> Handled {
        if self.query.get("paginate") == Some("false") {
            let rows: Value = rows_at(0..count).into_iter().map(write).collect();
            return Ok(Answer::ok(&rows));
        }
        let size = self.page_size();
        let pages = count.div_ceil(size).max(1);
        let page = match self.query.get("page") {
            None => 1,
            Some("last") => pages,
            Some(text) => text.parse().unwrap_or(0),
        };
        if !(1..=pages).contains(&page) {
            return Err(Refusal::detail(StatusCode::NOT_FOUND, "Invalid page."));
        }
        let start = (page - 1) * size;
        let results: Value = rows_at(start..count.min(start + size)).into_iter().map(write).collect();
        let mut envelope = json!({
            "count": count,
            "next": (page < pages).then(|| self.page_address(page + 1)),
            "previous": (page > 1).then(|| self.page_address(page - 1)),
            "page_size": size,
            "total_pages": pages,
            "current_page": page,
            "results": results,
        });
        for (key, value) in extra {
            envelope[*key] = value.clone();
        }
        Ok(Answer::ok(&envelope))
    }

    fn page_size(&self) -> usize {
        let asked = self.query.get("page_size").and_then(|text| text.parse().ok()).filter(|size| *size > 0);
        asked.unwrap_or(self.options.page_size).min(LARGEST_PAGE)
    }

    /// The address of another page: this request's, with `page` replaced; the first page has no such parameter.
    fn page_address(&self, page: usize) -> String {
        let number = page.to_string();
        let query = self.query.with("page", (page > 1).then_some(number.as_str()));
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{query}", self.renderer().origin, self.request.uri().path())
    }
}
