//! Short links, kept in SQLite.
//!
//! # Routes
//!
//! | request | answer | errors |
//! |---|---|---|
//! | `POST /links` | 201, the link; `location: /<code>` | 400, 408, 409, 413, 415, 422 |
//! | `GET /links` | 200, a page of links | 400 |
//! | `GET /<code>` | 302; `location` is the link's URL, `cache-control: no-store` | 404 |
//! | `DELETE /<code>` | 204 | 404 |
//!
//! HEAD is answered as GET, without the body. Another method is answered 405 with `allow`, any other path 404; all
//! can be answered 500 and 503, and whatever else the chassis answers on its own.
//!
//! # Bodies
//!
//! All are JSON. What is sent needs `content-type: application/json` (or `application/<something>+json`).
//!
//! *A new link* is an object of these fields and no others:
//!
//! - `url`, string: where the link leads. An absolute `http` or `https` URL, in printable ASCII, of at most 2048
//!   bytes, with a host, without user name and password; it is kept as it was sent.
//! - `code`, string or null, optional: 1 to 32 of `A-Z a-z 0-9 _ -`, in which case counts, but not `links`. Without
//!   it the store chooses 7 letters and digits at random.
//!
//! *A link* is an object of `code` and `url`, both strings, and `created`: when it was made, a string as RFC 3339 has
//! it, UTC, in whole seconds. It is never changed; a code whose link was deleted can be given anew.
//!
//! *A page* is an object of `links`, an array of links, the oldest first, and `next`, a string or null: the path of
//! the next page. It comes of `GET /links?limit=<n>&after=<cursor>`:
//!
//! - `limit`, a number from 1 to 100, default 50: how many links a page has at most.
//! - `after`, a number from 0, default 0: what `next` of the page before says, for clients no more than a mark.
//!
//! Whoever goes from `next` to `next` gets each link once, though others come and go meanwhile.
//!
//! # Errors
//!
//! They are `application/problem+json`, RFC 9457: `title`, the status's phrase; `status`, a number; and `detail`, a
//! string, where there is more to say. `type` is left out.
//!
//! | status | when |
//! |---|---|
//! | 400 | the body is no JSON; `limit` or `after` can't be, or there is another word in the query |
//! | 404 | no link has that code |
//! | 408 | the body took longer than `REQUEST_TIMEOUT` |
//! | 409 | the code is taken |
//! | 413 | the body has more than `MAX_BODY_BYTES` |
//! | 415 | the body's content type is another |
//! | 422 | the body is JSON, but no new link |
//! | 500 | SQLite failed, as on a full disk: nothing was changed, and the log says why |
//! | 503 | the service is ending, has more than `MAX_REQUESTS` to do, or took longer than `REQUEST_TIMEOUT` |
//!
//! # What an answer promises
//!
//! 201 and 204 are sent when the change is on the disk (SQLite's WAL, `synchronous=FULL`): it outlives the process,
//! however that ends, and the machine's power, if the disk keeps what it says it has. Writes that wait at the same
//! time, up to 256, share one sync. Whoever got no answer, or 503, can't know: the change may be kept. A `code` of
//! one's own makes a second try safe, since it is answered 409 if the first was kept.
//!
//! # Settings
//!
//! Environment variables; those of the chassis, and one:
//!
//! - `LINKS_DATABASE`, default `/data/links.db`: the file that the links are kept in, made if it is missing. Its
//!   folder must be writable and on a local file system. The program ends with 1 where it can't be opened, is another
//!   program's, or has the schema of a newer program. Several programs on one machine can use it: each waits for the
//!   other's writes, up to 5 s.
//!
//! `/readyz` of the operations port asks the database, as check `database`.

#![forbid(unsafe_code)]

mod link;
mod routes;
mod store;

pub use link::{Code, Invalid, Link, Shown, Target};
pub use routes::app;
pub use store::{OpenError, Page, Store, StoreError};
