use bytes::Bytes;
use http::Request;

use super::mix::FaultMix;
use super::rule::FaultRule;
use super::value::Fault;

/// The faults that await requests, and how far each has counted. A value without a clock: the same requests in the
/// same order meet the same faults.
///
/// Rules are a script; a [`FaultMix`] adds random faults from a seed to the requests that no rule is due for.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    pub(super) rules: Vec<Counted>,
    pub(super) mix: Option<FaultMix>,
}

/// A rule, how many requests matched it, and how many of them met a fault of it.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) rule: FaultRule,
    pub(super) seen: u64,
    pub(super) met: u64,
}

impl FaultPlan {
    /// No faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same plan with one more rule.
    #[must_use]
    pub fn rule(mut self, rule: FaultRule) -> Self {
        self.add(rule);
        self
    }

    /// The same plan with random faults for the requests that no rule is due for.
    #[must_use]
    pub fn mix(mut self, mix: FaultMix) -> Self {
        self.mix = Some(mix);
        self
    }

    /// One more rule, counting from now.
    pub fn add(&mut self, rule: FaultRule) {
        self.rules.push(Counted { rule, seen: 0, met: 0 });
    }

    /// The fault that this request meets, if any: of the rules that are due, the one added first.
    /// Every rule counts every request that matches it, whichever rule is taken.
    pub fn next(&mut self, request: &Request<Bytes>) -> Option<Fault> {
        let scripted = self.of_rules(|rule| rule.matches(request));
        scripted.or_else(|| self.mix.as_mut()?.next(request))
    }

    fn of_rules(&mut self, mut counts: impl FnMut(&FaultRule) -> bool) -> Option<Fault> {
        let mut taken = None;
        for Counted { rule, seen, met } in self.rules.iter_mut().filter(|counted| counts(&counted.rule)) {
            *seen = seen.saturating_add(1);
            if let Some(fault) = rule.due(*seen).filter(|_| taken.is_none()) {
                *met = met.saturating_add(1);
                taken = Some(fault.clone());
            }
        }
        taken
    }
}

/// The same in the three moments at which a server can act: each rule is asked in the first that any of its faults
/// needs, so that it counts each request once.
#[cfg(feature = "server")]
impl FaultPlan {
    /// Whether connections are to be met before there is a request.
    #[cfg(feature = "cli")]
    pub(crate) fn meets_connections(&self) -> bool {
        self.rules.iter().any(|counted| counted.rule.has(Fault::meets_connections))
    }

    /// The fault of a connection that has just been accepted.
    pub(crate) fn next_at_connection(&mut self) -> Option<Fault> {
        self.of_rules(|rule| rule.has(Fault::meets_connections))
    }

    /// The fault of a request whose head has been read.
    pub(crate) fn next_at_head(&mut self, head: &Request<Bytes>) -> Option<Fault> {
        self.of_rules(|rule| !rule.has(Fault::meets_connections) && rule.has(Fault::meets_heads) && rule.matches(head))
    }

    /// The fault of a request that has been read to its end.
    pub(crate) fn next_at_end(&mut self, request: &Request<Bytes>) -> Option<Fault> {
        let scripted = self.of_rules(|rule| {
            !rule.has(Fault::meets_connections) && !rule.has(Fault::meets_heads) && rule.matches(request)
        });
        scripted.or_else(|| self.mix.as_mut()?.next(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{Method, Response, StatusCode};

    fn request(method: Method, path: &str) -> Request<Bytes> {
        Request::builder().method(method).uri(path).body(Bytes::new()).unwrap()
    }

    #[test]
    fn a_rule_meets_the_nth_matching_request_so_many_times() {
        let rule = FaultRule::new(Fault::close_before_applied()).method(Method::POST).path("/a/").nth(2).times(2);
        let mut plan = FaultPlan::new().rule(rule);
        let mut met = |method, path| plan.next(&request(method, path)).is_some();
        assert!(!met(Method::POST, "/a/"));
        assert!(!met(Method::GET, "/a/"));
        assert!(!met(Method::POST, "/b/"));
        assert!(met(Method::POST, "/a/"));
        assert!(met(Method::POST, "/a/"));
        assert!(!met(Method::POST, "/a/"));
    }

    #[test]
    fn the_rule_added_first_is_taken_and_the_others_count_on() {
        let mut plan = FaultPlan::new()
            .rule(FaultRule::new(Fault::status(StatusCode::BAD_GATEWAY)))
            .rule(FaultRule::new(Fault::close_before_applied()).nth(2));
        let get = request(Method::GET, "/");
        let own = |_: &Request<Bytes>| Response::new(Bytes::new());
        let first = plan.next(&get).unwrap().react(&get, own);
        assert_eq!(first.answer.unwrap().status(), StatusCode::BAD_GATEWAY);
        let second = plan.next(&get).unwrap().react(&get, own);
        assert!(second.answer.is_none());
        assert!(plan.next(&get).is_none());
    }

    #[test]
    fn a_rule_counts_the_requests_of_its_conversation() {
        let of = |id: &str| Request::new(Bytes::from(format!(r#"{{"conversation_id": "{id}"}}"#)));
        let mut plan = FaultPlan::new().rule(FaultRule::new(Fault::silence()).conversation("b").nth(2));
        let met: Vec<bool> = ["a", "b", "a", "b", "b"].iter().map(|id| plan.next(&of(id)).is_some()).collect();
        assert_eq!(met, [false, false, false, true, false]);
    }

    #[test]
    fn random_faults_leave_the_script_alone() {
        let script = FaultRule::new(Fault::html_page()).nth(2);
        let mut plan = FaultPlan::new().rule(script).mix(FaultMix::from_seed(1).percent(100).fault(Fault::silence()));
        let shown: Vec<String> =
            (0..3).map(|_| format!("{:?}", plan.next(&request(Method::GET, "/")).unwrap())).collect();
        let (random, page) = (format!("{:?}", Fault::silence()), format!("{:?}", Fault::html_page()));
        assert_eq!(shown, [random.clone(), page, random]);
    }
}
