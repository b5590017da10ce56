use std::fmt;

use agentsight_model::Role;

/// The agent that every well-formed key belongs to while no key is configured.
pub(crate) const DEFAULT_AGENT: u64 = 1;

/// The key that the fake hands out when asked for one: well-formed, and accepted while no key is configured.
pub(crate) const DEFAULT_KEY: &str = "ags_0123456789abcdef0123456789abcdef_012345";

/// Whether a key is good, and if not, why (wire: 1.5, the texts of 401).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyState {
    /// Accepted.
    Active,
    /// `API key is inactive, expired or revoked.`
    Revoked,
    /// `API key is not linked to any agent.`
    Unlinked,
    /// `Agent does not have an active subscription or development phase.`
    Unsubscribed,
}

/// A key that the fake knows: whose it is, what it may do, and whether it is good.
///
/// Once one key is configured, every other key is answered 401 `Invalid API key.`
///
/// ```
/// use agentsight_testkit::{FakeKey, Role};
///
/// let key = FakeKey::new("ags_00000000000000000000000000000001_000001").agent(2).role(Role::Read);
/// assert_eq!(format!("{key:?}"), "FakeKey { key: \"[redacted]\", agent: 2, role: Read, state: Active }");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct FakeKey {
    key: String,
    agent: u64,
    role: Role,
    state: KeyState,
}

impl FakeKey {
    /// A good key of agent 1 that may write.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self { key: key.into(), agent: DEFAULT_AGENT, role: Role::Write, state: KeyState::Active }
    }

    /// The agent that the key belongs to. Agents do not see each other's conversations.
    #[must_use]
    pub fn agent(mut self, agent: u64) -> Self {
        self.agent = agent;
        self
    }

    /// What the key may do; `Role::Write` unless given. A role that is not known only reads.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// Whether the key is good; `KeyState::Active` unless given.
    #[must_use]
    pub fn state(mut self, state: KeyState) -> Self {
        self.state = state;
        self
    }

    pub(crate) fn may_write(&self) -> bool {
        self.state == KeyState::Active && self.role == Role::Write
    }

    pub(crate) fn agent_number(&self) -> u64 {
        self.agent
    }

    pub(crate) fn text(&self) -> &str {
        &self.key
    }
}

impl fmt::Debug for FakeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeKey")
            .field("key", &"[redacted]")
            .field("agent", &self.agent)
            .field("role", &self.role)
            .field("state", &self.state)
            .finish()
    }
}

/// Who sent a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) agent: u64,
    pub(crate) role: Role,
}

/// Reads an `Authorization` value against the configured keys; the error is the `detail` of the 401.
pub(crate) fn authenticate(authorization: Option<&[u8]>, keys: &[FakeKey]) -> Result<Caller, &'static str> {
    let key = authorization
        .and_then(|value| value.strip_prefix(b"Api-Key "))
        .ok_or("Authentication credentials were not provided.")?;
    let key = std::str::from_utf8(key).ok().filter(|key| is_well_formed(key)).ok_or("Invalid API key.")?;
    if keys.is_empty() {
        return Ok(Caller { agent: DEFAULT_AGENT, role: Role::Write });
    }
    let known = keys.iter().find(|known| known.key.eq_ignore_ascii_case(key)).ok_or("Invalid API key.")?;
    match known.state {
        KeyState::Active => Ok(Caller { agent: known.agent, role: known.role.clone() }),
        KeyState::Revoked => Err("API key is inactive, expired or revoked."),
        KeyState::Unlinked => Err("API key is not linked to any agent."),
        KeyState::Unsubscribed => Err("Agent does not have an active subscription or development phase."),
    }
}

/// `^ags_[a-f0-9]{32}_[a-f0-9]{6}$` in any case. Any six digits pass as a checksum: how it is computed is not known.
fn is_well_formed(key: &str) -> bool {
    let mut parts = key.splitn(3, '_');
    let hex = |part: Option<&str>, length: usize| {
        part.is_some_and(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    parts.next().is_some_and(|prefix| prefix.eq_ignore_ascii_case("ags"))
        && hex(parts.next(), 32)
        && hex(parts.next(), 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(key: &str) -> Vec<u8> {
        format!("Api-Key {key}").into_bytes()
    }

    #[test]
    fn any_well_formed_key_may_write_while_none_is_configured() {
        assert_eq!(
            authenticate(Some(&header(DEFAULT_KEY)), &[]),
            Ok(Caller { agent: DEFAULT_AGENT, role: Role::Write })
        );
        assert!(authenticate(Some(&header(&DEFAULT_KEY.to_uppercase())), &[]).is_ok());
    }

    #[test]
    fn the_five_ways_to_be_refused() {
        let key = |state| [FakeKey::new(DEFAULT_KEY).state(state)];
        let sent = header(DEFAULT_KEY);
        for (authorization, keys, text) in [
            (None, vec![], "Authentication credentials were not provided."),
            (Some(b"Bearer x".to_vec()), vec![], "Authentication credentials were not provided."),
            (Some(header("ags_1234_12")), vec![], "Invalid API key."),
            (Some(header(&format!("{DEFAULT_KEY}\n"))), vec![], "Invalid API key."),
            (
                Some(header("ags_ffffffffffffffffffffffffffffffff_ffffff")),
                key(KeyState::Active).to_vec(),
                "Invalid API key.",
            ),
            (Some(sent.clone()), key(KeyState::Revoked).to_vec(), "API key is inactive, expired or revoked."),
            (Some(sent.clone()), key(KeyState::Unlinked).to_vec(), "API key is not linked to any agent."),
            (
                Some(sent.clone()),
                key(KeyState::Unsubscribed).to_vec(),
                "Agent does not have an active subscription or development phase.",
            ),
        ] {
            assert_eq!(authenticate(authorization.as_deref(), &keys), Err(text));
        }
    }
}
