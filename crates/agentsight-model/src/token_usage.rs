//! Token counters (R8).

use serde::{Deserialize, Serialize};

/// Tokens that a language model used.
///
/// [`new`](Self::new) derives the total; an explicit [`total_tokens`](Self::total_tokens) wins. Embedding tokens are
/// counted apart. The four counters travel as the metadata of an action named `token_usage` (R8).
///
/// ```
/// use agentsight_model::TokenUsage;
///
/// let usage = TokenUsage::new(100, 25).embedding_tokens(7);
/// assert_eq!(usage.total_tokens, 125);
/// assert_eq!(usage.saturating_add(TokenUsage::new(1, 1)).total_tokens, 127);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TokenUsage {
    /// Tokens of the prompts.
    pub prompt_tokens: u64,
    /// Tokens of the answers.
    pub completion_tokens: u64,
    /// All tokens, as the caller or [`new`](Self::new) counts them.
    pub total_tokens: u64,
    /// Tokens of embeddings, not part of the derived total.
    pub embedding_tokens: u64,
}

impl TokenUsage {
    /// Usage whose total is the sum of both, saturating.
    #[must_use]
    pub const fn new(prompt_tokens: u64, completion_tokens: u64) -> Self {
        Self {
            prompt_tokens,
            completion_tokens,
            total_tokens: prompt_tokens.saturating_add(completion_tokens),
            embedding_tokens: 0,
        }
    }

    /// Sets the tokens of the prompts. A total that is the sum of both stays their sum; any other stays as it is.
    ///
    /// ```
    /// use agentsight_model::TokenUsage;
    ///
    /// let usage = TokenUsage::default().prompt_tokens(100).completion_tokens(25);
    /// assert_eq!(usage, TokenUsage::new(100, 25));
    /// ```
    #[must_use]
    pub const fn prompt_tokens(self, prompt_tokens: u64) -> Self {
        self.with_parts(prompt_tokens, self.completion_tokens)
    }

    /// Sets the tokens of the answers. A total that is the sum of both stays their sum; any other stays as it is.
    #[must_use]
    pub const fn completion_tokens(self, completion_tokens: u64) -> Self {
        self.with_parts(self.prompt_tokens, completion_tokens)
    }

    const fn with_parts(self, prompt_tokens: u64, completion_tokens: u64) -> Self {
        let is_derived = self.total_tokens == self.prompt_tokens.saturating_add(self.completion_tokens);
        let total_tokens = if is_derived { prompt_tokens.saturating_add(completion_tokens) } else { self.total_tokens };
        Self { prompt_tokens, completion_tokens, total_tokens, embedding_tokens: self.embedding_tokens }
    }

    /// Replaces the derived total.
    #[must_use]
    pub const fn total_tokens(mut self, total_tokens: u64) -> Self {
        self.total_tokens = total_tokens;
        self
    }

    /// Sets the embedding tokens. The total stays as it is.
    #[must_use]
    pub const fn embedding_tokens(mut self, embedding_tokens: u64) -> Self {
        self.embedding_tokens = embedding_tokens;
        self
    }

    /// Both usages together, counter by counter. A counter that would overflow stays at its maximum.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            completion_tokens: self.completion_tokens.saturating_add(other.completion_tokens),
            total_tokens: self.total_tokens.saturating_add(other.total_tokens),
            embedding_tokens: self.embedding_tokens.saturating_add(other.embedding_tokens),
        }
    }

    /// Whether all four counters are zero; such usage is not sent.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.prompt_tokens == 0 && self.completion_tokens == 0 && self.total_tokens == 0 && self.embedding_tokens == 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r8_the_total_is_derived_and_an_explicit_one_wins() {
        assert_eq!(TokenUsage::new(100, 25).total_tokens, 125);
        assert_eq!(TokenUsage::new(100, 25).total_tokens(130).total_tokens, 130);
        assert_eq!(TokenUsage::new(u64::MAX, 1).total_tokens, u64::MAX);
    }

    #[test]
    fn r8_every_field_has_a_setter_and_an_explicit_total_stays() {
        let usage = TokenUsage::default().completion_tokens(25).prompt_tokens(100).embedding_tokens(7);
        assert_eq!(usage, TokenUsage::new(100, 25).embedding_tokens(7));
        assert_eq!(TokenUsage::new(1, 2).total_tokens(130).prompt_tokens(100).total_tokens, 130);
        assert_eq!(TokenUsage::new(1, 2).prompt_tokens(u64::MAX).total_tokens, u64::MAX);
    }

    #[test]
    fn r8_embedding_tokens_are_counted_apart() {
        let usage = TokenUsage::new(1, 2).embedding_tokens(7);
        assert_eq!((usage.total_tokens, usage.embedding_tokens), (3, 7));
    }

    #[test]
    fn r8_usage_is_zero_only_when_all_four_counters_are() {
        assert!(TokenUsage::default().is_zero());
        for usage in [
            TokenUsage::new(1, 0).total_tokens(0),
            TokenUsage::new(0, 1).total_tokens(0),
            TokenUsage::default().total_tokens(1),
            TokenUsage::default().embedding_tokens(1),
        ] {
            assert!(!usage.is_zero(), "{usage:?}");
        }
    }

    #[test]
    fn r8_the_four_counters_are_the_metadata_of_an_action() -> Result<(), serde_json::Error> {
        let usage = TokenUsage::new(80, 35).embedding_tokens(7);
        let json = r#"{"prompt_tokens":80,"completion_tokens":35,"total_tokens":115,"embedding_tokens":7}"#;
        assert_eq!(serde_json::to_string(&usage)?, json);
        assert_eq!(serde_json::from_str::<TokenUsage>(json)?, usage);
        Ok(())
    }

    fn usage() -> impl Strategy<Value = TokenUsage> {
        any::<[u64; 4]>().prop_map(|[prompt, completion, total, embedding]| {
            TokenUsage::new(prompt, completion).total_tokens(total).embedding_tokens(embedding)
        })
    }

    proptest! {
        #[test]
        fn r8_the_order_of_adding_does_not_matter(a in usage(), b in usage(), c in usage()) {
            prop_assert_eq!(a.saturating_add(b), b.saturating_add(a));
            prop_assert_eq!(a.saturating_add(b).saturating_add(c), a.saturating_add(b.saturating_add(c)));
            prop_assert_eq!(a.saturating_add(TokenUsage::default()), a);
        }
    }
}
