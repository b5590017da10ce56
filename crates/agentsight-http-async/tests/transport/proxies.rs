//! An explicit proxy (C3).

use crate::attempts::{elsewhere, get};
use crate::client_for;
use crate::raw_server::RawServer;

#[test]
fn c3_an_explicit_proxy_is_asked() {
    let proxy = RawServer::start(|visitors| {
        let mut visitor = visitors.next()?;
        let request = visitor.request()?;
        visitor.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        Some(request.line)
    });
    let client = client_for(elsewhere().proxy(proxy.url("")));
    client.send(get("http://agentsight.invalid/api/")).expect("an answer");
    assert_eq!(proxy.finish().as_deref(), Some("GET http://agentsight.invalid/api/ HTTP/1.1"));
}
