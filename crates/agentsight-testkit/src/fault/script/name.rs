/// Declares the names once, for reading, writing and the list of choices.
macro_rules! names {
    ($($name:ident = $text:literal,)*) => {
        /// A fault by the name of its constructor.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum FaultName {
            $($name,)*
        }

        impl FaultName {
            pub(super) const ALL: &[&str] = &[$($text),*];

            pub(super) fn find(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }

            pub(super) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

names! {
    Status = "status",
    RateLimited = "rate_limited",
    RetryAfter = "retry_after",
    HtmlPage = "html_page",
    Redirect = "redirect",
    EarlyTooLarge = "early_too_large",
    GzipBomb = "gzip_bomb",
    Delay = "delay",
    TruncatedJson = "truncated_json",
    WithoutId = "without_id",
    ContentType = "content_type",
    TrimmedText = "trimmed_text",
    OtherConversation = "other_conversation",
    Padded = "padded",
    DribbledHead = "dribbled_head",
    DribbledBody = "dribbled_body",
    Refused = "refused",
    ResetOnAccept = "reset_on_accept",
    ResetAfterRequest = "reset_after_request",
    ResetInHead = "reset_in_head",
    ResetInBody = "reset_in_body",
    CloseInBody = "close_in_body",
    CloseBeforeApplied = "close_before_applied",
    CloseAfterApplied = "close_after_applied",
    StoreThenDrop = "store_then_drop",
    StoreLate = "store_late",
    Silence = "silence",
    StaleConnection = "stale_connection",
}
