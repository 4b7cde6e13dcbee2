//! The operations port and the `healthcheck` command.

#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod common;

use std::net::TcpListener;
use std::process::Command;

use common::{command, output, start, PROGRAM};
use test_support::http1::Client;
use test_support::{set_environment, Program};

#[test]
fn running_services_are_ready() {
    let fixture = start(&[]);
    for path in ["/livez", "/readyz"] {
        let response = fixture.get_operations(path);
        assert_eq!((response.status, response.body.as_str()), (200, "ok"), "{path}");
    }
}

#[test]
fn failed_checks_are_named() {
    for (ready, detail) in [
        ("no", "database: no database: connection refused"),
        ("hang", "database: timed out after 1 s"),
        ("panic", "database: panicked"),
    ] {
        let fixture = start(&[("READY", ready)]);
        for _ in 0..2 {
            assert_eq!(fixture.get_operations("/readyz").assert_problem(503), detail);
        }
        assert_eq!(fixture.wait_for("not ready")["error"], detail);
        assert_eq!(fixture.get_operations("/livez").status, 200);
        assert_eq!(fixture.get("/").status, 200);
    }
}

#[test]
fn checks_run_concurrently() {
    // Each check waits for the other one.
    let fixture = start(&[("READY", "both")]);
    assert_eq!(fixture.get_operations("/readyz").body, "ok");
}

#[test]
fn starting_services_are_live() {
    let mut fixture = Program::spawn(&mut command(&[("START", "hang"), ("LOG_LEVEL", "debug")]));
    let line = fixture.find_line("starting", |line| line.get("operations").is_some());
    let address = line["operations"].as_str().unwrap().parse().unwrap();
    let mut client = Client::connect(address);
    assert_eq!(client.get("/livez").status, 200);
    assert_eq!(client.get("/readyz").assert_problem(503), "starting");
    assert_eq!(fixture.terminate(), Some(143));
    fixture.wait_for("exiting during the start");
}

#[test]
fn blocked_threads_fail_livez() {
    let fixture = start(&[("WORKER_THREADS", "1")]);
    let mut blocked = fixture.connect();
    blocked.send(b"GET /block/2500 HTTP/1.1\r\nHost: a\r\n\r\n");
    fixture.wait_for("blocking");
    let detail = "worker thread blocked for 1 s or more";
    assert_eq!(fixture.get_operations("/livez").assert_problem(503), detail);
    fixture.wait_for(detail);
    assert_eq!(blocked.response().status, 200);
    assert_eq!(fixture.get_operations("/livez").status, 200);
}

