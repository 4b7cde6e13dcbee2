//! Reads the metadata of a dependency with the key `links`, in a package without features.

fn main() {
    let answer = std::env::var("DEP_CARGO_BUILD_SCRIPT_ANSWER").unwrap();
    println!("cargo:rustc-env=ANSWER={answer}");
    assert_eq!(std::env::var("CARGO_CFG_FEATURE").as_deref(), Ok(""));
}
