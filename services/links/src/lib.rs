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
//! The response to HEAD is that to GET without the body. The status of another method is 405, with `allow`, and of another
//! path 404; each route can also return 500, 503 and the errors of the chassis. Responses that caches could store have
//! `cache-control: no-store`, because a link can be deleted and its code used again.
//!
//! # Bodies
//!
//! All bodies are JSON. Requests need `content-type: application/json` (or `application/<something>+json`).
//!
//! *A new link* is an object of these fields, without duplicates or other fields:
//!
//! - `url`, string: the target. An absolute `http` or `https` URL, in printable ASCII, of at most 2048 bytes, without user
//!   name and password. Its host is a DNS name (an international one in Punycode, which is not decoded), an IPv4 address of
//!   four decimal numbers or an IPv6 address in brackets; its port is at most 65535. The URL is stored unchanged.
//! - `code`, string or null, optional: 1 to 32 of `A-Z a-z 0-9 _ -`, case-sensitive, but not `links`. Without it the store
//!   generates 7 random letters and digits.
//!
//! *A link* is an object of `code` and `url`, both strings, and `created`: the time of its creation, a string in RFC 3339, UTC,
//! in whole seconds. It never changes; the code of a deleted link can be used again.
//!
//! *A page* is an object of `links`, an array of links, the oldest first, and `next`, a string or null: the path of the next
//! page. It is requested by `GET /links?limit=<n>&after=<cursor>`:
//!
//! - `limit`, a number from 1 to 100, default 50: the maximum number of links on a page.
//! - `after`, a number from 0, default 0: an opaque cursor from `next` of the previous page.
//!
//! Following `next` returns each link once, even if other links are added or deleted in the meantime.
//!
//! # Errors
//!
//! Errors are `application/problem+json` (RFC 9457): `title`, the reason phrase; `status`, a number; and for most errors
//! `detail`, a string. `type` is omitted. Errors quote at most 256 bytes of the request.
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
//! | 500 | SQLite failed permanently, for example because the file is corrupt; the log has the reason |
//! | 503 | see below; with `retry-after`, except after `REQUEST_TIMEOUT` |
//!
//! 503 means that nothing was changed: the change could not begin within 5 s because another process held the lock of
//! SQLite, 1024 changes were already queued, the volume is full, read-only or failing, or the file was removed. The chassis
//! also returns 503 during shutdown, above `MAX_REQUESTS` requests and after `REQUEST_TIMEOUT`.
//!
//! # Durability
//!
//! 201 and 204 are sent after the change is synced to disk (WAL of SQLite, `synchronous=FULL`): it survives a crash of the
//! process and, if the disk honors syncs, a power loss. Up to 256 queued changes share one sync. Without a response, or with
//! a 503 after `REQUEST_TIMEOUT`, the change may have been made. A request with a `code` can be retried safely: the status is
//! 409 if the first attempt succeeded.
//!
//! # Settings
//!
//! The environment variables of the chassis, and:
//!
//! - `LINKS_DATABASE`, default `/data/links.db`: the database file, created if it is missing. Its directory must be on a local
//!   file system. The program exits with 1 if the file cannot be opened, belongs to another program, or has the schema of a
//!   newer version. Several processes of one machine can use the file.
//!
//! # Readiness
//!
//! `/readyz` of the operations port has the check `database`: it reads, and it writes unless the last change succeeded. After
//! SQLite failed, the status is 503, with its message and result code, and 200 after the next successful write. While the volume
//! is full, read-only or failing, links can still be read, even after a restart. A lock of another process does not affect it.

#![forbid(unsafe_code)]

mod database;
mod error;
mod excerpt;
mod host;
mod link;
mod query;
mod routes;
mod store;

pub use database::{database_setting, open_database, DatabaseError};
pub use excerpt::Excerpt;
pub use link::{Code, InvalidLink, Link, Target};
pub use routes::app;
pub use store::{OpenError, Page, Store, StoreError};
