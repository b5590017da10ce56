//! The blocking AgentSight client, over ureq.
