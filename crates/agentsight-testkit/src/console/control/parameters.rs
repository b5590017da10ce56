use bytes::Bytes;
use http::Request;

use crate::console::Refusal;

/// The query of a request. What is not known is refused, for a misspelt limit is none.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn of(request: &Request<Bytes>, known: &[&str]) -> Result<Self, Refusal> {
        let query = request.uri().query().unwrap_or_default();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        for (place, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let choices = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let error = format!("{name:.60?} is no parameter here. Known: {choices}.");
                return Err(Refusal::bad_request(error));
            }
            if pairs.iter().take(place).any(|(earlier, _)| earlier == name) {
                return Err(Refusal::bad_request(format!("{name} is given twice.")));
            }
        }
        Ok(Self(pairs))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let wrong = |_| Refusal::bad_request(format!("{name} must be a whole number from 0 on."));
        self.text(name).map(|text| text.parse().map_err(wrong)).transpose()
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        let wrong = |_| Refusal::bad_request(format!("{name} must be true or false."));
        self.text(name).map(|text| text.parse().map_err(wrong)).transpose()
    }

    /// How many rows the caller wants.
    pub(super) fn limit(&self, usual: usize) -> Result<usize, Refusal> {
        const MOST: u64 = 1000;
        match self.number("limit")? {
            None => Ok(usual),
            Some(limit @ 1..=MOST) => Ok(usize::try_from(limit).unwrap_or(usual)),
            Some(_) => Err(Refusal::bad_request(format!("limit must be from 1 to {MOST}."))),
        }
    }
}
