//! The fake service behind a socket.

mod connection;
#[cfg(feature = "cli")]
mod first_request;
mod listener;
mod raw;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use tokio::runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use self::connection::Connections;
#[cfg(feature = "cli")]
pub(crate) use self::connection::{AnswerBody, whole};
use self::listener::Order;
#[cfg(feature = "cli")]
use crate::console::{Console, Guard};
use crate::fault::{FaultMix, FaultPlan, FaultRule};
use crate::record::RecordedRequest;
use crate::{Audit, FakeApi, FakeClock, FakeOptions, Verification};

/// A [`FakeApi`] that listens on a free port of 127.0.0.1, for tests that need a real socket.
///
/// It runs on a thread of its own, so blocking and asynchronous tests use it alike. Dropping it closes the port and
/// every connection, whatever they are doing, and waits until that is done.
///
/// ```
/// use agentsight_testkit::FakeServer;
///
/// # fn main() -> std::io::Result<()> {
/// let server = FakeServer::start()?;
/// assert!(server.url().starts_with("http://127.0.0.1:"));
/// assert!(server.requests().is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FakeServer {
    api: FakeApi,
    address: SocketAddr,
    url: String,
    faults: Arc<Mutex<FaultPlan>>,
    orders: Option<UnboundedSender<Order>>,
    thread: Option<JoinHandle<()>>,
}

/// The settings of a [`FakeServer`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FakeServerBuilder {
    options: FakeOptions,
    api: Option<FakeApi>,
    faults: FaultPlan,
    body_limit: Option<usize>,
    address: SocketAddr,
    #[cfg(feature = "cli")]
    console: bool,
    #[cfg(feature = "cli")]
    console_hosts: Vec<String>,
}

impl FakeServer {
    /// Starts an empty service that runs with the machine's clock.
    ///
    /// # Errors
    ///
    /// When no port, thread or runtime can be had.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// The settings to start with.
    #[must_use]
    pub fn builder() -> FakeServerBuilder {
        FakeServerBuilder {
            options: FakeOptions::new(),
            api: None,
            faults: FaultPlan::new(),
            body_limit: None,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            #[cfg(feature = "cli")]
            console: false,
            #[cfg(feature = "cli")]
            console_hosts: Vec::new(),
        }
    }

    /// The address to give to a client of this machine, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The service behind the socket: its state can be looked at, and asked without the socket.
    #[must_use]
    pub fn api(&self) -> &FakeApi {
        &self.api
    }

    /// A key that the service accepts for writing.
    #[must_use]
    pub fn api_key(&self) -> &str {
        self.api.api_key()
    }

