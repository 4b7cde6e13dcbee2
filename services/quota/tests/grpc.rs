//! The program, called over HTTP/2.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs
)]

use prost::Message;
use quota::v1::{TakeReply, TakeRequest, WatchReply, WatchRequest};
use test_support::grpc::{call, Response};
use test_support::http2::Connection;
use test_support::{service_command, Program, Signal};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

const TAKE: &str = "/quota.v1.Quota/Take";
const WATCH: &str = "/quota.v1.Quota/Watch";
const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH_HEALTH: &str = "/grpc.health.v1.Health/Watch";

/// The message of a reply, or the code and the message of its status.
type Result<T> = std::result::Result<T, (i32, String)>;

fn start(variables: &[(&str, &str)]) -> Program {
    Program::start(&mut service_command(env!("CARGO_BIN_EXE_quota"), variables))
}

async fn send(
    connection: &mut Connection,
    path: &str,
    request: &impl Message,
    headers: &[(&str, &str)],
) -> Response {
    let message = request.encode_to_vec();
    Response::new(call(connection, path, headers, &message).await).await
}

async fn next<M: Message + Default>(response: &mut Response) -> Option<M> {
    let message = response.next_message().await?;
    Some(M::decode(&*message).unwrap())
}

async fn unary<M: Message + Default>(
    connection: &mut Connection,
    path: &str,
    request: &impl Message,
) -> Result<M> {
    let mut response = send(connection, path, request, &[]).await;
    let message = next(&mut response).await;
    let status = response.status().await;
    match status.code {
        0 => Ok(message.unwrap()),
        code => Err((code, status.message)),
    }
}

async fn take(connection: &mut Connection, key: &str, amount: u32) -> Result<TakeReply> {
    let key = key.to_owned();
    unary(connection, TAKE, &TakeRequest { key, amount }).await
}

async fn watch(connection: &mut Connection, key: &str, headers: &[(&str, &str)]) -> Response {
    let key = key.to_owned();
    send(connection, WATCH, &WatchRequest { key }, headers).await
}

async fn remaining(response: &mut Response) -> Option<u32> {
    let message: Option<WatchReply> = next(response).await;
    message.map(|message| message.remaining)
}

async fn health(response: &mut Response) -> Option<ServingStatus> {
    let message: Option<HealthCheckResponse> = next(response).await;
    message.map(|message| message.status())
}

fn health_request(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.to_owned(),
    }
}

#[tokio::test]
async fn takes_tokens_until_empty() {
    let program = start(&[("QUOTA_LIMIT", "10"), ("QUOTA_REFILL_PER_SECOND", "1")]);
    let mut connection = Connection::open(program.address()).await;
    let reply = take(&mut connection, "a", 9).await.unwrap();
    assert_eq!(
        (reply.granted, reply.remaining, reply.retry_after_ms),
        (true, 1, 0)
    );
    let reply = take(&mut connection, "a", 10).await.unwrap();
    assert!(!reply.granted && reply.remaining < 10, "{reply:?}");
    assert!((1..=9000).contains(&reply.retry_after_ms), "{reply:?}");
    assert!(take(&mut connection, "b", 10).await.unwrap().granted);
}

#[tokio::test]
async fn rejects_invalid_arguments() {
    let program = start(&[]);
    let mut connection = Connection::open(program.address()).await;
    for (key, amount, message) in [
        ("", 1, "invalid key of 0 bytes: expected 1 to 128"),
        (&"a".repeat(129), 1, "invalid key of 129 bytes: expected 1 to 128"),
        ("a", 0, "invalid amount 0: expected 1 to 100"),
        ("a", 101, "invalid amount 101: expected 1 to 100"),
    ] {
        let error = take(&mut connection, key, amount).await.unwrap_err();
        assert_eq!(error, (3, message.to_owned()));
    }
    assert_eq!(watch(&mut connection, "", &[]).await.status().await.code, 3);
}

#[tokio::test]
async fn limits_number_of_keys() {
    let program = start(&[("QUOTA_MAX_KEYS", "1"), ("QUOTA_REFILL_PER_SECOND", "1")]);
    let mut connection = Connection::open(program.address()).await;
    assert!(take(&mut connection, "a", 100).await.unwrap().granted);
    let error = take(&mut connection, "b", 1).await.unwrap_err();
    assert_eq!(error, (8, "more than 1 keys".to_owned()));
    let _watched = watch(&mut connection, "a", &[]).await;
    let status = watch(&mut connection, "b", &[]).await.status().await;
    assert_eq!(status.code, 8);
}

