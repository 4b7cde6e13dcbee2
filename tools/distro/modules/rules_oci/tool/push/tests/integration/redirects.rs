//! Redirects and the addresses in `Location`.

use crate::common::Scratch;
use crate::registry::{with_status, Reply, TestRegistry};
use crate::{fails, image, logged_in, redirect, try_push, upload};

const BASIC: &str = "WWW-Authenticate: Basic realm=\"x\"\r\n";

#[test]
fn keeps_credentials_on_same_origin() {
    let scratch = Scratch::new();
    let registry = TestRegistry::start(&[
        Reply::Status(401, BASIC.into(), ""),
        redirect(307, "/other"),
        with_status(200),
    ]);
    let keychain = logged_in(&scratch, &registry);
    assert_eq!(try_push(&image(&scratch), &registry, keychain, &[]), Ok(0));
    assert_eq!(registry.requests()[2], "HEAD /other (Basic YTpi)");
}

#[test]
fn drops_credentials_for_another_origin() {
    let scratch = Scratch::new();
    let storage = TestRegistry::start(&[with_status(200)]);
    let registry = TestRegistry::start(&[
        Reply::Status(401, BASIC.into(), ""),
        redirect(307, &format!("//{}/blob?signature=x", storage.host)),
    ]);
    let keychain = logged_in(&scratch, &registry);
    assert_eq!(try_push(&image(&scratch), &registry, keychain, &[]), Ok(0));
    assert_eq!(storage.requests(), ["HEAD /blob?signature=x"]);
}

#[test]
fn resends_body_on_redirect() {
    for status in [301, 302, 307, 308] {
        let scratch = Scratch::new();
        let image = image(&scratch);
        let [missing, accepted, stored, created] = upload();
        // A relative Location of the storage is relative to the storage.
        let storage = TestRegistry::start(&[stored, created]);
        let replies = [
            with_status(404),
            missing,
            accepted,
            redirect(status, &format!("http://{}/upload", storage.host)),
            with_status(200),
            with_status(201),
        ];
        let registry = TestRegistry::start(&replies);
        assert_eq!(try_push(&image, &registry, Default::default(), &[]), Ok(2));
        let sizes = storage.body_sizes("PATCH /upload");
        assert!(sizes.len() == 1 && sizes[0] > 0, "{status}: {sizes:?}");
        assert_eq!(registry.body_sizes("PATCH"), sizes);
    }
}

#[test]
fn resolves_relative_upload_locations() {
    for location in [
        "1?_state=x",
        "1?_state=x#\u{fc}",
        "/v2/team/app/blobs/uploads/1?_state=x",
        "../uploads/1?_state=x",
        "//HOST/v2/team/app/blobs/uploads/1?_state=x",
        "HTTP://HOST/v2/team/app/blobs/uploads/1?_state=x",
    ] {
        let scratch = Scratch::new();
        let image = image(&scratch);
        let registry = TestRegistry::start_at(|host| {
            let accepted = redirect(202, &location.replace("HOST", host));
            vec![
                with_status(404),
                with_status(404),
                accepted,
                with_status(202),
                with_status(201),
                with_status(200),
                with_status(201),
            ]
        });
        assert_eq!(
            try_push(&image, &registry, Default::default(), &[]),
            Ok(2),
            "{location}"
        );
        let requests = registry.requests();
        assert_eq!(requests[3], "PATCH /v2/team/app/blobs/uploads/1?_state=x");
        assert!(
            requests[4].starts_with("PUT /v2/team/app/blobs/uploads/1?_state=x&digest="),
            "{requests:?}"
        );
    }
}

#[test]
fn rejects_endless_redirects() {
    let (error, registry) = fails(&[redirect(302, "/again")]);
    assert!(error.contains("redirects more than 10 times"), "{error}");
    assert_eq!(registry.requests().len(), 11);
}

#[test]
fn rejects_other_schemes() {
    let (error, _) = fails(&[redirect(302, "ftp://r.io/x")]);
    assert!(error.contains("redirects to \"ftp://r.io/x\""), "{error}");
    let (error, _) = fails(&[with_status(404), with_status(404), redirect(202, "ftp://r.io/x")]);
    assert!(
        error.contains("invalid upload address \"ftp://r.io/x\""),
        "{error}"
    );
}