#[test]
fn busy_threads_are_live() {
    let fixture = start(&[("WORKER_THREADS", "1")]);
    // A new task waits for all of these, longer than a blocked thread is live.
    let mut busy: Vec<_> = (0..30).map(|_| fixture.connect()).collect();
    for client in &mut busy {
        client.send(b"GET /block/100 HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    fixture.wait_for("blocking");
    assert_eq!(fixture.get_operations("/livez").status, 200);
}

#[test]
fn version_describes_the_build() {
    let version = start(&[]).get_operations("/version").json();
    assert_eq!(version["name"], "fixture");
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let target = version["target"].as_str().unwrap();
    assert!(target.starts_with(std::env::consts::ARCH), "{target}");
}

#[test]
fn unknown_paths_are_problems() {
    let fixture = start(&[]);
    fixture.get_operations("/nothing").assert_problem(404);
    // Each port has only its own routes.
    fixture.get_operations("/sleep/1").assert_problem(404);
    fixture.get("/metrics").assert_problem(404);
}

#[test]
fn routes_are_router_patterns() {
    let fixture = start(&[]);
    for (path, route) in [
        ("/json", "/json"),
        ("/sleep/1", "/sleep/{ms}"),
        ("/json?a=/nothing", "/json"),
        // A path with the text of the pattern must not change the route of other paths.
        ("/sleep/{ms}", "/sleep/{ms}"),
        ("/sleep/1", "/sleep/{ms}"),
        ("/nothing", "unmatched"),
        ("/json/", "unmatched"),
        ("/unmatched", "unmatched"),
    ] {
        for _ in 0..3 {
            fixture.get(path);
            assert_eq!(fixture.request_log()["route"], route, "{path}");
        }
        fixture.connect().post(path, &[], "{}");
        assert_eq!(fixture.request_log()["route"], route, "POST {path}");
    }
}

#[test]
fn rejected_requests_have_a_route() {
    let fixture = start(&[("MAX_BODY_BYTES", "1")]);
    for _ in 0..2 {
        fixture
            .connect()
            .post("/json", &[("content-type", "application/json")], "{}")
            .assert_problem(413);
        assert_eq!(fixture.request_log()["route"], "/json");
        fixture.get("/json").assert_problem(405);
        assert_eq!(fixture.request_log()["route"], "/json");
    }
}

#[test]
fn requests_are_counted() {
    let fixture = start(&[]);
    for path in ["/sleep/1", "/sleep/2", "/nothing", "/nowhere"] {
        fixture.get(path);
    }
    fixture.connect().post("/json", &[], "{}");
    // A request is counted and logged after its response.
    for _ in 0..5 {
        fixture.request_log();
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
    let metrics = fixture.get_operations("/metrics");
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
    let fixture = start(&[]);
    let mut client = fixture.connect();
    client.get("/");
    assert_eq!(fixture.metric("http_connections").as_deref(), Some("1"));
}

#[test]
fn healthcheck_reports_readiness() {
    let fixture = start(&[]);
    let port = fixture.operations().port().to_string();
    let probe = output(&["healthcheck"], &[("OPS_PORT", &port)]);
    assert_eq!(probe.status.code(), Some(0));
    assert!(probe.stdout.is_empty() && probe.stderr.is_empty());

    let fixture = start(&[("READY", "no")]);
    let port = fixture.operations().port().to_string();
    let probe = output(&["healthcheck"], &[("OPS_PORT", &port)]);
    assert_eq!(probe.status.code(), Some(1));
    let stderr = String::from_utf8(probe.stderr).unwrap();
    assert!(
        stderr.contains("503") && stderr.contains("database: no database: connection refused"),
        "{stderr}"
    );
}

#[test]
fn healthcheck_reports_timeouts() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let probe = output(&["healthcheck"], &[("OPS_PORT", &port)]);
    assert_eq!(probe.status.code(), Some(1));
    let stderr = String::from_utf8(probe.stderr).unwrap();
    assert!(stderr.ends_with("/readyz: no response within 2 s\n"), "{stderr}");
}

#[test]
fn healthcheck_maps_unspecified_to_loopback() {
    // As in a container without IPv6, nothing listens on `::1`.
    let fixture = start(&[("HOST", "127.0.0.1")]);
    let port = fixture.operations().port().to_string();
    for host in ["0.0.0.0", "::"] {
        let probe = output(&["healthcheck"], &[("HOST", host), ("OPS_PORT", &port)]);
        assert_eq!(probe.status.code(), Some(0), "{host}");
    }
}

#[test]
fn healthcheck_fails_without_service() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = unused.local_addr().unwrap().port().to_string();
    drop(unused);
    let probe = output(&["healthcheck"], &[("OPS_PORT", &port)]);
    assert_eq!(probe.status.code(), Some(1));
    let stderr = String::from_utf8(probe.stderr).unwrap();
    assert!(
        stderr.contains(&format!("http://127.0.0.1:{port}/readyz")),
        "{stderr}"
    );
}

#[test]
fn healthcheck_requires_a_fixed_port() {
    for (port, reason) in [("off", ""), ("0", ", which selects a free port")] {
        let probe = output(&["healthcheck"], &[("OPS_PORT", port)]);
        assert_eq!(probe.status.code(), Some(1));
        let error = format!("fixture: cannot check health: OPS_PORT is \"{port}\"{reason}\n");
        assert_eq!(String::from_utf8(probe.stderr).unwrap(), error);
    }
}

#[test]
fn idle_connections_do_not_block_probes() {
    let fixture = start(&[]);
    let idle: Vec<_> = (0..200).map(|_| Client::connect(fixture.operations())).collect();
    let mut half: Vec<_> = (0..200).map(|_| Client::connect(fixture.operations())).collect();
    for client in &mut half {
        // The service may have closed the connection.
        let _ = client.try_send("GET / HTTP/1.1\r\nhost:");
    }
    assert_eq!(fixture.get_operations("/readyz").status, 200);
    drop((idle, half));
}

#[test]
fn descriptor_exhaustion_does_not_block_probes() {
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 128; exec \"$0\"", PROGRAM]);
    let variables = [
        ("MAX_CONNECTIONS", "5000"),
        ("HEADER_READ_TIMEOUT", "60m"),
        // Their runtimes use descriptors, too.
        ("WORKER_THREADS", "256"),
    ];
    let fixture = Program::spawn(set_environment(&mut limited, &variables));
    for (variable, used, required) in [("WORKER_THREADS", 8, 4096), ("MAX_CONNECTIONS", 64, 5512)] {
        let warning = format!(
            "{variable} is capped by the hard limit of open files 128; with a container engine: --ulimit nofile={required}"
        );
        assert_eq!(fixture.wait_for(&warning)["used"], used);
    }
    let fixture = fixture.listening();
    // The connections that are not accepted fit in the listen backlog.
    let mut clients: Vec<_> = (0..150).map(|_| fixture.connect()).collect();
    assert_eq!(clients[0].get("/").status, 200);
    for _ in 0..3 {
        assert_eq!(fixture.get_operations("/readyz").status, 200);
        assert_eq!(fixture.get_operations("/livez").status, 200);
    }
    assert_eq!(
        fixture.metric("http_connections_failed_total").as_deref(),
        Some("0")
    );
    assert_eq!(fixture.metric("process_max_fds").as_deref(), Some("128.0"));
}

