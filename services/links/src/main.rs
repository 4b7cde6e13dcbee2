//! The links service.

#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chassis::{App, Env, Service};
use links::{app, OpenError, Store};
use tokio::task::spawn_blocking;

chassis::allocator!();

fn main() -> ExitCode {
    Service::new("links", env!("CARGO_PKG_VERSION")).run(settings, start)
}

fn settings(env: &mut Env) -> PathBuf {
    env.var(
        "LINKS_DATABASE",
        PathBuf::from("/data/links.db"),
        "database file, created if it is missing",
    )
}

#[derive(Debug, thiserror::Error)]
#[error("cannot open LINKS_DATABASE \"{}\": {source}", path.display())]
struct CannotOpen {
    path: PathBuf,
    source: OpenError,
}

async fn start(path: PathBuf) -> Result<App, Box<dyn Error + Send + Sync>> {
    let database = path.clone();
    // Opening may wait for a lock, while the operations port must respond.
    let opened = spawn_blocking(move || Store::open(&database)).await?;
    let store = Arc::new(opened.map_err(|source| CannotOpen { path, source })?);
    let checked = Arc::clone(&store);
    Ok(App::new(app(store)).ready_check("database", move || {
        let store = Arc::clone(&checked);
        async move { store.check().await }
    }))
}
