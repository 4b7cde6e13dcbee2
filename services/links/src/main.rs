//! The links service.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chassis::{App, Env, Service};
use links::{app, Store};

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
    let store = Store::open(&database).map_err(|error| {
        let path = database.display();
        format!("cannot open LINKS_DATABASE \"{path}\": {error}; its directory must be writable")
    })?;
    let store = Arc::new(store);
    let checked = Arc::clone(&store);
    Ok(App::new(app(store)).ready_check("database", move || {
        let store = Arc::clone(&checked);
        async move { store.check().await }
    }))
}
