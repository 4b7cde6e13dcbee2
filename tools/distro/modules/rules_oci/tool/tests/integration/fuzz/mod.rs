//! Mutated layers and documents: no panic, no hang, no output of a failed command.
//!
//! Seeds are fixed, so runs are reproducible. Slow machines run fewer cases.

mod documents;
mod layers;
mod random;
mod tars;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use random::Random;

/// Limits a test; later cases are skipped.
const MAX_TIME: Duration = Duration::from_secs(3);
/// Limits one case; exceeding it is a failure.
const MAX_CASE_TIME: Duration = Duration::from_secs(20);

/// Runs a case for each seed; the error names the seed that failed.
fn run_cases(
    seeds: std::ops::Range<u64>,
    max_case_time: Duration,
    mut case: impl FnMut(&mut Random) -> Result<(), String> + Send + 'static,
) -> Result<(), String> {
    let (sender, receiver) = mpsc::channel();
    let worker = thread::spawn(move || {
        let start = Instant::now();
        for seed in seeds {
            if start.elapsed() > MAX_TIME || sender.send(seed).is_err() {
                break;
            }
            case(&mut Random::new(seed)).map_err(|found| format!("seed {seed}: {found}"))?;
        }
        Ok(())
    });
    let mut current = None;
    loop {
        match receiver.recv_timeout(max_case_time) {
            Ok(seed) => current = Some(seed),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                return Err(format!("seed {current:?}: no result within {max_case_time:?}"));
            }
        }
    }
    worker
        .join()
        .unwrap_or_else(|_| Err(format!("seed {current:?}: panicked")))
}

#[test]
fn reports_failing_seed() {
    let failing = |random: &mut Random| match random.seed() {
        7 => Err("wrong".to_owned()),
        _ => Ok(()),
    };
    assert_eq!(
        run_cases(0..9, MAX_CASE_TIME, failing).unwrap_err(),
        "seed 7: wrong"
    );
    let panicking = |random: &mut Random| {
        assert_ne!(random.seed(), 3, "expected by the test");
        Ok(())
    };
    let error = run_cases(0..9, MAX_CASE_TIME, panicking).unwrap_err();
    assert_eq!(error, "seed Some(3): panicked");
    let endless = |_: &mut Random| {
        thread::sleep(Duration::from_secs(1));
        Ok(())
    };
    let error = run_cases(0..1, Duration::from_millis(20), endless).unwrap_err();
    assert_eq!(error, "seed Some(0): no result within 20ms");
}
