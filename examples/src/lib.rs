//! What the examples share: the choice between the fake service and the real one.
