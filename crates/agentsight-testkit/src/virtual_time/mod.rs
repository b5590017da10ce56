//! The service without a socket and without waiting: a transport over [`FakeApi`](crate::FakeApi), and one clock for
//! both sides.

mod clock;
mod files;
mod sleep;
mod transport;
mod turn;

pub use self::clock::TestClock;
pub use self::transport::VirtualTransport;
