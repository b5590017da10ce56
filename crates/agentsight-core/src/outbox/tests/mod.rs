//! Tests of the outbox as a whole, without HTTP: what it plans, and what it makes of what comes back.

mod batch;
mod changes;
mod checks;
mod doubts;
mod expiry;
mod marks;
mod memory;
mod player;
mod restarts;
mod rests;
mod rounds;
mod service;
mod step;
mod turns;
mod world;

pub(crate) use self::player::Player;
pub(crate) use self::restarts::Fork;
pub(crate) use self::step::{inputs, outages, settings, steps};
pub(crate) use self::world::World;
