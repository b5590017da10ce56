//! Proxies that speak SOCKS, for both clients (C3).

use agentsight_core::transport::FailureKind;

use crate::attempts::{elsewhere, get};
use crate::client_for;
use crate::raw_server::{RawServer, Visitor};

/// An address that nobody has, so that no name needs to be resolved.
const NOWHERE: &str = "192.0.2.1";

/// What a proxy is told: the user name, the password, the host and the port.
#[derive(Debug, PartialEq)]
struct Told(String, String, String, u16);

#[test]
fn c3_a_socks_proxy_is_asked_in_every_version() {
    for (scheme, host, credentials) in [
        ("socks4", NOWHERE, ("", "")),
        ("socks4a", "agentsight.invalid", ("", "")),
        ("socks5", NOWHERE, ("", "")),
        ("socks5", NOWHERE, ("me", "hunter2")),
        ("socks5h", "agentsight.invalid", ("me", "hunter2")),
    ] {
        let proxy = RawServer::start(|visitors| {
            let mut visitor = visitors.next()?;
            let told = if visitor.bytes(1) == [4] { version_4(&mut visitor) } else { version_5(&mut visitor) };
            let request = visitor.request()?;
            visitor.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
            Some((told, request.line))
        });
        let at = if credentials.0.is_empty() { String::new() } else { format!("{}:{}@", credentials.0, credentials.1) };
        let client = client_for(elsewhere().proxy(format!("{scheme}://{at}{}", proxy.address())));
        client.send(get(&format!("http://{host}/api/"))).expect("an answer");
        let (told, line) = proxy.finish().expect("a request");
        assert_eq!(told, Told(credentials.0.into(), credentials.1.into(), host.into(), 80), "{scheme}");
        assert_eq!(line, "GET /api/ HTTP/1.1");
    }
}

#[test]
fn c3_a_socks_proxy_that_is_not_there_is_named_without_its_password() {
    // Nobody listens on port 1.
    let client = client_for(elsewhere().proxy("socks5h://me:hunter2@127.0.0.1:1"));
    let failure = client.send(get("http://agentsight.invalid/api/")).expect_err("nobody is there");
    assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Connect, false));
    let shown = format!("{failure} {failure:?}");
    assert!(shown.contains("socks5h://127.0.0.1:1 (proxy)") && !shown.contains("hunter2"), "{shown}");
}

/// Plays a proxy of version 4 or 4a, behind the version.
fn version_4(visitor: &mut Visitor) -> Told {
    let request = visitor.bytes(7);
    let [1, high, low, ref address @ ..] = request[..] else { panic!("CONNECT was expected: {request:?}") };
    let user = visitor.text();
    // An address that begins with three zeros says that a name follows.
    let host = if address.starts_with(&[0, 0, 0]) { visitor.text() } else { dotted(address) };
    visitor.send([0, 90, 0, 0, 0, 0, 0, 0]);
    Told(user, String::new(), host, u16::from_be_bytes([high, low]))
}

/// Plays a proxy of version 5, behind the version. It asks for a password if the visitor has one.
fn version_5(visitor: &mut Visitor) -> Told {
    let methods = counted(visitor);
    let (user, password) = if methods.contains(&2) {
        visitor.send([5, 2]);
        assert_eq!(visitor.bytes(1), [1]);
        let credentials = (counted(visitor), counted(visitor));
        visitor.send([1, 0]);
        credentials
    } else {
        visitor.send([5, 0]);
        (Vec::new(), Vec::new())
    };
    let request = visitor.bytes(4);
    let host = match request[..] {
        [5, 1, 0, 1] => dotted(&visitor.bytes(4)),
        [5, 1, 0, 3] => text(counted(visitor)),
        _ => panic!("CONNECT to an address or a name was expected: {request:?}"),
    };
    let port = visitor.bytes(2);
    visitor.send([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    Told(text(user), text(password), host, u16::from_be_bytes([port[0], port[1]]))
}

/// Takes a byte that says how many follow, and those.
fn counted(visitor: &mut Visitor) -> Vec<u8> {
    let count = visitor.bytes(1)[0];
    visitor.bytes(count.into())
}

fn dotted(address: &[u8]) -> String {
    address.iter().map(u8::to_string).collect::<Vec<_>>().join(".")
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("a name is text")
}
