use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use serde_json::json;

use super::*;
use crate::scratch::Scratch;

fn try_find(config: &str, name: &str) -> Result<Option<Credentials>, String> {
    let scratch = Scratch::new();
    let file = scratch.file("auth.json", config.as_bytes());
    let keychain = Keychain::new(|name| (name == "REGISTRY_AUTH_FILE").then(|| file.clone().into()));
    let found = keychain.find(&Repository::parse(name).expect("a repository"));
    found.map_err(|error| error.to_string())
}

fn find(config: &Value, name: &str) -> Option<Credentials> {
    try_find(&config.to_string(), name).expect("no error")
}

fn password(name: &str, password: &str) -> Option<Credentials> {
    Some(Credentials::Password(name.into(), password.into()))
}

#[test]
fn prefers_longest_matching_path() {
    let config = json!({"auths": {
        "ghcr.io": {"auth": STANDARD.encode("a:x:y")},
        "ghcr.io/team/": {"auth": STANDARD.encode("b:2")},
        "https://quay.io": {"username": "c", "password": "3"},
        "empty.io": {},
    }});
    assert!(find(&config, "ghcr.io/team/app") == password("b", "2"));
    assert!(find(&config, "ghcr.io/team") == password("b", "2"));
    assert!(find(&config, "ghcr.io/teams/app") == password("a", "x:y"));
    assert!(find(&config, "quay.io/app") == password("c", "3"));
    assert!(find(&config, "empty.io/app").is_none());
    assert!(find(&config, "other.io/app").is_none());
}

#[test]
fn matches_keys_with_scheme_and_path() {
    for key in [
        "r.io:5000",
        "r.io:5000/",
        "http://r.io:5000",
        "http://r.io:5000/v2/",
        "https://r.io:5000/any/path/",
        "r.io:5000/v1/",
    ] {
        let config = json!({"auths": {key: {"auth": STANDARD.encode("a:1")}}});
        assert!(find(&config, "r.io:5000/team/app") == password("a", "1"), "{key}");
        assert!(find(&config, "r.io/team/app").is_none(), "{key}");
    }
}

#[test]
fn matches_all_docker_hub_names() {
    for key in [
        "https://index.docker.io/v1/",
        "index.docker.io",
        "docker.io",
        "registry-1.docker.io",
    ] {
        let config = json!({"auths": {key: {"auth": STANDARD.encode("a:1")}}});
        assert!(find(&config, "busybox") == password("a", "1"), "{key}");
    }
}

#[test]
fn prefers_tokens_to_passwords() {
    let config = json!({"auths": {
        "identity.io": {"identitytoken": "t", "auth": STANDARD.encode("00000000-0000-0000-0000-000000000000:")},
        "registry.io": {"registrytoken": "r", "identitytoken": "t"},
        "name.io": {"auth": STANDARD.encode("<token>:t")},
    }});
    assert!(find(&config, "identity.io/app") == Some(Credentials::Identity("t".into())));
    assert!(find(&config, "registry.io/app") == Some(Credentials::Registry("r".into())));
    assert!(find(&config, "name.io/app") == Some(Credentials::Identity("t".into())));
}

#[test]
fn decodes_base64_leniently() {
    for auth in ["YTox", "YTox\n", "YT\r\nox", "YToxAAA=", "YToxAAA"] {
        let config = json!({"auths": {"r.io": {"auth": auth}}});
        assert!(find(&config, "r.io/app") == password("a", "1"), "{auth:?}");
    }
}

#[test]
fn parses_credential_files_leniently() {
    let entry = r#"{"auths": {"r.io": {"auth": "YTox"}}}"#;
    assert!(try_find(&format!("{entry}\n}} and more"), "r.io/app") == Ok(password("a", "1")));
    for empty in ["", "\n", "{}", "null", r#"{"auths": null, "credHelpers": null}"#] {
        assert!(try_find(empty, "r.io/app") == Ok(None), "{empty:?}");
    }
}

#[test]
fn rejects_invalid_files() {
    for (config, found) in [
        (
            r#"{"auths": {"r.io": {"auth": "%%%"}}}"#,
            "auths, r.io: invalid `auth`: expected the base64",
        ),
        ("[]", "expected a JSON object"),
        ("{\"auths\"", "EOF"),
    ] {
        let error = try_find(config, "r.io/app").err().expect("an error");
        assert!(error.contains(found) && error.contains("auth.json"), "{error}");
    }
}

#[test]
fn reads_files_in_order() {
    let scratch = Scratch::new();
    scratch.file("docker/config.json", br#"{"auths": {"a.io": {"auth": "MTox"}}}"#);
    scratch.file(
        "auth.json",
        br#"{"auths": {"a.io": {"auth": "Mjoy"}, "b.io": {"auth": "Mjoy"}}}"#,
    );
    scratch.file(
        "home/.config/containers/auth.json",
        br#"{"auths": {"b.io": {"auth": "Mzoz"}, "c.io": {"auth": "Mzoz"}}}"#,
    );
    let keychain = Keychain::new(|name| match name {
        "DOCKER_CONFIG" => Some(scratch.path().join("docker").into()),
        "REGISTRY_AUTH_FILE" => Some(scratch.path().join("auth.json").into()),
        "HOME" => Some(scratch.path().join("home").into()),
        _ => None,
    });
    let find = |name: &str| keychain.find(&Repository::parse(name).unwrap()).unwrap();
    assert!(find("a.io/x") == password("1", "1"));
    assert!(find("b.io/x") == password("2", "2"));
    assert!(find("c.io/x") == password("3", "3"));
    assert!(find("d.io/x").is_none());
    let description = keychain.describe();
    assert!(
        description.contains("docker/config.json") && description.contains("auth.json"),
        "{description}"
    );
    assert!(!description.contains("home/.docker"), "{description}");
}

#[test]
fn skips_missing_credential_helpers() {
    let scratch = Scratch::new();
    let config = json!({
        "credsStore": "thimble-none",
        "credHelpers": {"https://index.docker.io/v1/": "thimble-hub", "https://r.io": "thimble-r"},
    });
    let file = scratch.file("auth.json", config.to_string().as_bytes());
    let keychain = Keychain::new(|name| (name == "REGISTRY_AUTH_FILE").then(|| file.clone().into()));
    for name in ["busybox", "r.io/app", "other.io/app"] {
        assert!(keychain
            .find(&Repository::parse(name).unwrap())
            .unwrap()
            .is_none());
    }
    let missing = "not on PATH: docker-credential-thimble-hub, docker-credential-thimble-r, docker-credential-thimble-none";
    assert!(keychain.describe().ends_with(missing), "{}", keychain.describe());
}
