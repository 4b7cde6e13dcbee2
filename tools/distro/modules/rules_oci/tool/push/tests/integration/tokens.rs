//! Tokens: what is asked for, and what comes back.

use crate::common::Scratch;
use crate::registry::{with_status, Reply, TestRegistry};
use crate::{image, logged_in, try_push};

const ASKED: &str = "GET /token?scope=repository%3Ateam%2Fapp%3Apull%2Cpush&service=s";

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
fn asks_with_password() {
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
    assert_eq!(requests[1], format!("{ASKED} (Basic YTpi)"));
    assert!(requests[2].ends_with("(Bearer abc)"), "{requests:?}");
}

#[test]
fn asks_to_push_whatever_the_hint() {
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
    assert_eq!(registry.requests()[1], ASKED);
}

#[test]
fn adds_a_scope_that_is_missing() {
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
            ASKED.replace("?scope=", "?scope=registry%3Acatalog%3A%2A&scope=")
        );
        assert!(requests[4].ends_with("(Bearer def)"), "{requests:?}");
    }
}

#[test]
fn gives_up_with_insufficient_token() {
    let scratch = Scratch::new();
    let registry = TestRegistry::start_at(|host| {
        let refused = challenge(host, 401, "repository:team/app:pull,push");
        vec![refused.clone(), token(r#"{"token":"abc"}"#), refused]
    });
    let error = try_push(&image(&scratch), &registry, Default::default(), &[]).unwrap_err();
    assert!(error.contains("401 Unauthorized"), "{error}");
    assert_eq!(registry.requests().len(), 3);
}

#[test]
fn reads_access_token_beside_empty_token() {
    let scratch = Scratch::new();
    let answer = r#"{"token":"","access_token":"abc"}"#;
    let registry =
        TestRegistry::start_at(|host| vec![challenge(host, 401, ""), token(answer), with_status(200)]);
    assert_eq!(
        try_push(&image(&scratch), &registry, Default::default(), &[]),
        Ok(0)
    );
    assert!(registry.requests()[2].ends_with("(Bearer abc)"));
}

#[test]
fn rejects_answers_without_token() {
    for answer in [
        token("{}"),
        token(r#"{"token":"a\nb"}"#),
        token(r#"{"token":""}"#),
        Reply::Cut,
    ] {
        let scratch = Scratch::new();
        let registry = TestRegistry::start_at(|host| vec![challenge(host, 401, ""), answer]);
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
