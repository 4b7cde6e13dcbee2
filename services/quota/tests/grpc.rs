//! The program over a socket.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use common::{call, Client, Program, Reply};
use quota::v1::{TakeReply, TakeRequest, WatchReply, WatchRequest};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

const TAKE: &str = "/quota.v1.Quota/Take";
const WATCH: &str = "/quota.v1.Quota/Watch";
const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH_HEALTH: &str = "/grpc.health.v1.Health/Watch";

type Result<T> = std::result::Result<T, (i32, String)>;

async fn take(client: &mut Client, key: &str, amount: u32) -> Result<TakeReply> {
    let key = key.to_owned();
    call(client, TAKE, &TakeRequest { key, amount }).await
}

async fn watch(client: &mut Client, key: &str, headers: &[(&str, &str)]) -> Reply {
    let key = key.to_owned();
    client.send(WATCH, &WatchRequest { key }, headers).await
}

async fn remaining(reply: &mut Reply) -> Option<u32> {
    let message: Option<WatchReply> = reply.next().await;
    message.map(|message| message.remaining)
}

async fn health(reply: &mut Reply) -> Option<ServingStatus> {
    let message: Option<HealthCheckResponse> = reply.next().await;
    message.map(|message| message.status())
}

fn service(name: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: name.to_owned(),
    }
}

#[tokio::test]
async fn takes_tokens_until_empty() {
    let program = Program::start(&[("QUOTA_LIMIT", "10"), ("QUOTA_REFILL_PER_SECOND", "1")]);
    let mut client = Client::connect(&program).await;
    let reply = take(&mut client, "a", 9).await.unwrap();
    assert_eq!(
        (reply.granted, reply.remaining, reply.retry_after_ms),
        (true, 1, 0)
    );
    let reply = take(&mut client, "a", 10).await.unwrap();
    assert!(!reply.granted && reply.remaining < 10, "{reply:?}");
    assert!((1..=9000).contains(&reply.retry_after_ms), "{reply:?}");
    assert!(take(&mut client, "b", 10).await.unwrap().granted);
}

#[tokio::test]
async fn invalid_arguments_are_rejected() {
    let program = Program::start(&[]);
    let mut client = Client::connect(&program).await;
    for (key, amount, message) in [
        ("", 1, "invalid key of 0 bytes: expected 1 to 128"),
        (&"a".repeat(129), 1, "invalid key of 129 bytes: expected 1 to 128"),
        ("a", 0, "invalid amount 0: expected 1 to 100"),
        ("a", 101, "invalid amount 101: expected 1 to 100"),
    ] {
        let error = take(&mut client, key, amount).await.unwrap_err();
        assert_eq!(error, (3, message.to_owned()));
    }
    assert_eq!(watch(&mut client, "", &[]).await.status().await.0, 3);
}

#[tokio::test]
async fn keys_are_bounded() {
    let program = Program::start(&[("QUOTA_MAX_KEYS", "1"), ("QUOTA_REFILL_PER_SECOND", "1")]);
    let mut client = Client::connect(&program).await;
    assert!(take(&mut client, "a", 100).await.unwrap().granted);
    let error = take(&mut client, "b", 1).await.unwrap_err();
    assert_eq!(error, (8, "more than 1 keys".to_owned()));
    let _watched = watch(&mut client, "a", &[]).await;
    let error = watch(&mut client, "b", &[]).await.status().await;
    assert_eq!(error.0, 8);
}

#[tokio::test]
async fn watched_keys_are_streamed() {
    let program = Program::start(&[("QUOTA_REFILL_PER_SECOND", "1")]);
    let mut client = Client::connect(&program).await;
    let mut stream = watch(&mut client, "a", &[]).await;
    assert_eq!(remaining(&mut stream).await, Some(100));
    for amount in [60, 30] {
        let taken = take(&mut client, "a", amount).await.unwrap();
        take(&mut client, "b", 1).await.unwrap();
        assert_eq!(remaining(&mut stream).await, Some(taken.remaining));
    }
}

#[tokio::test]
async fn streams_have_a_deadline() {
    let program = Program::start(&[]);
    let mut client = Client::connect(&program).await;
    let mut stream = watch(&mut client, "a", &[("grpc-timeout", "300m")]).await;
    assert_eq!(remaining(&mut stream).await, Some(100));
    assert_eq!(remaining(&mut stream).await, None);
    assert_eq!(stream.status().await.0, 4);
}

#[tokio::test]
async fn unknown_methods_are_unimplemented() {
    let program = Program::start(&[]);
    let mut client = Client::connect(&program).await;
    for path in ["/quota.v1.Quota/Give", "/quota.v2.Quota/Take"] {
        let error = call::<TakeReply>(&mut client, path, &WatchRequest::default()).await;
        assert_eq!(error.unwrap_err().0, 12, "{path}");
    }
}

#[tokio::test]
async fn health_is_that_of_the_server() {
    let program = Program::start(&[]);
    let mut client = Client::connect(&program).await;
    for name in ["", "quota.v1.Quota"] {
        let reply: HealthCheckResponse = call(&mut client, CHECK, &service(name)).await.unwrap();
        assert_eq!(reply.status(), ServingStatus::Serving, "{name}");
    }
    let unknown = call::<HealthCheckResponse>(&mut client, CHECK, &service("other")).await;
    assert_eq!(unknown.unwrap_err().0, 5);
    let mut unknown = client.send(WATCH_HEALTH, &service("other"), &[]).await;
    assert_eq!(health(&mut unknown).await, Some(ServingStatus::ServiceUnknown));
}

#[tokio::test]
async fn health_reports_the_drain() {
    let mut program = Program::start(&[("DRAIN_GRACE", "5s")]);
    let mut client = Client::connect(&program).await;
    let mut stream = client.send(WATCH_HEALTH, &service(""), &[]).await;
    assert_eq!(health(&mut stream).await, Some(ServingStatus::Serving));
    program.terminate();
    assert_eq!(health(&mut stream).await, Some(ServingStatus::NotServing));
    let reply: HealthCheckResponse = call(&mut client, CHECK, &service("")).await.unwrap();
    assert_eq!(reply.status(), ServingStatus::NotServing);
    assert!(take(&mut client, "a", 1).await.unwrap().granted);
    assert_eq!(health(&mut stream).await, None);
    assert_eq!(program.ended().code(), Some(0));
}

#[tokio::test]
async fn streams_end_with_the_service() {
    let mut program = Program::start(&[]);
    let mut client = Client::connect(&program).await;
    let mut stream = watch(&mut client, "a", &[]).await;
    assert_eq!(remaining(&mut stream).await, Some(100));
    program.terminate();
    assert_eq!(remaining(&mut stream).await, None);
    assert_eq!(
        stream.status().await,
        (14, "the service is shutting down".to_owned())
    );
    assert_eq!(program.ended().code(), Some(0));
}
