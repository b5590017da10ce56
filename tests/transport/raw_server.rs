//! A server that does to its visitors exactly what a test says, on a port of its own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Nothing waits longer than this, so that a failing test ends.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct RawServer<T> {
    address: SocketAddr,
    last_visitor: Arc<Mutex<Option<SocketAddr>>>,
    script: Option<JoinHandle<T>>,
}

/// Those who connect, in order.
pub(crate) struct Visitors {
    listener: TcpListener,
    last_visitor: Arc<Mutex<Option<SocketAddr>>>,
}

pub(crate) struct Visitor {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// A request as it crossed the socket.
pub(crate) struct ReceivedRequest {
    pub(crate) line: String,
    /// Names in lower case, in alphabetical order.
    pub(crate) headers: Vec<(String, String)>,
}

impl<T: Send + 'static> RawServer<T> {
    pub(crate) fn start(script: impl FnOnce(Visitors) -> T + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let last_visitor = Arc::new(Mutex::new(None));
        let visitors = Visitors { listener, last_visitor: Arc::clone(&last_visitor) };
        Self { address, last_visitor, script: Some(thread::spawn(move || script(visitors))) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets nobody in after those who are at the door, waits for the script and hands out what it found.
    pub(crate) fn finish(mut self) -> T {
        self.close();
        let script = self.script.take().expect("a server is finished once");
        script.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

impl<T> RawServer<T> {
    fn close(&self) {
        let mut last_visitor = self.last_visitor.lock().expect("no script panics while it holds the lock");
        // The connection wakes a script that waits for a visitor; without a listener it is refused and not needed.
        *last_visitor = TcpStream::connect(self.address).and_then(|stream| stream.local_addr()).ok();
    }
}

impl<T> Drop for RawServer<T> {
    fn drop(&mut self) {
        if let Some(script) = self.script.take() {
            self.close();
            drop(script.join());
        }
    }
}

impl Visitors {
    /// The next visitor, or none when the test is over.
    pub(crate) fn next(&self) -> Option<Visitor> {
        let (stream, address) = self.listener.accept().expect("the listener works");
        let last_visitor = *self.last_visitor.lock().expect("no test panics while it holds the lock");
        if last_visitor == Some(address) {
            return None;
        }
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout above zero");
        stream.set_write_timeout(Some(PATIENCE)).expect("a timeout above zero");
        Some(Visitor { stream, unread: Vec::new() })
    }
}

impl Visitor {
    /// Reads one request; none if the visitor left without one.
    pub(crate) fn request(&mut self) -> Option<ReceivedRequest> {
        let (line, headers) = self.request_head()?;
        let length = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .map_or(0, |(_, value)| value.parse().expect("a content-length is a number"));
        while self.unread.len() < length {
            self.receive();
        }
        self.unread.drain(..length);
        Some(ReceivedRequest { line, headers })
    }

    /// Reads the head of one request; none if the visitor left without one.
    pub(crate) fn request_head(&mut self) -> Option<(String, Vec<(String, String)>)> {
        let end = loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            if self.receive() == 0 {
                return None;
            }
        };
        let head: Vec<u8> = self.unread.drain(..end + 4).collect();
        let head = String::from_utf8(head).expect("a head is text");
        let mut lines = head.trim_end().split("\r\n");
        let line = lines.next().unwrap_or_default().to_owned();
        let mut headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").expect("a header has a name and a value"))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        headers.sort();
        Some((line, headers))
    }

    /// Takes so many bytes.
    #[cfg(feature = "socks")]
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            assert_ne!(self.receive(), 0, "the visitor stays");
        }
        self.unread.drain(..count).collect()
    }

    /// Takes the bytes before the next zero, and the zero.
    #[cfg(feature = "socks")]
    pub(crate) fn text(&mut self) -> String {
        let mut text = Vec::new();
        loop {
            match self.bytes(1)[0] {
                0 => return String::from_utf8(text).expect("a name is text"),
                byte => text.push(byte),
            }
        }
    }

    /// Sends bytes; whether the visitor was still there to take them.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    /// Takes whatever comes until the visitor leaves, and says how many bytes that were.
    pub(crate) fn drain(mut self) -> u64 {
        let mut total = self.unread.len() as u64;
        let mut buffer = [0; 16 * 1024];
        // A visitor who leaves in the middle may reset the connection.
        while let Ok(read @ 1..) = self.read(&mut buffer) {
            total += read as u64;
        }
        total
    }

    /// Breaks the connection: a socket that is closed with bytes unread is reset.
    pub(crate) fn reset(self) {
        let mut byte = [0];
        self.stream.peek(&mut byte).expect("the visitor has sent something");
    }

    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.stream.read(buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    fn receive(&mut self) -> usize {
        let mut buffer = [0; 16 * 1024];
        let read = self.read(&mut buffer).expect("the visitor sends in time");
        self.unread.extend_from_slice(&buffer[..read]);
        read
    }
}
