//! The links-import job.

#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chassis::{Job, JobContext};
use links::{database_setting, open_database};
use links_import::{import, Counts};

chassis::allocator!();

fn main() -> ExitCode {
    Job::new("links-import", env!("CARGO_PKG_VERSION"))
        .arguments("FILE...")
        .run(database_setting, run)
}

async fn run(database: PathBuf, context: JobContext) -> Result<(), Box<dyn Error + Send + Sync>> {
    let store = open_database(&database)?;
    let files: Vec<_> = context.arguments.into_iter().map(PathBuf::from).collect();
    let Counts { added, unchanged } = import(&Arc::new(store), &files, &context.shutdown).await?;
    tracing::info!(added, unchanged, "imported");
    Ok(())
}
