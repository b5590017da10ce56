//! A faithful in-memory AgentSight service for tests and for work without an account.
