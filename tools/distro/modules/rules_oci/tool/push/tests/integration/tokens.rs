//! Token requests and responses.

use oci_push::registry::Keychain;

use crate::common::Scratch;
use crate::registry::{with_status, Reply, TestRegistry};
use crate::{image, logged_in, try_push};

const TOKEN_REQUEST: &str = "GET /token?scope=repository%3Ateam%2Fapp%3Apull%2Cpush&service=s";

fn challenge(host: &str, status: u16, scope: &str) -> Reply {
    let scope = if scope.is_empty() {
        String::new()
    } else {
        format!(",scope=\"{scope}\"")
    };
    let challenge =
        format!("WWW-Authenticate: Bearer realm=\"http://{host}/token\",service=\"s\"{scope}\r\n");
    Reply::Status(status, challenge, "")
}

fn token(body: &'static str) -> Reply {
    Reply::Status(200, String::new(), body)
}

#[test]
fn requests_token_with_password() {
    let scratch = Scratch::new();
    let registry = TestRegistry::start_at(|host| {
        vec![
            challenge(host, 401, ""),
            token(r#"{"token":"abc"}"#),
            with_status(200),
        ]
    });
    let keychain = logged_in(&scratch, &registry);
    assert_eq!(try_push(&image(&scratch), &registry, keychain, &[]), Ok(0));
    let requests = registry.requests();
    assert_eq!(requests[1], format!("{TOKEN_REQUEST} (Basic YTpi)"));
    assert!(requests[2].ends_with("(Bearer abc)"), "{requests:?}");
}

#[test]
fn requests_push_scope_despite_hint() {
    let scratch = Scratch::new();
    let registry = TestRegistry::start_at(|host| {
        let hint = "repository:team/app:pull";
        vec![
            challenge(host, 401, hint),
            token(r#"{"token":"abc"}"#),
            with_status(200),
        ]
    });
    assert_eq!(
        try_push(&image(&scratch), &registry, Default::default(), &[]),
        Ok(0)
    );
    assert_eq!(registry.requests()[1], TOKEN_REQUEST);
}

#[test]
fn adds_missing_token_scope() {
    for status in [401, 403] {
        let scratch = Scratch::new();
        let registry = TestRegistry::start_at(|host| {
            vec![
                challenge(host, 401, ""),
                token(r#"{"token":"abc"}"#),
                challenge(host, status, "registry:catalog:*"),
                token(r#"{"token":"def"}"#),
                with_status(200),
            ]
        });
        assert_eq!(
            try_push(&image(&scratch), &registry, Default::default(), &[]),
            Ok(0)
        );
        let requests = registry.requests();
        assert_eq!(
            requests[3],
            TOKEN_REQUEST.replace("?scope=", "?scope=registry%3Acatalog%3A%2A&scope=")
        );
        assert!(requests[4].ends_with("(Bearer def)"), "{requests:?}");
    }
}

#[test]
fn gives_up_with_insufficient_token() {
    let scratch = Scratch::new();
    let registry = TestRegistry::start_at(|host| {
        let rejection = challenge(host, 401, "repository:team/app:pull,push");
        vec![rejection.clone(), token(r#"{"token":"abc"}"#), rejection]
    });
    let error = try_push(&image(&scratch), &registry, Default::default(), &[]).unwrap_err();
    assert!(error.contains("401 Unauthorized"), "{error}");
    assert_eq!(registry.requests().len(), 3);
}

#[test]
fn falls_back_to_access_token() {
    let scratch = Scratch::new();
    let response = r#"{"token":"","access_token":"abc"}"#;
    let registry =
        TestRegistry::start_at(|host| vec![challenge(host, 401, ""), token(response), with_status(200)]);
    assert_eq!(
        try_push(&image(&scratch), &registry, Default::default(), &[]),
        Ok(0)
    );
    assert!(registry.requests()[2].ends_with("(Bearer abc)"));
}

#[test]
fn requests_token_by_get_without_oauth_endpoint() {
    for status in [404, 405] {
        let scratch = Scratch::new();
        let registry = TestRegistry::start_at(|host| {
            vec![
                challenge(host, 401, ""),
                with_status(status),
                token(r#"{"token":"abc"}"#),
                with_status(200),
            ]
        });
        let config = format!(
            r#"{{"auths": {{"{}": {{"identitytoken": "xyz"}}}}}}"#,
            registry.host
        );
        let file = scratch.file("auth.json", config.as_bytes());
        let keychain = Keychain::new(|name| (name == "REGISTRY_AUTH_FILE").then(|| file.clone().into()));
        assert_eq!(try_push(&image(&scratch), &registry, keychain, &[]), Ok(0));
        let requests = registry.requests();
        assert_eq!(requests[1], "POST /token");
        // `<token>:xyz`
        assert_eq!(requests[2], format!("{TOKEN_REQUEST} (Basic PHRva2VuPjp4eXo=)"));
    }
}

#[test]
fn requests_challenge_if_push_is_forbidden() {
    let challenge = "WWW-Authenticate: Basic realm=\"x\"\r\n";
    for root in [with_status(200), Reply::Status(401, challenge.into(), "")] {
        let scratch = Scratch::new();
        let registry = TestRegistry::start(&[with_status(403), root, with_status(200)]);
        let keychain = logged_in(&scratch, &registry);
        assert_eq!(try_push(&image(&scratch), &registry, keychain, &[]), Ok(0));
        let requests = registry.requests();
        assert_eq!(requests[1], "GET /v2/");
        assert_eq!(requests[2], format!("{} (Basic YTpi)", requests[0]));
    }
}

#[test]
fn parses_challenge_with_other_characters() {
    let scratch = Scratch::new();
    let registry = TestRegistry::start_at(|host| {
        let challenge = format!(
            "WWW-Authenticate: Bearer error_description=\"verf\u{fc}gbar\",realm=\"http://{host}/token\",service=\"s\"\r\n"
        );
        vec![
            Reply::Status(401, challenge, ""),
            token(r#"{"token":"abc"}"#),
            with_status(200),
        ]
    });
    assert_eq!(
        try_push(&image(&scratch), &registry, Default::default(), &[]),
        Ok(0)
    );
    assert_eq!(registry.requests()[1], TOKEN_REQUEST);
}

#[test]
fn rejects_responses_without_token() {
    for response in [
        token("{}"),
        token(r#"{"token":"a\nb"}"#),
        token(r#"{"token":""}"#),
        Reply::Truncated,
    ] {
        let scratch = Scratch::new();
        let registry = TestRegistry::start_at(|host| vec![challenge(host, 401, ""), response]);
        let error = try_push(&image(&scratch), &registry, Default::default(), &[]).unwrap_err();
        assert!(error.contains("getting a token from http://127.0.0.1"), "{error}");
    }
}

#[test]
fn rejects_realm_without_http() {
    let scratch = Scratch::new();
    let challenge = "WWW-Authenticate: Bearer realm=\"ftp://r.io/token\"\r\n".to_owned();
    let registry = TestRegistry::start(&[Reply::Status(401, challenge, "")]);
    let error = try_push(&image(&scratch), &registry, Default::default(), &[]).unwrap_err();
    assert!(
        error.contains("ftp://r.io/token") && error.contains("not an HTTP address"),
        "{error}"
    );
}
