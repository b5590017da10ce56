/// What a send does after a create whose outcome is unknown: the request may have arrived, but no usable answer came
/// back (R17).
///
/// The service does not recognise a repeated create, so sending it again blindly can record an event twice, and not
/// sending it again can lose it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AmbiguousCreate {
    /// Reads the conversation back and looks for the event. Found: it counts as acknowledged. Not found: it is sent
    /// again. Reading back impossible: it stays in doubt, is reported, and the next send looks again.
    ///
    /// The key must be allowed to read. After a timeout the service may still be busy with the first request, so the
    /// second look comes one attempt's time later; a request that takes effect later still can appear twice.
    #[default]
    ReadBack,
    /// Sends it again at once, without looking. Nothing is lost; an event can be recorded twice.
    Resend,
    /// Neither looks nor sends: the event stays in doubt and its conversation stops there until somebody settles
    /// it with [`settle_doubt`](crate::ConversationLane::settle_doubt). Nothing is recorded twice.
    Hold,
}
