//! The job {{name}}.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use chassis::{Job, JobContext};

use {{crate}}::greeting;

chassis::allocator!();

fn main() -> ExitCode {
    let job = Job::new("{{name}}", env!("CARGO_PKG_VERSION")).arguments("NAME...");
    job.run(|_| (), |(), context| async move { greet(&context) })
}

// May block, because it runs on a dedicated thread.
fn greet(context: &JobContext) -> Result<(), String> {
    for name in &context.arguments {
        if context.shutdown.is_requested() {
            return Err("interrupted by a shutdown request".to_owned());
        }
        let name = name
            .to_str()
            .ok_or_else(|| format!("invalid NAME \"{}\": expected UTF-8", name.display()))?;
        tracing::info!("{}", greeting(name));
    }
    Ok(())
}
