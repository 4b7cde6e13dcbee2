//! Short links, stored in SQLite.
//!
//! # Routes
//!
//! | request | response | errors |
//! |---|---|---|
//! | `POST /links` | 201, the link; `location: /<code>` | 400, 408, 409, 413, 415, 422 |
//! | `GET /links` | 200, a page of links | 400 |
//! | `GET /<code>` | 302; `location` is the link's URL | 404 |
//! | `DELETE /<code>` | 204 | 404 |
//!
//! HEAD is answered as GET, without the body. Another method is answered 405 with `allow`, any other path 404; all can be
//! answered 500 and 503, and whatever else the chassis answers on its own. Redirects, pages and errors have
//! `cache-control: no-store`, since a link can be deleted and its code used again.
//!
//! # Bodies
//!
//! All are JSON. Requests need `content-type: application/json` (or `application/<something>+json`).
//!
//! *A new link* is an object of these fields, each once, and no others:
//!
//! - `url`, string: the target. An absolute `http` or `https` URL, in printable ASCII, of at most 2048 bytes, without user
//!   name and password. Its host is a DNS name (an international one in Punycode), an IPv4 address of four decimal numbers or
//!   an IPv6 address in brackets; its port is at most 65535. The URL is stored as it was sent.
//! - `code`, string or null, optional: 1 to 32 of `A-Z a-z 0-9 _ -`, case-sensitive, but not `links`. Without it the store
//!   chooses 7 letters and digits at random.
//!
//! *A link* is an object of `code` and `url`, both strings, and `created`: the time of its creation, a string in RFC 3339, UTC,
//! in whole seconds. It never changes; the code of a deleted link can be used again.
//!
//! *A page* is an object of `links`, an array of links, the oldest first, and `next`, a string or null: the path of the next
//! page. It is requested by `GET /links?limit=<n>&after=<cursor>`:
//!
//! - `limit`, a number from 1 to 100, default 50: the maximum number of links on a page.
//! - `after`, a number from 0, default 0: an opaque cursor, taken from `next` of the page before.
//!
//! Following `next` returns each link once, even if others are added or deleted meanwhile.
//!
//! # Errors
//!
//! They are `application/problem+json`, RFC 9457: `title`, the status's phrase; `status`, a number; and `detail`, a string,
//! where there is more to say. `type` is left out. They quote at most 64 bytes of the request.
//!
//! | status | when |
//! |---|---|
//! | 400 | the body is not JSON; `limit` or `after` is out of range, or the query has another parameter |
//! | 404 | no link has that code |
//! | 408 | the body took longer than `REQUEST_TIMEOUT` |
//! | 409 | the code is taken |
//! | 413 | the body is longer than `MAX_BODY_BYTES` |
//! | 415 | the body has another content type |
//! | 422 | the body is JSON, but not a new link |
//! | 500 | SQLite failed for a reason that does not pass, such as a corrupt file; the log has it |
//! | 503 | see below, with `retry-after` |
//!
//! 503 is answered, and nothing was changed, if a change could not begin within 5 s, since another process held SQLite's lock;
//! if 1024 changes were waiting before it; and if the volume is full, read-only or failing. The chassis answers 503 during
//! shutdown, to more than `MAX_REQUESTS` requests and after `REQUEST_TIMEOUT`.
//!
//! # Durability
//!
//! 201 and 204 are sent when the change is on the disk (SQLite's WAL, `synchronous=FULL`): it survives the end of the process
//! and a loss of power, if the disk does what it reports. Up to 256 changes that wait at the same time share one sync. Without a
//! response, or with a 503 after `REQUEST_TIMEOUT`, the change may have been made. A `code` chosen by the client makes a
//! second attempt safe: it is answered 409 if the first succeeded.
//!
//! # Settings
//!
//! Environment variables; those of the chassis, and one:
//!
//! - `LINKS_DATABASE`, default `/data/links.db`: the database file, created if it is missing. Its directory must be on a local
//!   file system. The program exits with 1 where the file cannot be opened, belongs to another program, or has the schema of
//!   a newer one. Several processes on one machine can use it.
//!
//! # Readiness
//!
//! `/readyz` of the operations port has the check `database`: it reads, and it writes unless the last change succeeded. While
//! the volume is full, read-only or failing, links are still read, also after a restart; `/readyz` answers 503 with the
//! reason, SQLite's message and result code, and 200 again once a write succeeds. A lock held by another process does not
//! affect it.

#![forbid(unsafe_code)]

mod error;
mod excerpt;
mod host;
mod link;
mod object;
mod query;
mod routes;
mod store;

pub use excerpt::Excerpt;
pub use link::{Code, InvalidLink, Link, Target};
pub use routes::app;
pub use store::{OpenError, Page, Store, StoreError};
