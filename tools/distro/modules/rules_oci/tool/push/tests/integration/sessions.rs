//! Sessions with random responses: each terminates, with success or an error that names the registry.

use crate::common::Scratch;
use crate::registry::{Reply, TestRegistry};
use crate::{image, logged_in, try_push};

const SESSIONS: u64 = 300;

/// A random number generator: Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn choose<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

const LOCATIONS: [&str; 12] = [
    "/v2/team/app/blobs/uploads/1",
    "1?_state=x",
    "//HOST/x",
    "HTTP://HOST/x",
    "http://",
    "ftp://a/b",
    "//[::1",
    "%",
    "?",
    "../../../../..",
    "http://user:password@HOST/x?digest=sha256:0",
    "\u{e4} b\"<>",
];
const CHALLENGES: [&str; 9] = [
    "Basic realm=\"x\"",
    "Bearer realm=\"http://HOST/token\",service=\"s\",scope=\"repository:team/app:pull\"",
    "Bearer realm=\"http://HOST/token\"",
    "Bearer realm=\"http://HOST:99999/\"",
    "Bearer realm=\"\"",
    "Bearer",
    "Bearer realm=\"",
    "Negotiate, Basic realm=\"x, y\"",
    ",,,===",
];
const BODIES: [&str; 8] = [
    "",
    "{}",
    r#"{"token":"abc"}"#,
    r#"{"token":"","access_token":"abc"}"#,
    r#"{"token":7}"#,
    r#"{"errors":[{"code":"DENIED"},null,7]}"#,
    "[[[[[[",
    "<html>\u{0}",
];
const STATUSES: [u16; 20] = [
    200, 200, 201, 201, 202, 202, 204, 301, 302, 303, 307, 308, 400, 401, 401, 403, 404, 413, 429, 500,
];

fn reply(random: &mut Random, host: &str) -> Reply {
    let status = STATUSES[random.below(STATUSES.len())];
    if random.below(20) == 0 {
        return Reply::Truncated;
    }
    if random.below(20) == 0 {
        return Reply::Early(status);
    }
    let mut headers = String::new();
    if random.below(2) == 0 {
        headers += &format!("Location: {}\r\n", random.choose(&LOCATIONS));
    }
    if status == 401 {
        headers += &format!("WWW-Authenticate: {}\r\n", random.choose(&CHALLENGES));
    }
    if status == 429 {
        headers += &format!(
            "Retry-After: {}\r\n",
            random.choose(&["0", "-1", "x", "Fri, 01 Jan 1999 00:00:00 GMT", "99999"])
        );
    }
    Reply::Status(status, headers.replace("HOST", host), random.choose(&BODIES))
}

#[test]
fn random_sessions_always_terminate() {
    let scratch = Scratch::new();
    let image = image(&scratch);
    let mut pushed = 0;
    for seed in 1..=SESSIONS {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let registry = TestRegistry::start_at(|host| (0..40).map(|_| reply(&mut random, host)).collect());
        let keychain = logged_in(&scratch, &registry);
        let outcome = std::panic::catch_unwind(|| try_push(&image, &registry, keychain, &["v1"]));
        match outcome.unwrap_or_else(|_| panic!("seed {seed} panics: {:?}", registry.requests())) {
            Ok(_) => pushed += 1,
            Err(error) => assert!(error.contains(&registry.host), "seed {seed}: {error}"),
        }
        assert!(
            registry.requests().len() < 200,
            "seed {seed}: {:?}",
            registry.requests()
        );
    }
    assert!(
        (1..SESSIONS).contains(&pushed),
        "{pushed} of {SESSIONS} sessions push"
    );
}