#[tokio::test]
async fn streams_watched_keys() {
    let program = start(&[("QUOTA_REFILL_PER_SECOND", "1")]);
    let mut connection = Connection::open(program.address()).await;
    let mut stream = watch(&mut connection, "a", &[]).await;
    assert_eq!(remaining(&mut stream).await, Some(100));
    for amount in [60, 30] {
        let taken = take(&mut connection, "a", amount).await.unwrap();
        take(&mut connection, "b", 1).await.unwrap();
        assert_eq!(remaining(&mut stream).await, Some(taken.remaining));
    }
}

#[tokio::test]
async fn streams_end_at_their_deadline() {
    let program = start(&[]);
    let mut connection = Connection::open(program.address()).await;
    let mut stream = watch(&mut connection, "a", &[("grpc-timeout", "300m")]).await;
    assert_eq!(remaining(&mut stream).await, Some(100));
    assert_eq!(remaining(&mut stream).await, None);
    assert_eq!(stream.status().await.code, 4);
}

#[tokio::test]
async fn unknown_methods_are_unimplemented() {
    let program = start(&[]);
    let mut connection = Connection::open(program.address()).await;
    for path in ["/quota.v1.Quota/Give", "/quota.v2.Quota/Take"] {
        let error = unary::<TakeReply>(&mut connection, path, &WatchRequest::default()).await;
        assert_eq!(error.unwrap_err().0, 12, "{path}");
    }
}

#[tokio::test]
async fn serves_health_of_services() {
    let program = start(&[]);
    let mut connection = Connection::open(program.address()).await;
    for name in ["", "quota.v1.Quota"] {
        let reply: HealthCheckResponse = unary(&mut connection, CHECK, &health_request(name))
            .await
            .unwrap();
        assert_eq!(reply.status(), ServingStatus::Serving, "{name}");
    }
    let unknown = unary::<HealthCheckResponse>(&mut connection, CHECK, &health_request("other")).await;
    assert_eq!(unknown.unwrap_err().0, 5);
    let mut unknown = send(&mut connection, WATCH_HEALTH, &health_request("other"), &[]).await;
    assert_eq!(health(&mut unknown).await, Some(ServingStatus::ServiceUnknown));
}

#[tokio::test]
async fn health_reports_draining() {
    let mut program = start(&[("DRAIN_GRACE", "5s")]);
    let mut connection = Connection::open(program.address()).await;
    let mut stream = send(&mut connection, WATCH_HEALTH, &health_request(""), &[]).await;
    assert_eq!(health(&mut stream).await, Some(ServingStatus::Serving));
    program.signal(Signal::TERM);
    assert_eq!(health(&mut stream).await, Some(ServingStatus::NotServing));
    let reply: HealthCheckResponse = unary(&mut connection, CHECK, &health_request("")).await.unwrap();
    assert_eq!(reply.status(), ServingStatus::NotServing);
    assert!(take(&mut connection, "a", 1).await.unwrap().granted);
    assert_eq!(health(&mut stream).await, None);
    assert_eq!(program.wait().code(), Some(0));
}

#[tokio::test]
async fn unread_streams_end_at_shutdown() {
    let mut program = start(&[]);
    // The first message uses the window, the second one the queue of the stream.
    let mut reader = Connection::open_with_window(program.address(), 1).await;
    let stream = watch(&mut reader, "a", &[]).await;
    let mut other = Connection::open(program.address()).await;
    for _ in 0..10 {
        assert!(take(&mut other, "a", 1).await.unwrap().granted);
    }
    program.signal(Signal::TERM);
    let status = stream.status().await;
    assert_eq!(
        (status.code, status.message.as_str()),
        (14, "the service is shutting down")
    );
    assert_eq!(program.wait().code(), Some(0));
}

#[tokio::test]
async fn streams_end_at_shutdown() {
    let mut program = start(&[]);
    let mut connection = Connection::open(program.address()).await;
    let mut stream = watch(&mut connection, "a", &[]).await;
    assert_eq!(remaining(&mut stream).await, Some(100));
    program.signal(Signal::TERM);
    assert_eq!(remaining(&mut stream).await, None);
    let status = stream.status().await;
    assert_eq!(
        (status.code, status.message.as_str()),
        (14, "the service is shutting down")
    );
    assert_eq!(program.wait().code(), Some(0));
}
