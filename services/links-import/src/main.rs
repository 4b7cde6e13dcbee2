//! The links-import job.

#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chassis::{Env, Job, JobContext};
use links::Store;
use links_import::{import, Counts};

chassis::allocator!();

fn main() -> ExitCode {
    Job::new("links-import", env!("CARGO_PKG_VERSION"))
        .arguments("FILE...")
        .run(settings, run)
}

fn settings(env: &mut Env) -> PathBuf {
    env.var(
        "LINKS_DATABASE",
        PathBuf::from("/data/links.db"),
        "database file, created if it is missing",
    )
}

async fn run(database: PathBuf, context: JobContext) -> Result<(), Box<dyn Error + Send + Sync>> {
    let store = Store::open(&database).map_err(|error| {
        let path = database.display();
        format!("cannot open LINKS_DATABASE \"{path}\": {error}")
    })?;
    let files: Vec<_> = context.arguments.into_iter().map(PathBuf::from).collect();
    let Counts { added, unchanged } = import(&Arc::new(store), &files, &context.shutdown).await?;
    tracing::info!(added, unchanged, "imported");
    Ok(())
}
