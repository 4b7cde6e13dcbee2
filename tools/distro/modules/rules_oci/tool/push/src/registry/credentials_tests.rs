use serde_json::json;

use super::*;
use crate::scratch::Scratch;

fn find(config: &Value, name: &str) -> Option<Credentials> {
    in_config(
        config,
        &Repository::parse(name).unwrap(),
        Path::new("config.json"),
    )
    .unwrap()
}

fn password(name: &str, password: &str) -> Option<Credentials> {
    Some(Credentials::Password(name.into(), password.into()))
}

#[test]
fn the_longest_path_wins_and_docker_hub_has_an_old_name() {
    let config = json!({"auths": {
        "ghcr.io": {"auth": STANDARD.encode("a:x:y")},
        "ghcr.io/team": {"auth": STANDARD.encode("b:2")},
        "https://quay.io": {"username": "c", "password": "3"},
        "https://index.docker.io/v1/": {"auth": STANDARD.encode("d:4")},
        "acr.io": {"identitytoken": "t", "auth": "MDo="},
        "empty.io": {},
    }});
    assert!(find(&config, "ghcr.io/team/app") == password("b", "2"));
    assert!(find(&config, "ghcr.io/other/app") == password("a", "x:y"));
    assert!(find(&config, "quay.io/app") == password("c", "3"));
    assert!(find(&config, "busybox") == password("d", "4"));
    assert!(find(&config, "acr.io/app") == Some(Credentials::Identity("t".into())));
    assert!(find(&config, "empty.io/app").is_none());
}

#[test]
fn a_broken_entry_is_named() {
    let config = json!({"auths": {"ghcr.io": {"auth": "%%%"}}});
    let repository = Repository::parse("ghcr.io/app").unwrap();
    let error = in_config(&config, &repository, Path::new("config.json"))
        .err()
        .unwrap();
    assert!(
        error
            .to_string()
            .contains("auths, ghcr.io: `auth` is not the base64"),
        "{error}"
    );
}

#[test]
fn files_are_read_in_order_and_those_missing_are_passed_over() {
    let scratch = Scratch::new();
    scratch.file("docker/config.json", br#"{"auths": {"a.io": {"auth": "MTox"}}}"#);
    scratch.file(
        "auth.json",
        br#"{"auths": {"a.io": {"auth": "Mjoy"}, "b.io": {"auth": "Mjoy"}}}"#,
    );
    let keychain = Keychain::new(|name| match name {
        "DOCKER_CONFIG" => Some(scratch.path().join("docker").into()),
        "REGISTRY_AUTH_FILE" => Some(scratch.path().join("auth.json").into()),
        "HOME" => Some(scratch.path().join("none").into()),
        _ => None,
    });
    let find = |name: &str| keychain.find(&Repository::parse(name).unwrap()).unwrap();
    assert!(find("a.io/x") == password("1", "1"));
    assert!(find("b.io/x") == password("2", "2"));
    assert!(find("c.io/x").is_none());
    let words = keychain.describe();
    assert!(
        words.contains("docker/config.json") && words.contains("auth.json"),
        "{words}"
    );
    assert!(!words.contains("none"), "{words}");
}

#[test]
fn a_missing_helper_is_named() {
    let error = ask("thimble-none", "ghcr.io").err().unwrap().to_string();
    assert!(error.contains("docker-credential-thimble-none get"), "{error}");
}
