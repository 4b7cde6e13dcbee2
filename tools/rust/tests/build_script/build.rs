//! Generates code from a file and sets variables, options and metadata.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

#[path = "src/currency.rs"]
mod currency;

/// Those that cargo sets for this package, except `CARGO_MAKEFLAGS`.
/// <https://doc.rust-lang.org/cargo/reference/environment-variables.html#environment-variables-cargo-sets-for-build-scripts>
const VARIABLES: [&str; 42] = [
    "CARGO",
    "CARGO_CFG_FEATURE",
    "CARGO_CFG_PANIC",
    "CARGO_CFG_TARGET_ABI",
    "CARGO_CFG_TARGET_ARCH",
    "CARGO_CFG_TARGET_ENDIAN",
    "CARGO_CFG_TARGET_ENV",
    "CARGO_CFG_TARGET_FAMILY",
    "CARGO_CFG_TARGET_FEATURE",
    "CARGO_CFG_TARGET_HAS_ATOMIC",
    "CARGO_CFG_TARGET_OS",
    "CARGO_CFG_TARGET_POINTER_WIDTH",
    "CARGO_CFG_TARGET_VENDOR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_FEATURE_CODES",
    "CARGO_FEATURE_DEFAULT",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_AUTHORS",
    "CARGO_PKG_DESCRIPTION",
    "CARGO_PKG_HOMEPAGE",
    "CARGO_PKG_LICENSE",
    "CARGO_PKG_LICENSE_FILE",
    "CARGO_PKG_NAME",
    "CARGO_PKG_README",
    "CARGO_PKG_REPOSITORY",
    "CARGO_PKG_RUST_VERSION",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
    "DEBUG",
    "HOST",
    "NUM_JOBS",
    "OPT_LEVEL",
    "OUT_DIR",
    "PROFILE",
    "RUSTC",
    "RUSTDOC",
    "TARGET",
];

/// As `configure` does.
fn link_c_program(out: &Path) {
    let (source, program) = (out.join("program.c"), out.join("program"));
    let text = "#include <stdio.h>\nint main(void) { return puts(\"linked\") < 0; }\n";
    fs::write(&source, text).unwrap();
    let compiler = env::var_os("CC").unwrap_or("cc".into());
    let linked = Command::new(compiler).arg(source).arg("-o").arg(program).status();
    assert!(linked.unwrap().success());
}

fn main() {
    assert!(
        !env::var("CARGO_ENCODED_RUSTFLAGS")
            .unwrap()
            .contains("unexpected_cfgs"),
        "no lints"
    );
    println!("cargo:rerun-if-changed=data/codes.txt");
    let codes = fs::read_to_string("data/codes.txt").unwrap();
    assert_eq!(codes, include_str!("data/codes.txt"));
    assert!(codes.lines().all(currency::is_code));
    assert!(fs::read_to_string("src/lib.rs").unwrap().contains("CODES"));
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
    let names: fnv::FnvHashSet<_> = VARIABLES.into_iter().collect();
    assert_eq!(names.len(), VARIABLES.len());
    for name in names {
        assert!(env::var_os(name).is_some(), "{name}");
    }
    let manifest = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap()).join("Cargo.toml");
    assert_eq!(
        env::var("CARGO_MANIFEST_PATH").unwrap(),
        manifest.to_str().unwrap()
    );
    assert_eq!(
        fs::read(manifest).unwrap(),
        fs::read(env!("CARGO_MANIFEST_PATH")).unwrap()
    );
    for tool in ["CARGO", "RUSTC", "RUSTDOC"] {
        let path = env::var_os(tool).unwrap();
        assert!(Command::new(path).arg("--version").status().unwrap().success());
    }
    link_c_program(Path::new(&out));
    println!("cargo:rustc-cfg=from_script");
    println!("cargo:rustc-check-cfg=cfg(from_script)");
    println!("cargo:answer=42");
}
