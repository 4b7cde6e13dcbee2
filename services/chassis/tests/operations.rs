//! What the operations port answers, and the probe that asks it.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use common::{output, Fixture};

#[test]
fn a_service_that_serves_is_alive_and_ready() {
    let fixture = Fixture::start(&[]);
    for path in ["/livez", "/readyz"] {
        let answer = fixture.ask(path);
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"), "{path}");
    }
}

#[test]
fn a_failing_check_is_named_and_leaves_the_service_alive() {
    for (ready, detail) in [
        ("no", "database: it is away"),
        ("hang", "database: no answer within 1 s"),
        ("panic", "database: it panicked"),
    ] {
        let fixture = Fixture::start(&[("READY", ready)]);
        assert_eq!(fixture.ask("/readyz").problem(503), detail);
        assert_eq!(fixture.ask("/livez").status, 200);
        assert_eq!(fixture.get("/").status, 200);
    }
}

#[test]
fn a_blocked_thread_is_told_as_long_as_it_is() {
    let fixture = Fixture::start(&[("WORKER_THREADS", "1")]);
    let mut blocked = fixture.connect();
    blocked.send(b"GET /block/2500 HTTP/1.1\r\nHost: a\r\n\r\n");
    fixture.wait_for("blocking");
    assert_eq!(
        fixture.ask("/livez").problem(503),
        "a thread that serves is blocked, for 1 s or more"
    );
    assert_eq!(blocked.answer().status, 200);
    assert_eq!(fixture.ask("/livez").status, 200);
}

#[test]
fn version_says_what_was_built() {
    let version = Fixture::start(&[]).ask("/version").json();
    assert_eq!(version["name"], "fixture");
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let target = version["target"].as_str().unwrap();
    assert!(target.starts_with(std::env::consts::ARCH), "{target}");
}

#[test]
fn what_is_not_there_is_a_problem() {
    let fixture = Fixture::start(&[]);
    fixture.ask("/nothing").problem(404);
    // The service's routes are not on the operations port, nor the other way round.
    fixture.ask("/sleep/1").problem(404);
    fixture.get("/metrics").problem(404);
}

#[test]
fn a_path_has_the_same_route_however_often_it_was_asked_for() {
    let fixture = Fixture::start(&[]);
    for (path, route) in [
        ("/json", "/json"),
        ("/sleep/1", "/sleep/{ms}"),
        ("/json?a=/nothing", "/json"),
        // A path that reads like the route: neither may be taken for the other.
        ("/sleep/{ms}", "/sleep/{ms}"),
        ("/sleep/1", "/sleep/{ms}"),
        ("/nothing", "unmatched"),
        ("/json/", "unmatched"),
        ("/unmatched", "unmatched"),
    ] {
        for _ in 0..3 {
            fixture.get(path);
            assert_eq!(fixture.request_line()["route"], route, "{path}");
        }
        fixture.connect().post(path, &[], "{}");
        assert_eq!(fixture.request_line()["route"], route, "POST {path}");
    }
}

#[test]
fn a_request_that_is_refused_took_no_route() {
    let fixture = Fixture::start(&[("MAX_BODY_BYTES", "1")]);
    for _ in 0..2 {
        fixture.connect().post("/json", &[], "{}").problem(413);
        assert_eq!(fixture.request_line()["route"], "unmatched");
        fixture.get("/json").problem(405);
        assert_eq!(fixture.request_line()["route"], "/json");
    }
}

#[test]
fn requests_are_counted_by_method_route_and_status() {
    let fixture = Fixture::start(&[]);
    for path in ["/sleep/1", "/sleep/2", "/nothing", "/nowhere"] {
        fixture.get(path);
    }
    fixture.connect().post("/json", &[], "{}");
    // An answer is there before it is counted.
    for _ in 0..5 {
        fixture.request_line();
    }
    for (name, value) in [
        (
            "http_requests_total{method=\"GET\",route=\"/sleep/{ms}\",status=\"200\"}",
            "2",
        ),
        (
            "http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"}",
            "2",
        ),
        (
            "http_requests_total{method=\"POST\",route=\"/json\",status=\"415\"}",
            "1",
        ),
        ("http_request_duration_seconds_count{route=\"/sleep/{ms}\"}", "2"),
        (
            "http_request_duration_seconds_bucket{route=\"/sleep/{ms}\",le=\"+Inf\"}",
            "2",
        ),
        (
            "http_request_duration_seconds_bucket{route=\"/sleep/{ms}\",le=\"0.0005\"}",
            "0",
        ),
        ("http_requests_in_flight", "0"),
        ("http_requests_shed_total", "0"),
        ("panics_total", "0"),
        ("log_lines_dropped_total", "0"),
    ] {
        assert_eq!(fixture.metric(name).as_deref(), Some(value), "{name}");
    }
    let metrics = fixture.ask("/metrics");
    assert_eq!(
        metrics.header("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    assert!(
        metrics.body.contains("build_info{name=\"fixture\","),
        "{}",
        metrics.body
    );
    assert!(!metrics.body.contains("nothing"), "{}", metrics.body);
}

#[test]
fn connections_are_the_services_own() {
    let fixture = Fixture::start(&[]);
    let mut client = fixture.connect();
    client.get("/");
    assert_eq!(fixture.metric("http_connections").as_deref(), Some("1"));
}

#[test]
fn healthcheck_exits_0_if_the_service_is_ready_and_says_why_it_is_not() {
    let fixture = Fixture::start(&[]);
    let port = fixture.operations.port().to_string();
    let probe = output(&["healthcheck"], &[("OPS_PORT", &port)]);
    assert_eq!(probe.status.code(), Some(0));
    assert!(probe.stdout.is_empty() && probe.stderr.is_empty());

    let fixture = Fixture::start(&[("READY", "no")]);
    let port = fixture.operations.port().to_string();
    let probe = output(&["healthcheck"], &[("OPS_PORT", &port)]);
    assert_eq!(probe.status.code(), Some(1));
    let stderr = String::from_utf8(probe.stderr).unwrap();
    assert!(
        stderr.contains("503") && stderr.contains("database: it is away"),
        "{stderr}"
    );
}

#[test]
fn healthcheck_of_all_addresses_asks_this_machine() {
    let fixture = Fixture::start(&[("HOST", "127.0.0.1")]);
    let port = fixture.operations.port().to_string();
    let probe = output(&["healthcheck"], &[("HOST", "0.0.0.0"), ("OPS_PORT", &port)]);
    assert_eq!(probe.status.code(), Some(0));
}

#[test]
fn healthcheck_exits_1_where_nobody_answers() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    drop(taken);
    let probe = output(&["healthcheck"], &[("OPS_PORT", &port)]);
    assert_eq!(probe.status.code(), Some(1));
    let stderr = String::from_utf8(probe.stderr).unwrap();
    assert!(
        stderr.contains(&format!("http://127.0.0.1:{port}/readyz")),
        "{stderr}"
    );
}
