use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, Either, StreamBody};
use hyper::body::Frame;
use serde_json::json;

use super::ConsoleAnswer;
use crate::FakeApi;
use crate::api::{Revision, State};

/// The time between two looks: at most five events a second.
const PAUSE: Duration = Duration::from_millis(200);
/// After so many looks without an event there is a comment, so that a client that has gone is noticed: 15 seconds.
const LOOKS_TO_A_COMMENT: u32 = 75;

/// Server-sent events: one now, and one whenever something has happened since the last. It looks only while somebody
/// listens, and ends with the server.
pub(crate) fn changes(api: FakeApi) -> ConsoleAnswer {
    let events = stream::unfold((api, None), |(api, sent)| async move {
        let (event, sent) = next(&api, sent).await;
        Some((Ok::<_, Infallible>(Frame::data(event)), (api, Some(sent))))
    });
    let body = Either::Right(StreamBody::new(events).boxed_unsync());
    ConsoleAnswer::body(StatusCode::OK, HeaderValue::from_static("text/event-stream"), body)
}

/// The next event, or a comment after a long time without one; and what the client then knows.
async fn next(api: &FakeApi, sent: Option<Revision>) -> (Bytes, Revision) {
    let Some(sent) = sent else {
        let now = api.revision();
        return (event(api, now), now);
    };
    for _ in 0..LOOKS_TO_A_COMMENT {
        tokio::time::sleep(PAUSE).await;
        let now = api.revision();
        if now != sent {
            return (event(api, now), now);
        }
    }
    (Bytes::from_static(b": nothing new\n\n"), sent)
}

fn event(api: &FakeApi, revision: Revision) -> Bytes {
    let data = json!({
        "revision": revision.all,
        "stored": revision.stored,
        "requests": api.request_count(),
        "conversations": api.look(State::conversations_count),
    });
    format!("event: change\ndata: {data}\n\n").into()
}
