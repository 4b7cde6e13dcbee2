//! Generates code from a file and sets variables, options and metadata.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[path = "src/currency.rs"]
mod currency;

fn main() {
    println!("cargo:rerun-if-changed=data/codes.txt");
    let codes = fs::read_to_string("data/codes.txt").unwrap();
    assert_eq!(codes, include_str!("data/codes.txt"));
    assert!(codes.lines().all(currency::is_code));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/codes.txt");
    assert_eq!(codes, fs::read_to_string(path).unwrap());
    let path = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap()).join("data/codes.txt");
    assert_eq!(codes, fs::read_to_string(path).unwrap());
    let out = env::var("OUT_DIR").unwrap();
    fs::write(
        Path::new(&out).join("codes.rs"),
        generator::array("CODES", codes.lines()),
    )
    .unwrap();
    println!(
        "cargo:rustc-env=SCRIPT_NAME={}",
        env::var("CARGO_PKG_NAME").unwrap()
    );
    println!("cargo:rustc-env=SCRIPT_VERSION={}", env!("CARGO_PKG_VERSION"));
    let description = env::var("CARGO_PKG_DESCRIPTION").unwrap();
    assert_eq!(description, env!("CARGO_PKG_DESCRIPTION"));
    println!("cargo:rustc-env=SCRIPT_DESCRIPTION={description}");
    assert_eq!(env::var("CARGO_CFG_FEATURE").as_deref(), Ok("codes,default"));
    for tool in ["CARGO", "RUSTC", "RUSTDOC"] {
        let path = env::var_os(tool).unwrap();
        assert!(Command::new(path).arg("--version").status().unwrap().success());
    }
    println!("cargo:rustc-cfg=from_script");
    println!("cargo:rustc-check-cfg=cfg(from_script)");
    println!("cargo:answer=42");
}
