//! What a client makes of a server.

use agentsight_core::transport::{Attempt, FailureKind};

use crate::attempts::{get, post};
use crate::clients;
use crate::raw_server::{RawServer, Visitor};

/// What a failure says: its kind, and whether the service may have seen the request.
pub(crate) type Verdict = (FailureKind, bool);

/// Sends a POST and a GET, by every client, to a server that treats all of them like this.
pub(crate) fn verdicts(scheme: &str, script: fn(Visitor), adjust: fn(Attempt) -> Attempt) -> [Verdict; 2] {
    let verdicts = clients().map(|client| {
        let server = serve(script);
        let url = format!("{scheme}://{}/", server.address());
        let verdicts = [post(&url), get(&url)].map(|attempt| {
            let failure = client.send(adjust(attempt)).expect_err("a fault");
            (failure.kind(), failure.maybe_seen())
        });
        drop(client);
        verdicts
    });
    assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "the runtime makes no difference");
    verdicts[0]
}

/// A server that treats every visitor like this.
pub(crate) fn serve(script: fn(Visitor)) -> RawServer<()> {
    RawServer::start(move |visitors| {
        while let Some(visitor) = visitors.next() {
            script(visitor);
        }
    })
}

/// As it is.
pub(crate) fn unchanged(attempt: Attempt) -> Attempt {
    attempt
}
