//! An explicit proxy (C3).

use crate::attempts::{elsewhere, get};
use crate::client_for;
use crate::raw_server::RawServer;

#[test]
fn c3_an_explicit_proxy_is_asked() {
    let proxy = RawServer::start(|visitors| {
        let mut visitor = visitors.next()?;
        let tunnel = visitor.request_head()?;
        visitor.send("HTTP/1.1 200 OK\r\n\r\n");
        let request = visitor.request()?;
        visitor.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        Some((tunnel, request))
    });
    let client = client_for(elsewhere().proxy(proxy.url("")));
    client.send(get("http://agentsight.invalid/api/")).expect("an answer");
    let ((line, asked), sent) = proxy.finish().expect("a tunnel and a request");
    assert_eq!(line, "CONNECT agentsight.invalid:80 HTTP/1.1");
    assert_eq!(sent.line, "GET /api/ HTTP/1.1");
    // The key goes through the tunnel, not to the proxy.
    let has_key = |headers: &[(String, String)]| headers.iter().any(|(name, _)| name == "authorization");
    assert_eq!((has_key(&asked), has_key(&sent.headers)), (false, true));
}
