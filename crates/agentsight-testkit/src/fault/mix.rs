use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};

use super::retry_after::RetryAfter;
use super::rule::conversation_of;
use super::value::Fault;

/// Random faults from a seed: so many in a hundred requests, drawn from a choice.
///
/// What the nth request of a conversation meets depends on the seed, the conversation and n alone, so conversations
/// that are sent at the same time meet the same faults in every run, however they interleave. Requests that carry no
/// conversation's text id are counted by method and path. Beyond 100,000 of these, those that are new share counts, so
/// that memory is bounded.
///
/// ```
/// use agentsight_testkit::{FaultMix, FaultPlan, FaultSeed};
///
/// # fn main() -> Result<(), agentsight_testkit::InvalidSeed> {
/// let seed = FaultSeed::from_env_or(7)?; // printed if this test fails
/// let plan = FaultPlan::new().mix(FaultMix::from_seed(seed.value()).percent(10));
/// # let _ = plan;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FaultMix {
    pub(super) seed: u64,
    pub(super) percent: u8,
    pub(super) faults: Vec<Fault>,
    /// How many requests there were, by the hash of what they are counted by.
    counts: HashMap<u64, u64>,
}

impl FaultMix {
    /// The most conversations and paths that are counted by themselves, and how many counts the others share.
    const MOST_COUNTED: usize = 100_000;
    const SHARED_COUNTS: u64 = 1_024;

    /// 10 in a hundred requests meet a fault of the usual choice, or of [`fault`](Self::fault) once that names one.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self { seed, percent: 10, faults: Vec::new(), counts: HashMap::new() }
    }

    /// How many in a hundred requests meet a fault: 0 is none, 100 and more is every one.
    #[must_use]
    pub fn percent(mut self, percent: u8) -> Self {
        self.percent = percent.min(100);
        self
    }

    /// Adds a fault to the choice; the first one replaces the usual choice. Added twice, it is drawn twice as often.
    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// What the next request meets.
    pub fn next(&mut self, request: &Request<Bytes>) -> Option<Fault> {
        let key = conversation_of(request).map_or_else(
            || format!("{} {}", request.method(), request.uri().path()),
            |id| format!("conversation {id}"),
        );
        let hash = hash(&key);
        let mut random = Random(self.seed ^ hash);
        let is_counted = self.counts.len() < Self::MOST_COUNTED || self.counts.contains_key(&hash);
        let count = self.counts.entry(if is_counted { hash } else { hash % Self::SHARED_COUNTS }).or_default();
        random.0 = random.0.wrapping_add(mixed(*count));
        *count = count.saturating_add(1);
        if random.below(100) >= u64::from(self.percent) {
            return None;
        }
        if self.faults.is_empty() {
            return Some(usual(&mut random));
        }
        let place = random.below(u64::try_from(self.faults.len()).unwrap_or(u64::MAX));
        self.faults.get(usize::try_from(place).ok()?).cloned()
    }
}

/// The usual choice: what a network and the machines in it do, each as often as the next.
fn usual(random: &mut Random) -> Fault {
    let late = Duration::from_secs(1 + random.below(120));
    let bytes = usize::try_from(random.below(64)).unwrap_or(0);
    match random.below(18) {
        0 => Fault::status(StatusCode::INTERNAL_SERVER_ERROR),
        1 => Fault::status(StatusCode::BAD_GATEWAY),
        2 => Fault::status(StatusCode::GATEWAY_TIMEOUT).applied(),
        3 => Fault::status(StatusCode::SERVICE_UNAVAILABLE),
        4 => Fault::rate_limited(RetryAfter::Seconds(1 + random.below(3))),
        5 => Fault::rate_limited(RetryAfter::Garbage),
        6 => Fault::rate_limited(RetryAfter::Absent),
        7 => Fault::refused(),
        8 => Fault::reset_after_request(),
        9 => Fault::reset_after_request().applied_late(late),
        10 => Fault::store_then_drop(),
        11 => Fault::reset_in_head(),
        12 => Fault::reset_in_body(bytes),
        13 => Fault::close_in_body(bytes),
        14 => Fault::silence(),
        15 => Fault::store_late(late),
        16 => Fault::delay(late),
        _ => Fault::html_page(),
    }
}

/// SplitMix64: every seed is as good as the next, and the numbers are the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// A number below `bound`, which is small: what it is uneven by does not count. 0 where `bound` is 0.
    fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }
}

fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{ProptestConfig, any};
    use proptest::{prop_assert_eq, proptest};

    fn of(conversation: &str) -> Request<Bytes> {
        Request::new(Bytes::from(format!(r#"{{"conversation_id": "{conversation}"}}"#)))
    }

    fn drawn(mix: &mut FaultMix, conversation: &str, requests: usize) -> Vec<String> {
        (0..requests).map(|_| format!("{:?}", mix.next(&of(conversation)))).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_same_seed_draws_the_same_faults_however_conversations_interleave(seed in any::<u64>(), percent in 0_u8..=100) {
            let mut one_by_one = FaultMix::from_seed(seed).percent(percent);
            let a = drawn(&mut one_by_one, "a", 20);
            let b = drawn(&mut one_by_one, "b", 20);
            let mut in_turn = FaultMix::from_seed(seed).percent(percent);
            for place in 0..20 {
                prop_assert_eq!(format!("{:?}", in_turn.next(&of("b"))), &*b[place]);
                prop_assert_eq!(format!("{:?}", in_turn.next(&of("a"))), &*a[place]);
            }
        }
    }

    #[test]
    fn hundred_thousands_of_paths_do_not_fill_the_memory() {
        let mut mix = FaultMix::from_seed(1);
        for number in 0..FaultMix::MOST_COUNTED * 2 {
            let request = Request::get(format!("/{number}/")).body(Bytes::new()).unwrap();
            let _ = mix.next(&request);
        }
        assert!(mix.counts.len() <= FaultMix::MOST_COUNTED + 1_024, "{}", mix.counts.len());
    }

    #[test]
    fn the_rate_is_what_was_asked_for() {
        for percent in [0_u8, 1, 30, 100] {
            let mut mix = FaultMix::from_seed(42).percent(percent);
            let met = (0..10_000).filter(|_| mix.next(&of("a")).is_some()).count();
            let expected = usize::from(percent) * 100;
            assert!(met.abs_diff(expected) <= if percent % 100 == 0 { 0 } else { 200 }, "{percent} %: {met}");
        }
    }

    #[test]
    fn another_seed_or_conversation_draws_other_faults() {
        let all = |seed, conversation| drawn(&mut FaultMix::from_seed(seed).percent(50), conversation, 40);
        assert_ne!(all(1, "a"), all(2, "a"));
        assert_ne!(all(1, "a"), all(1, "b"));
    }
}
