//! The links service.

#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chassis::{App, Service};
use links::{app, database_setting, open_database};
use tokio::task::spawn_blocking;

chassis::allocator!();

fn main() -> ExitCode {
    Service::new("links", env!("CARGO_PKG_VERSION")).run(database_setting, start)
}

async fn start(path: PathBuf) -> Result<App, Box<dyn Error + Send + Sync>> {
    // Meanwhile, the operations port must respond.
    let store = Arc::new(spawn_blocking(move || open_database(&path)).await??);
    let checked = Arc::clone(&store);
    Ok(App::new(app(store)).ready_check("database", move || {
        let store = Arc::clone(&checked);
        async move { store.check().await }
    }))
}