#[test]
fn low_descriptor_limits_are_rejected() {
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 127; exec \"$0\"", PROGRAM]);
    let output = set_environment(&mut limited, &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "fixture: invalid hard limit of open files 127: expected at least 128; with a container engine:\n  --ulimit nofile=1024\n"
    );
}

#[test]
fn descriptor_limit_is_raised() {
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -S -n 64; exec \"$0\"", PROGRAM]);
    let fixture = Program::start(set_environment(&mut limited, &[]));
    let limit = fixture.metric("process_max_fds").unwrap();
    assert!(limit.parse::<f64>().unwrap() > 64.0, "{limit}");
}

#[test]
fn log_level_changes_at_run_time() {
    // The limit of bodies does not apply to the operations port.
    let fixture = start(&[("MAX_BODY_BYTES", "0")]);
    let mut operations = Client::connect(fixture.operations());
    assert_eq!(operations.get("/log-level").body, "info");
    let put = |operations: &mut Client, level: &str| {
        operations.request("PUT", "/log-level", &[], Some(level));
        operations.response()
    };
    assert_eq!(put(&mut operations, "off").body, "off");
    assert_eq!(fixture.get("/panic").status, 500);
    assert_eq!(put(&mut operations, "info").body, "info");
    // No event was logged at the level off.
    assert_eq!(fixture.find_line("any", |_| true)["message"], "log level changed");
    assert_eq!(fixture.get("/log").status, 200);
    fixture.wait_for("a line of a handler");
    let detail = put(&mut operations, "loud").assert_problem(400);
    assert_eq!(
        detail,
        "invalid level \"loud\": expected one of off, error, warn, info, debug"
    );
    assert_eq!(operations.get("/log-level").body, "info");
}

