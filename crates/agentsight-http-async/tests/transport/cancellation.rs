//! Requests that nobody waits for any more (R11).

use std::pin::pin;
use std::time::Duration;

use agentsight_core::transport::AsyncTransport as _;
use futures_util::future::{Either, select};
use tokio::sync::oneshot;

use crate::attempts::post;
use crate::clients;
use crate::raw_server::RawServer;

#[test]
fn r11_dropping_the_future_abandons_the_request() {
    for client in clients() {
        let (arrived_sender, arrived) = oneshot::channel();
        let (left_sender, left) = oneshot::channel();
        let server = RawServer::start(move |visitors| {
            let mut visitor = visitors.next()?;
            visitor.request()?;
            arrived_sender.send(()).ok()?;
            visitor.drain();
            left_sender.send(()).ok()
        });
        client.runtime.block_on(async {
            let mut sending = Box::pin(client.transport.send(post(&server.url("/"))));
            let Either::Right((Ok(()), _)) = select(sending.as_mut(), pin!(arrived)).await else {
                panic!("the request arrives and is not answered");
            };
            drop(sending);
            // The connection is closed while the runtime goes on, not because it ends.
            tokio::time::timeout(Duration::from_secs(20), left).await.expect("in time").expect("the visitor left");
        });
        assert_eq!(server.finish(), Some(()));
    }
}

#[test]
fn a_request_can_be_sent_from_any_task() {
    for client in clients() {
        let server = RawServer::start(|visitors| {
            let mut visitor = visitors.next()?;
            visitor.request()?;
            visitor.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").then_some(())
        });
        let transport = client.transport.clone();
        let attempt = post(&server.url("/"));
        let task = client.runtime.spawn(async move { transport.send(attempt).await });
        let answer = client.runtime.block_on(task).expect("the task does not panic").expect("an answer");
        assert_eq!(answer.status(), 200);
        assert_eq!(server.finish(), Some(()));
    }
}
