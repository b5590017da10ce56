//! The key's way past the library's log (C4).
//!
//! ureq dumps the head of every request, byte by byte, to `log` on `trace`, whatever is marked sensitive. So ureq is not
//! given the header with the key: it waits beside the request, and is put behind the other headers where the head goes
//! to the socket or to TLS, below everything that logs.

use std::cell::RefCell;

use http::HeaderValue;
use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport};

thread_local! {
    /// ureq sends a request on the thread that asked for it, one at a time.
    static WAITING: RefCell<Waiting> = const { RefCell::new(Waiting::NoRequest) };
}

/// The header of the request that this thread is sending.
enum Waiting {
    /// No request, or none that gets the header: one that asks a proxy for a tunnel.
    NoRequest,
    /// A request; its header until it is sent, if it has one.
    Request(Option<HeaderValue>),
}

/// Keeps the header for the next request of this thread. Dropping this forgets it, sent or not.
pub(super) fn wait_with(key: Option<HeaderValue>) -> Wait {
    WAITING.set(Waiting::Request(key));
    Wait
}

#[must_use = "dropping it forgets the header"]
pub(super) struct Wait;

impl Drop for Wait {
    fn drop(&mut self) {
        WAITING.set(Waiting::NoRequest);
    }
}

/// ureq's own connections, each of which can put the header in.
#[derive(Debug, Default)]
pub(super) struct AuthorizingConnector {
    inner: DefaultConnector,
}

impl Connector for AuthorizingConnector {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<()>) -> Result<Option<Self::Out>, Error> {
        // For a tunnel through a proxy, ureq comes back here for the connection to the proxy and asks for the tunnel on
        // it: without a request waiting, that connection stays as it is.
        let waiting = WAITING.replace(Waiting::NoRequest);
        let connected = self.inner.connect(details, chained);
        let is_to_endpoint = matches!(waiting, Waiting::Request(_));
        WAITING.set(waiting);
        let connected = connected?;
        Ok(if is_to_endpoint { connected.map(|inner| AuthorizingTransport { inner }.boxed()) } else { connected })
    }
}

fn take_key() -> Option<HeaderValue> {
    WAITING.with_borrow_mut(|waiting| match waiting {
        Waiting::Request(key) => key.take(),
        Waiting::NoRequest => None,
    })
}

#[derive(Debug)]
struct AuthorizingTransport {
    inner: Box<dyn Transport>,
}

impl Transport for AuthorizingTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let written = self.inner.buffers().output().get(..amount).unwrap_or_default();
        // The empty line that ends a head: the body comes in outputs of its own.
        let lines = written.strip_suffix(b"\r\n").filter(|lines| lines.is_empty() || lines.ends_with(b"\r\n"));
        let Some((lines, key)) = lines.zip(lines.and_then(|_| take_key())) else {
            return self.inner.transmit_output(amount, timeout);
        };
        let whole = [lines, b"authorization: ", key.as_bytes(), b"\r\n\r\n"].concat();
        let room = self.inner.buffers().output().len().max(1);
        for piece in whole.chunks(room) {
            if let Some(output) = self.inner.buffers().output().get_mut(..piece.len()) {
                output.copy_from_slice(piece);
            }
            self.inner.transmit_output(piece.len(), timeout)?;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use ureq::Agent;
    use ureq::unversioned::resolver::DefaultResolver;

    use super::*;

    /// Every one of its header lines fits into the smallest buffer below; the key's does not.
    const SMALLEST: usize = 64;

    fn key() -> HeaderValue {
        format!("Api-Key ags_{}", "0123456789abcdef".repeat(10)).parse().unwrap()
    }

    /// The head of a request as it arrives from a ureq whose output buffer has this size.
    fn head_sent_through(buffer: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte).unwrap();
                head.push(byte[0]);
            }
            stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
            String::from_utf8(head).unwrap()
        });
        let config = Agent::config_builder().output_buffer_size(buffer).proxy(None).build();
        let agent = Agent::with_parts(config, AuthorizingConnector::default(), DefaultResolver::default());
        let request = (0..8).fold(agent.get(url), |request, number| {
            request.header(format!("x-filler-{number}"), "y".repeat(number * 5))
        });
        let _wait = wait_with(Some(key()));
        assert_eq!(request.call().unwrap().status(), 204);
        server.join().unwrap()
    }

    #[test]
    fn c4_the_key_is_the_last_header_of_a_head_that_leaves_in_several_pieces() {
        let line = format!("\r\nauthorization: {}\r\n\r\n", key().to_str().unwrap());
        for buffer in SMALLEST..2 * SMALLEST {
            let head = head_sent_through(buffer);
            assert!(head.len() > 4 * buffer, "{}", head.len());
            assert!(head.starts_with("GET / HTTP/1.1\r\n") && head.ends_with(&line), "{buffer}: {head}");
            assert_eq!(head.matches("authorization").count(), 1, "{buffer}: {head}");
            for number in 0..8 {
                let filler = format!("\r\nx-filler-{number}: {}\r\n", "y".repeat(number * 5));
                assert!(head.contains(&filler), "{buffer}: {head}");
            }
        }
    }
}
