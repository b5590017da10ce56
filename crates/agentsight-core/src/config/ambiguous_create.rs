/// What a send does after a create whose outcome is unknown: the request may have arrived, but no usable answer came
/// back (R17).
///
/// The service does not recognise a repeated create, so sending it again blindly can record an event twice, and not
/// sending it again can lose it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AmbiguousCreate {
    /// Reads the conversation back and looks for the event. Found: it counts as acknowledged. Not found: it is sent
    /// again. Reading back impossible: it stays in doubt, is reported, and is looked for again later.
    ///
    /// The key must be allowed to read. Not finding the event counts only after
    /// [`read_back_delay`](crate::ConfigBuilder::read_back_delay), and after a timeout, where the service may still be at
    /// work, one attempt's time later. A request that takes effect later still can appear twice.
    #[default]
    ReadBack,
    /// Sends it again at once, without looking. Nothing is lost; an event can be recorded twice.
    Resend,
    /// Neither looks nor sends: the event stays in doubt and its conversation stops there until somebody settles
    /// it with [`settle_doubt`](crate::ConversationRecorder::settle_doubt). Nothing is recorded twice.
    Hold,
}
