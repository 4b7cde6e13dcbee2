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

use std::process::Command;

use common::{output, Client, Fixture};

#[test]
fn serving_services_are_ready() {
    let fixture = Fixture::start(&[]);
    for path in ["/livez", "/readyz"] {
        let answer = fixture.ask(path);
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"), "{path}");
    }
}

#[test]
fn failed_checks_are_named() {
    for (ready, detail) in [
        ("no", "database: it is away"),
        ("hang", "database: no answer within 1 s"),
        ("panic", "database: panicked"),
    ] {
        let fixture = Fixture::start(&[("READY", ready)]);
        assert_eq!(fixture.ask("/readyz").problem(503), detail);
        assert_eq!(fixture.ask("/livez").status, 200);
        assert_eq!(fixture.get("/").status, 200);
    }
}

#[test]
fn blocked_threads_fail_livez() {
    let fixture = Fixture::start(&[("WORKER_THREADS", "1")]);
    let mut blocked = fixture.connect();
    blocked.send(b"GET /block/2500 HTTP/1.1\r\nHost: a\r\n\r\n");
    fixture.wait_for("blocking");
    assert_eq!(
        fixture.ask("/livez").problem(503),
        "worker thread blocked for 1 s or more"
    );
    assert_eq!(blocked.answer().status, 200);
    assert_eq!(fixture.ask("/livez").status, 200);
}

#[test]
fn version_describes_the_build() {
    let version = Fixture::start(&[]).ask("/version").json();
    assert_eq!(version["name"], "fixture");
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let target = version["target"].as_str().unwrap();
    assert!(target.starts_with(std::env::consts::ARCH), "{target}");
}

#[test]
fn unknown_paths_are_problems() {
    let fixture = Fixture::start(&[]);
    fixture.ask("/nothing").problem(404);
    // The service's routes are not on the operations port, nor the other way round.
    fixture.ask("/sleep/1").problem(404);
    fixture.get("/metrics").problem(404);
}

#[test]
fn routes_are_the_routers_patterns() {
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
fn rejected_requests_have_a_route() {
    let fixture = Fixture::start(&[("MAX_BODY_BYTES", "1")]);
    for _ in 0..2 {
        fixture
            .connect()
            .post("/json", &[("content-type", "application/json")], "{}")
            .problem(413);
        assert_eq!(fixture.request_line()["route"], "/json");
        fixture.get("/json").problem(405);
        assert_eq!(fixture.request_line()["route"], "/json");
    }
}

#[test]
fn requests_are_counted() {
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
            "http_request_duration_seconds_bucket{le=\"+Inf\",route=\"/sleep/{ms}\"}",
            "2",
        ),
        (
            "http_request_duration_seconds_bucket{le=\"0.0005\",route=\"/sleep/{ms}\"}",
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
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(
        metrics.body.contains("build_info{name=\"fixture\","),
        "{}",
        metrics.body
    );
    assert!(!metrics.body.contains("nothing"), "{}", metrics.body);
}

#[test]
fn operations_connections_are_not_counted() {
    let fixture = Fixture::start(&[]);
    let mut client = fixture.connect();
    client.get("/");
    assert_eq!(fixture.metric("http_connections").as_deref(), Some("1"));
}

#[test]
fn healthcheck_reports_readiness() {
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
fn healthcheck_maps_unspecified_to_loopback() {
    let fixture = Fixture::start(&[("HOST", "127.0.0.1")]);
    let port = fixture.operations.port().to_string();
    let probe = output(&["healthcheck"], &[("HOST", "0.0.0.0"), ("OPS_PORT", &port)]);
    assert_eq!(probe.status.code(), Some(0));
}

#[test]
fn healthcheck_fails_without_service() {
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

#[test]
fn idle_connections_leave_probes_through() {
    let fixture = Fixture::start(&[]);
    let idle: Vec<_> = (0..200).map(|_| Client::connect(fixture.operations)).collect();
    let mut half: Vec<_> = (0..200).map(|_| Client::connect(fixture.operations)).collect();
    for client in &mut half {
        // Some are closed already.
        let _ = client.try_send("GET / HTTP/1.1\r\nhost:");
    }
    assert_eq!(fixture.ask("/readyz").status, 200);
    drop((idle, half));
}

#[test]
fn full_descriptors_leave_probes_through() {
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 100; exec \"$0\"", common::PROGRAM]);
    let variables = [("MAX_CONNECTIONS", "5000"), ("HEADER_READ_TIMEOUT", "60m")];
    let fixture = Fixture::spawn(common::configure(&mut limited, &variables));
    // Those that are not accepted are fewer than the system's queue holds.
    let mut clients: Vec<_> = (0..150).map(|_| fixture.connect()).collect();
    assert_eq!(clients[0].get("/").status, 200);
    for _ in 0..3 {
        assert_eq!(fixture.ask("/readyz").status, 200);
        assert_eq!(fixture.ask("/livez").status, 200);
    }
    assert_eq!(
        fixture.metric("http_connections_failed_total").as_deref(),
        Some("0")
    );
    assert_eq!(fixture.metric("process_max_fds").as_deref(), Some("100.0"));
}

#[test]
fn the_descriptor_limit_is_raised() {
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -S -n 64; exec \"$0\"", common::PROGRAM]);
    let fixture = Fixture::spawn(common::configure(&mut limited, &[]));
    let limit = fixture.metric("process_max_fds").unwrap();
    assert!(limit.parse::<f64>().unwrap() > 64.0, "{limit}");
}