#[test]
fn own_and_process_metrics_are_served() {
    let fixture = start(&[]);
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
        let value = fixture
            .metric(name)
            .unwrap_or_else(|| panic!("missing metric {name}"));
        assert!(value.parse::<f64>().unwrap() >= 0.0, "{name} {value}");
    }
    assert!(fixture.get_operations("/metrics").body.ends_with("# EOF\n"));
}

#[test]
fn operations_port_can_be_off() {
    let fixture = start(&[("OPS_PORT", "off")]);
    assert_eq!(fixture.get("/").status, 200);
    let probe = output(&["healthcheck"], &[("OPS_PORT", "off")]);
    assert_eq!(probe.status.code(), Some(1));
    assert!(String::from_utf8(probe.stderr)
        .unwrap()
        .contains("OPS_PORT is \"off\""));
}

#[test]
fn operations_have_own_address() {
    let fixture = start(&[("OPS_HOST", "127.0.0.2")]);
    assert_eq!(fixture.operations().ip().to_string(), "127.0.0.2");
    assert_eq!(fixture.get_operations("/livez").status, 200);
}

#[test]
fn service_links_of_kubernetes_are_ignored() {
    // The value is ignored, so the probe connects to the default port, which is closed.
    let variables = [("OPS_HOST", "127.0.0.3"), ("OPS_PORT", "tcp://10.0.0.1:80")];
    let probe = output(&["healthcheck"], &variables);
    assert_eq!(probe.status.code(), Some(1));
    let stderr = String::from_utf8(probe.stderr).unwrap();
    assert!(stderr.contains("http://127.0.0.3:9090/readyz"), "{stderr}");
}

#[test]
fn default_host_serves_both_families() {
    let mut program = Command::new(PROGRAM);
    program
        .env_clear()
        .envs([("PORT", "0"), ("OPS_PORT", "0"), ("DRAIN_GRACE", "0s")]);
    let fixture = Program::start(&mut program);
    let port = fixture.address().port();
    assert_eq!(
        Client::connect(([127, 0, 0, 1], port).into()).get("/").status,
        200
    );
    if fixture.address().is_ipv6() {
        let localhost = std::net::Ipv6Addr::LOCALHOST;
        assert_eq!(Client::connect((localhost, port).into()).get("/").status, 200);
    }
}

#[test]
fn client_address_skips_trusted_proxies() {
    let forwarded = [("x-forwarded-for", "203.0.113.7, 198.51.100.1")];
    for (trusted, client) in [("", "127.0.0.1"), ("127.0.0.0/8", "198.51.100.1")] {
        let fixture = start(&[("TRUSTED_PROXIES", trusted)]);
        let mut connection = fixture.connect();
        connection.request("GET", "/client", &forwarded, None);
        assert_eq!(connection.response().body, format!("127.0.0.1 {client}"));
        assert_eq!(fixture.request_log()["client"], client);
    }
}

#[test]
fn dual_stack_sockets_have_unmapped_addresses() {
    let fixture = start(&[("HOST", ""), ("TRUSTED_PROXIES", "::ffff:127.0.0.0/104")]);
    let mut connection = Client::connect(([127, 0, 0, 1], fixture.address().port()).into());
    connection.request("GET", "/client", &[("x-forwarded-for", "198.51.100.1")], None);
    assert_eq!(connection.response().body, "127.0.0.1 198.51.100.1");
}

#[test]
fn secrets_come_from_files() {
    let path = std::env::temp_dir().join(format!("token-{}", std::process::id()));
    std::fs::write(&path, "s3cret\n").unwrap();
    let fixture = start(&[("TOKEN_FILE", path.to_str().unwrap())]);
    assert_eq!(fixture.get("/token").body, "s3cret");
    std::fs::remove_file(&path).unwrap();
    let failed = output(&[], &[("TOKEN_FILE", path.to_str().unwrap())]);
    assert_eq!(failed.status.code(), Some(64));
}
