use super::random::Random;
use super::{run_cases, tars, MAX_CASE_TIME};
use crate::common::{Scratch, A, GZIP, ZSTD};

/// Describes a layer; checks that the output exists only on success.
fn describe(scratch: &Scratch, layer: &[u8]) -> Result<(), String> {
    scratch.file("layer", layer);
    let described = scratch.run("layer --tar %/layer --output %/layer.json");
    let output = scratch.path("layer.json");
    if described.is_ok() != output.exists() {
        return Err(format!("{described:?}, output exists: {}", output.exists()));
    }
    let _ = std::fs::remove_file(output);
    Ok(())
}

fn mutated(random: &mut Random, layer: &[u8]) -> Vec<u8> {
    let mut layer = layer.to_vec();
    for _ in 0..=random.below(4) {
        random.mutate_bytes(&mut layer);
    }
    layer
}

#[test]
fn accepts_or_rejects_mutated_layers() {
    let scratch = Scratch::new();
    let outcome = run_cases(0..2000, MAX_CASE_TIME, move |random| {
        let layer = match random.below(4) {
            0 => {
                let layer = *random.choose(&[&A[..2048], GZIP, ZSTD]);
                mutated(random, layer)
            }
            1 => {
                let archive = tars::archive(random);
                mutated(random, &archive)
            }
            _ => tars::archive(random),
        };
        describe(&scratch, &layer)
    });
    assert_eq!(outcome, Ok(()));
}