    /// The requests so far, oldest first. One whose answer the client has read is among them.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.api.requests()
    }

    /// The truth about what reached the service so far, and how; see [`FakeApi::audit`].
    #[must_use]
    pub fn audit(&self) -> Audit {
        self.api.audit()
    }

    /// Whether the requests so far are ones that AgentSight documents; see [`FakeApi::verify`].
    #[must_use]
    pub fn verify(&self) -> Verification {
        self.api.verify()
    }

    /// Adds a fault that later requests may meet; it counts from now.
    pub fn add_fault(&self, rule: FaultRule) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).add(rule);
    }

    /// Replaces all faults; an empty plan heals the service.
    pub fn set_faults(&self, faults: FaultPlan) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.set_faults(FaultPlan::new());
    }

    /// Makes the service as it was when it began, see [`FakeApi::reset`], and takes all faults away. Connections that
    /// are open stay so.
    pub fn reset(&self) {
        self.clear_faults();
        self.api.reset();
    }

    /// Refuses every new connection from now on, as a service does that is down. Those that are open stay so.
    ///
    /// # Errors
    ///
    /// When the system does not let the port be held while nobody listens on it.
    pub fn refuse_connections(&self) -> io::Result<()> {
        self.order(Order::Refuse)
    }

    /// Accepts connections again, on the same port.
    ///
    /// # Errors
    ///
    /// When the system does not let the port be listened on again.
    pub fn accept_connections(&self) -> io::Result<()> {
        self.order(Order::Accept)
    }

    fn order(&self, order: impl FnOnce(mpsc::Sender<io::Result<()>>) -> Order) -> io::Result<()> {
        let (done, answer) = mpsc::channel();
        let gone = || io::Error::other("the server's thread has ended");
        self.orders.as_ref().and_then(|orders| orders.send(order(done)).ok()).ok_or_else(gone)?;
        answer.recv().map_err(|_| gone())?
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        // The thread ends at once: nothing on it blocks, and its runtime drops the connections where they stand.
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl FakeServerBuilder {
    /// The settings of the service. Its clock is the machine's unless they name one.
    #[must_use]
    pub fn options(mut self, options: FakeOptions) -> Self {
        self.options = options;
        self
    }

    /// Serves this service instead of a new one; it keeps its own options.
    #[must_use]
    pub fn api(mut self, api: FakeApi) -> Self {
        self.api = Some(api);
        self
    }

    /// Adds a fault that requests may meet.
    #[must_use]
    pub fn fault(mut self, rule: FaultRule) -> Self {
        self.faults.add(rule);
        self
    }

    /// The faults that requests may meet, in place of those named so far.
    #[must_use]
    pub fn faults(mut self, faults: FaultPlan) -> Self {
        self.faults = faults;
        self
    }

    /// Random faults for the requests that no rule is due for.
    #[must_use]
    pub fn mix(mut self, mix: FaultMix) -> Self {
        self.faults = self.faults.mix(mix);
        self
    }

    /// The most bytes of a request body; what the service's options say unless given. A larger one is read to its
    /// end, not kept, and answered 413.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = Some(bytes);
        self
    }

    /// The address to listen on; a free port of 127.0.0.1 unless given.
    ///
    /// Whoever reaches the address can read and change what the server holds: it is meant for loopback.
    #[must_use]
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Whether the inspector answers at `/` and the control API under `/__testkit/`; no unless given.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn console(mut self, console: bool) -> Self {
        self.console = console;
        self
    }

    /// A host name by which the console may be asked too, such as the name of a container.
    ///
    /// It answers to the names of this machine's loopback and to the address that the server listens on: a page of a
    /// foreign site cannot reach it by a name of its own that leads here.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn console_host(mut self, name: impl Into<String>) -> Self {
        self.console_hosts.push(name.into());
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// When no port, thread or runtime can be had.
    pub fn start(self) -> io::Result<FakeServer> {
        let listener = TcpListener::bind(self.address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let url = format!("http://{}", reachable(address));
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let mut options = self.options;
        options.clock.get_or_insert_with(FakeClock::system);
        options.body_limit = self.body_limit.unwrap_or(options.body_limit);
        let api = self.api.unwrap_or_else(|| FakeApi::with_options(options));
        let body_limit = self.body_limit.unwrap_or(api.body_limit());
        let faults = Arc::new(Mutex::new(self.faults));
        let connections = Connections {
            api: api.clone(),
            faults: Arc::clone(&faults),
            body_limit,
            #[cfg(feature = "cli")]
            console: self.console.then(|| {
                let guard = Guard::new(address.ip(), self.console_hosts);
                Console::new(api.clone(), Arc::clone(&faults), guard, body_limit)
            }),
        };
        let (orders, taken) = unbounded_channel();
        let thread = thread::Builder::new().name("agentsight-fake-server".to_owned()).spawn(move || {
            runtime.block_on(connections.serve(listener, address, taken));
        })?;
        Ok(FakeServer { api, address, url, faults, orders: Some(orders), thread: Some(thread) })
    }
}

/// Where this machine reaches a server that listens there: on every address means on loopback too.
fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    if address.ip().is_unspecified() { SocketAddr::new(loopback, address.port()) } else { address }
}
