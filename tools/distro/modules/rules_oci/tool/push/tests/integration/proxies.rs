//! Proxies of the environment.

use oci_push::registry::{Client, Proxies, Repository};

use crate::common::Scratch;
use crate::registry::{with_status, TestRegistry};
use crate::{image, push_with, POLICY};

fn push_by(proxy: &str, host: &str) -> Result<usize, String> {
    let scratch = Scratch::new();
    let repository = Repository::parse(&format!("{host}/team/app")).expect("a repository");
    let proxies = Proxies::new(|name| (name == "HTTP_PROXY").then(|| proxy.to_owned()));
    let client = Client::new(repository, true, Default::default(), proxies, POLICY).expect("no error");
    push_with(&client, &image(&scratch), &[])
}

#[test]
fn other_machines_are_asked_by_proxy() {
    let proxy = TestRegistry::start(&[with_status(200)]);
    assert_eq!(push_by(&proxy.host, "registry.test:5000"), Ok(0));
    let requests = proxy.requests();
    assert_eq!(requests[0], "CONNECT registry.test:5000");
    assert!(
        requests[1].starts_with("HEAD /v2/team/app/manifests/"),
        "{requests:?}"
    );
}

#[test]
fn loopback_is_asked_directly() {
    let registry = TestRegistry::start(&[with_status(200)]);
    let proxy = TestRegistry::start(&[with_status(200)]);
    assert_eq!(push_by(&proxy.host, &registry.host), Ok(0));
    assert!(proxy.requests().is_empty());
}

#[test]
fn rejects_socks() {
    let error = push_by("socks5://127.0.0.1:9", "registry.test:5000").unwrap_err();
    assert!(
        error.contains("invalid HTTP_PROXY: a proxy of the scheme \"socks5\""),
        "{error}"
    );
}
