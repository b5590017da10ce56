//! The sans-IO core of the AgentSight SDK: ordering, delivery, retry, filters and paging as pure code.
