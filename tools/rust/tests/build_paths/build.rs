//! Compiles the paths and the time of the build into a library, as OpenSSL does.

use std::path::Path;
use std::{env, fs};

/// Works under cargo, too, but not with rules_rust of the open network.
fn use_closed_network(out: &Path) {
    // Without a write, after which cargo would run the script again.
    fs::OpenOptions::new().write(true).open("src/lib.rs").unwrap();

    // Commands of make and of autoconf contain the flags without their quotes.
    for name in ["CFLAGS", "CXXFLAGS"] {
        let flags = env::var(name).unwrap_or_default();
        assert!(!flags.contains(['"', '\'']), "{name}={flags}");
    }

    let source = out.join("standard.cc");
    fs::write(&source, "#if __cplusplus != 201703L\n#error\n#endif\n").unwrap();
    cc::Build::new()
        .cpp(true)
        .cpp_link_stdlib(None)
        .std("c++17")
        .file(source)
        .compile("standard");

    let directory = env::var("CARGO_MANIFEST_DIR").unwrap();
    println!("cargo:rustc-env=MANIFEST={directory}/Cargo.toml");

    let compiled = env!("CARGO_MANIFEST_DIR");
    assert!(Path::new(compiled).is_absolute(), "{compiled}");
    assert_eq!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        env!("CARGO_MANIFEST_PATH")
    );
    println!("cargo:rustc-env=COMPILED_MANIFEST={compiled}/Cargo.toml");
    fs::write(
        out.join("manifest.rs"),
        format!("include_str!(\"{compiled}/Cargo.toml\")"),
    )
    .unwrap();
}

fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let out = Path::new(&out);
    let values = ["CC", "AR", "OUT_DIR", "SOURCE_DATE_EPOCH"]
        .map(|name| format!("{name}={}\n", env::var(name).unwrap_or_default()))
        .concat();
    let source = out.join("paths.c");
    fs::write(
        &source,
        format!("const char *paths[] = {{{values:?}, __FILE__, __DATE__}};\n"),
    )
    .unwrap();
    cc::Build::new()
        .file(&source)
        .link_lib_modifier("+whole-archive")
        .compile("paths");

    println!("cargo:rustc-check-cfg=cfg(closed_network)");
    if env::var("NETWORK").as_deref() == Ok("closed") {
        println!("cargo:rustc-cfg=closed_network");
        use_closed_network(out);
    }

    let file = out.join("values.txt");
    fs::write(&file, values).unwrap();
    println!("cargo:rustc-env=VALUES_FILE={}", file.display());
    let directory = out.join("a/b");
    fs::create_dir_all(&directory).unwrap();
    let link = directory.join("link.txt");
    // cargo keeps OUT_DIR between runs.
    let _ = fs::remove_file(&link);
    #[cfg(unix)]
    std::os::unix::fs::symlink(&file, link).unwrap();
    #[cfg(not(unix))]
    fs::copy(&file, link).unwrap();
}
