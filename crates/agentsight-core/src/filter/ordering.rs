use std::fmt;

/// What conversations can be sorted by (wire: GET /api/conversations/).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrderField {
    /// When they began.
    StartedAt,
    /// When they ended.
    EndedAt,
    /// Their number.
    Id,
    /// The customer's id.
    CustomerId,
    /// Whether they are marked.
    IsMarked,
    /// Their language.
    Language,
}

/// A field to sort by, and a direction. Made from an [`OrderField`]:
///
/// ```
/// use agentsight_core::{ConversationFilter, OrderField};
///
/// # fn main() -> Result<(), agentsight_core::Error> {
/// let newest_first = ConversationFilter::new().ordering(OrderField::StartedAt.descending());
/// assert_eq!(newest_first.encode()?, "ordering=-started_at");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConversationOrdering {
    field: OrderField,
    descending: bool,
}

impl OrderField {
    /// Smallest, earliest or unmarked first.
    #[must_use]
    pub fn ascending(self) -> ConversationOrdering {
        ConversationOrdering { field: self, descending: false }
    }

    /// Largest, latest or marked first.
    #[must_use]
    pub fn descending(self) -> ConversationOrdering {
        ConversationOrdering { field: self, descending: true }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::StartedAt => "started_at",
            Self::EndedAt => "ended_at",
            Self::Id => "id",
            Self::CustomerId => "customer_id",
            Self::IsMarked => "is_marked",
            Self::Language => "language",
        }
    }
}

/// Ascending.
impl From<OrderField> for ConversationOrdering {
    fn from(field: OrderField) -> Self {
        field.ascending()
    }
}

/// Shows it as the service takes it: `started_at`, or `-started_at` for descending.
impl fmt::Display for ConversationOrdering {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", if self.descending { "-" } else { "" }, self.field.as_str())
    }
}
