use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::case::Script;

/// Nothing waits longer than this, so that a suite that fails ends.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a read waits before it looks whether the case is over.
const LOOK_UP: Duration = Duration::from_millis(10);

/// The largest head that is read.
const LARGEST_HEAD: usize = 64 * 1024;

/// A server for one case, on a port of its own, that does to each visitor what a script says.
pub(super) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    visits: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    is_over: AtomicBool,
    last_visitor: Mutex<Option<SocketAddr>>,
    connections: Mutex<Vec<TcpStream>>,
    bytes_sent: AtomicU64,
}

/// A request as it crossed the socket.
#[derive(Clone, Debug)]
pub(super) struct Received {
    /// The request line.
    pub(super) line: String,
    /// Names in lower case, in the order of the wire.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// How many bytes the server had sent when the case was over.
    pub(super) answered_bytes: u64,
}

/// One connection.
pub(super) struct Visitor {
    stream: TcpStream,
    unread: Vec<u8>,
    shared: Arc<Shared>,
    until: Instant,
}

impl Server {
    /// Listens on a free port of 127.0.0.1; without a script, on one at which nobody listens any more.
    pub(super) fn start(script: Option<Arc<Script>>) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::<Shared>::default();
        let visits = script.map(|script| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || serve(&listener, &shared, &*script))
        });
        Ok(Self { address, shared, visits })
    }

    pub(super) fn url(&self, target: &str) -> String {
        format!("http://{}{target}", self.address)
    }

    /// Serves those who are at the door, lets nobody in after them, and hands out what arrived.
    pub(super) fn finish(mut self) -> Vec<Received> {
        self.close();
        let mut received = std::mem::take(&mut *lock(&self.shared.received));
        for request in &mut received {
            request.answered_bytes = self.shared.bytes_sent.load(Ordering::SeqCst);
        }
        received
    }

    fn close(&mut self) {
        let Some(visits) = self.visits.take() else { return };
        {
            let mut last_visitor = lock(&self.shared.last_visitor);
            // Wakes a server that waits for a visitor. The lock is held: it must not be taken for one.
            *last_visitor = TcpStream::connect(self.address).and_then(|stream| stream.local_addr()).ok();
        }
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes a script that writes to somebody who reads no more. What has come in can still be read.
        for connection in lock(&self.shared.connections).drain(..) {
            drop(connection.shutdown(Shutdown::Write));
        }
        // A script that panicked has received what it has received, which is judged.
        drop(visits.join());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close();
    }
}

fn serve(listener: &TcpListener, shared: &Arc<Shared>, script: &Script) {
    thread::scope(|scope| {
        while let Ok((stream, address)) = listener.accept() {
            if *lock(&shared.last_visitor) == Some(address) {
                return;
            }
            let timeouts =
                stream.set_read_timeout(Some(LOOK_UP)).and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
            if let (Ok(()), Ok(connection)) = (timeouts, stream.try_clone()) {
                lock(&shared.connections).push(connection);
                let until = Instant::now() + PATIENCE;
                let visitor = Visitor { stream, unread: Vec::new(), shared: Arc::clone(shared), until };
                scope.spawn(move || script(visitor));
            }
        }
    });
}

impl Visitor {
    /// Reads one request, and notes it; none if the visitor left without one.
    pub(super) fn request(&mut self) -> Option<Received> {
        self.request_after_head(|| {})
    }

    /// The same, and something happens when its head is there and its body may not be.
    pub(super) fn request_after_head(&mut self, happens: impl FnOnce()) -> Option<Received> {
        let (line, headers) = self.head()?;
        happens();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
        while self.unread.len() < length {
            if self.receive() == 0 {
                return None;
            }
        }
        let body = self.unread.drain(..length).collect();
        let received = Received { line, headers, body, answered_bytes: 0 };
        lock(&self.shared.received).push(received.clone());
        Some(received)
    }

    /// Reads the head of one request, and leaves its body where it is.
    pub(super) fn head(&mut self) -> Option<(String, Vec<(String, String)>)> {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            if self.unread.len() > LARGEST_HEAD || self.receive() == 0 {
                return None;
            }
        };
        let head: Vec<u8> = self.unread.drain(..end + 4).collect();
        let head = String::from_utf8_lossy(&head);
        let mut lines = head.trim_end().split("\r\n");
        let line = lines.next()?.to_owned();
        let pairs = lines.map(|line| line.split_once(':').unwrap_or((line, "")));
        Some((line, pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect()))
    }

    /// Sends bytes; whether the visitor was still there to take them.
    pub(super) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let is_sent = !self.shared.is_over.load(Ordering::SeqCst) && self.stream.write_all(bytes.as_ref()).is_ok();
        if is_sent {
            self.shared.bytes_sent.fetch_add(bytes.as_ref().len() as u64, Ordering::SeqCst);
        }
        is_sent
    }

    /// Takes whatever comes until the visitor leaves or the case is over.
    pub(super) fn wait(&mut self) {
        while self.receive() > 0 {
            self.unread.clear();
        }
    }

    /// Waits for a moment; whether the case goes on.
    pub(super) fn pause(&mut self) -> bool {
        let mut byte = [0];
        let is_there = match self.stream.read(&mut byte) {
            Ok(read) => read > 0,
            Err(error) => is_timeout(&error),
        };
        is_there && !self.shared.is_over.load(Ordering::SeqCst)
    }

    /// Ends the connection after what was sent.
    pub(super) fn hang_up(self) {
        // One who has left already is gone as well.
        drop(self.stream.shutdown(Shutdown::Both));
        self.forget();
    }

    /// Lets the server's own hold on the connection go, so that it ends with the visitor.
    fn forget(&self) {
        let address = self.stream.peer_addr().ok();
        lock(&self.shared.connections).retain(|connection| connection.peer_addr().ok() != address);
    }

    /// Breaks the connection, whatever was read or sent.
    pub(super) fn reset(self) {
        self.forget();
        // One who has left already is gone as well.
        drop(reset(self.stream));
    }

    /// How many bytes were read; none if the visitor left or the case is over.
    fn receive(&mut self) -> usize {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(read) => {
                    self.unread.extend_from_slice(&buffer[..read]);
                    return read;
                }
                Err(error) if is_timeout(&error) && !self.is_over() => {}
                Err(_) => return 0,
            }
        }
    }

    fn is_over(&self) -> bool {
        self.shared.is_over.load(Ordering::SeqCst) || Instant::now() > self.until
    }
}

/// A connection that is closed without patience (`SO_LINGER` 0) is reset.
fn reset(stream: TcpStream) -> io::Result<()> {
    stream.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let _context = runtime.enter();
    let stream = tokio::net::TcpStream::from_std(stream)?;
    stream.set_zero_linger()
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
