//! Proxies.

use std::net::TcpListener;
use std::thread;

use oci_push::registry::{Client, Proxies, Repository};

use crate::common::Scratch;
use crate::registry::{with_status, TestRegistry};
use crate::{image, push_with, POLICY};

fn push_through(proxy: &str, host: &str) -> Result<usize, String> {
    let scratch = Scratch::new();
    let repository = Repository::parse(&format!("{host}/team/app")).expect("a repository");
    let proxies = Proxies::new(|name| (name == "HTTP_PROXY").then(|| proxy.to_owned()));
    let client = Client::new(repository, true, Default::default(), proxies, POLICY).expect("no error");
    push_with(&client, &image(&scratch), &[])
}

#[test]
fn uses_proxy_for_remote_hosts() {
    let proxy = TestRegistry::start(&[with_status(200)]);
    assert_eq!(push_through(&proxy.host, "registry.test:5000"), Ok(0));
    let requests = proxy.requests();
    assert_eq!(requests[0], "CONNECT registry.test:5000");
    assert!(
        requests[1].starts_with("HEAD /v2/team/app/manifests/"),
        "{requests:?}"
    );
}

#[test]
fn bypasses_proxy_for_loopback() {
    let registry = TestRegistry::start(&[with_status(200)]);
    let proxy = TestRegistry::start(&[with_status(200)]);
    assert_eq!(push_through(&proxy.host, &registry.host), Ok(0));
    assert!(proxy.requests().is_empty());
}

#[test]
fn reports_tls_failure_of_https_proxy() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let proxy = format!("https://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || listener.incoming().for_each(drop));
    let error = push_through(&proxy, "registry.test:5000").unwrap_err();
    assert!(!error.is_empty(), "{error}");
}

#[test]
fn rejects_socks_proxy() {
    let error = push_through("socks5://127.0.0.1:9", "registry.test:5000").unwrap_err();
    assert!(
        error.contains("invalid HTTP_PROXY: the scheme \"socks5\""),
        "{error}"
    );
}
