//! Reads the metadata of a dependency with the key `links`.

fn main() {
    let answer = std::env::var("DEP_CARGO_BUILD_SCRIPT_ANSWER").unwrap();
    println!("cargo:rustc-env=ANSWER={answer}");
}
