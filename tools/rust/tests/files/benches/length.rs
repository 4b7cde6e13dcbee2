//! A benchmark that runs a program of its package.

fn main() {
    let program = env!("CARGO_BIN_EXE_page-length");
    let output = std::process::Command::new(program).output().unwrap();
    assert_eq!(output.stdout, b"12\n");
    assert!(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).is_dir());
    assert_eq!(option_env!("CARGO_BIN_NAME"), None);
    assert_eq!(include_str!("unit.txt"), "measured");
    let unit = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/unit.txt")).unwrap();
    const { assert!(cfg!(test)) };
    println!(
        "{unit} {}",
        std::env::args().skip(1).collect::<Vec<_>>().join(" ")
    );
}
