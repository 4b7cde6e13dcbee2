//! `boot --grpc-health`, on images whose program is this test.

use crate::common::Outcome;
use crate::fixture::check;
use serde_json::json;

fn boot(fixture: &str, service: &str, ready_timeout: &str) -> Outcome {
    let arguments = ["--grpc-health", service, "--ready-timeout", ready_timeout];
    check("boot", fixture, &json!({}), &arguments)
}

#[test]
fn accepts_serving_service() {
    boot("grpc", "", "10").expect(
        0,
        &[
            "gRPC health \"\" SERVING SERVING ok",
            "SIGTERM exit 0 within 10 s exit 0 after",
        ],
    );
    boot("grpc", "quota.v1.Quota", "10").expect(0, &["gRPC health \"quota.v1.Quota\" SERVING SERVING ok"]);
}

#[test]
fn rejects_other_responses() {
    for (service, found) in [
        ("down", "found NOT_SERVING"),
        ("missing", "found grpc-status 5 NOT_FOUND: unknown service"),
        ("late", "found grpc-status 13 INTERNAL"),
        ("plain", "found HTTP status 404 Not Found"),
        ("garbage", "found invalid response [01"),
        ("odd", "found invalid HealthCheckResponse [08]"),
        ("reset", "found HTTP/2: stream error"),
    ] {
        boot("grpc", service, "10").expect(
            1,
            &[&format!("gRPC health \"{service}\": expected SERVING, {found}")],
        );
    }
}

#[test]
fn rejects_missing_response() {
    boot("grpc", "silent", "0.5").expect(1, &["found no response within 0.5 s"]);
}

#[test]
fn rejects_service_without_http2() {
    boot("good", "", "10").expect(1, &["gRPC health \"\": expected SERVING, found HTTP/2: "]);
}
