//! Compiles the paths and the time of the build into a library, as OpenSSL does.

use std::path::Path;
use std::{env, fs};

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