#[test]
fn log_level_changes_at_run_time() {
    let fixture = Fixture::start(&[]);
    let mut operations = Client::connect(fixture.operations);
    assert_eq!(operations.get("/log-level").body, "info");
    let put = |operations: &mut Client, level: &str| {
        operations.request("PUT", "/log-level", &[], Some(level));
        operations.answer()
    };
    assert_eq!(put(&mut operations, "off").body, "off");
    assert_eq!(fixture.get("/panic").status, 500);
    assert_eq!(put(&mut operations, "info").body, "info");
    // Nothing was logged in between.
    assert_eq!(fixture.line("any", |_| true)["message"], "log level changed");
    assert_eq!(fixture.get("/log").status, 200);
    fixture.wait_for("a line of a handler");
    let detail = put(&mut operations, "loud").problem(400);
    assert_eq!(
        detail,
        "invalid level \"loud\": expected one of off, error, warn, info, debug"
    );
    assert_eq!(operations.get("/log-level").body, "info");
}

#[test]
fn own_and_process_metrics_are_served() {
    let fixture = Fixture::start(&[]);
    assert_eq!(fixture.metric("fixture_counted_total"), None);
    fixture.get("/count");
    fixture.get("/count");
    assert_eq!(fixture.metric("fixture_counted_total").as_deref(), Some("2"));
    for name in [
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
        "process_open_fds",
        "process_max_fds",
        "process_threads",
        "process_start_time_seconds",
    ] {
        let value = fixture.metric(name).unwrap_or_else(|| panic!("no {name}"));
        assert!(value.parse::<f64>().unwrap() >= 0.0, "{name} {value}");
    }
    assert!(fixture.ask("/metrics").body.ends_with("# EOF\n"));
}

#[test]
fn the_operations_port_can_be_off() {
    let fixture = Fixture::start(&[("OPS_PORT", "off")]);
    assert_eq!(fixture.get("/").status, 200);
    let probe = output(&["healthcheck"], &[("OPS_PORT", "off")]);
    assert_eq!(probe.status.code(), Some(1));
    assert!(String::from_utf8(probe.stderr)
        .unwrap()
        .contains("OPS_PORT is off"));
}

#[test]
fn operations_have_own_address() {
    let fixture = Fixture::start(&[("OPS_HOST", "127.0.0.2")]);
    assert_eq!(fixture.operations.ip().to_string(), "127.0.0.2");
    assert_eq!(fixture.ask("/livez").status, 200);
}

#[test]
fn service_links_of_kubernetes_are_ignored() {
    // Nothing listens there: the default port is asked instead of the value being refused.
    let variables = [("OPS_HOST", "127.0.0.3"), ("OPS_PORT", "tcp://10.0.0.1:80")];
    let probe = output(&["healthcheck"], &variables);
    assert_eq!(probe.status.code(), Some(1));
    let stderr = String::from_utf8(probe.stderr).unwrap();
    assert!(stderr.contains("http://127.0.0.3:9090/readyz"), "{stderr}");
}

#[test]
fn both_families_are_served_by_default() {
    let mut program = Command::new(common::PROGRAM);
    program
        .env_clear()
        .envs([("PORT", "0"), ("OPS_PORT", "0"), ("DRAIN_GRACE", "0s")]);
    let fixture = Fixture::spawn(&mut program);
    let port = fixture.service.port();
    assert_eq!(
        Client::connect(([127, 0, 0, 1], port).into()).get("/").status,
        200
    );
    if fixture.service.is_ipv6() {
        let localhost = std::net::Ipv6Addr::LOCALHOST;
        assert_eq!(Client::connect((localhost, port).into()).get("/").status, 200);
    }
}

#[test]
fn clients_are_those_before_trusted_proxies() {
    let forwarded = [("x-forwarded-for", "203.0.113.7, 198.51.100.1")];
    for (trusted, client) in [("", "127.0.0.1"), ("127.0.0.0/8", "198.51.100.1")] {
        let fixture = Fixture::start(&[("TRUSTED_PROXIES", trusted)]);
        let mut connection = fixture.connect();
        connection.request("GET", "/client", &forwarded, None);
        assert_eq!(connection.answer().body, format!("127.0.0.1 {client}"));
        assert_eq!(fixture.request_line()["client"], client);
    }
}

#[test]
fn secrets_come_from_files() {
    let path = std::env::temp_dir().join(format!("token-{}", std::process::id()));
    std::fs::write(&path, "s3cret\n").unwrap();
    let fixture = Fixture::start(&[("TOKEN_FILE", path.to_str().unwrap())]);
    assert_eq!(fixture.get("/token").body, "s3cret");
    std::fs::remove_file(&path).unwrap();
    let failed = output(&[], &[("TOKEN_FILE", path.to_str().unwrap())]);
    assert_eq!(failed.status.code(), Some(64));
}
