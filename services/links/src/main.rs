//! The links service.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chassis::{App, Env, Service};
use links::{app, Store};
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

async fn start(database: PathBuf) -> Result<App, String> {
    let path = database.display().to_string();
    // A lock delays it, and a signal must end the service meanwhile.
    let opened = spawn_blocking(move || Store::open(&database)).await;
    let opened = opened.map_err(|error| error.to_string())?;
    let store = Arc::new(opened.map_err(|error| {
        format!("cannot open LINKS_DATABASE \"{path}\": {error}; its directory must be writable")
    })?);
    let checked = Arc::clone(&store);
    Ok(App::new(app(store)).ready_check("database", move || {
        let store = Arc::clone(&checked);
        async move { store.check().await }
    }))
}
