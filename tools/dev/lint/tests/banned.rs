//! A service with one use of each kind that clippy.toml bans, and a violation of each table of `[workspace.lints]`.

#![forbid(unsafe_code)]

/// Blocking.
pub fn sleeps() {
    std::thread::sleep(std::time::Duration::ZERO);
}

/// The file system.
pub fn reads() -> bool {
    std::fs::read("/etc/passwd").is_ok()
}

/// A listener of std.
pub fn listens() -> bool {
    std::net::TcpListener::bind("127.0.0.1:0").is_ok()
}

/// A blocking connection.
pub fn connects() -> bool {
    std::net::TcpStream::connect("127.0.0.1:1").is_ok()
}

/// A listener of tokio.
pub async fn listens_with_tokio() -> bool {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.is_ok()
}

/// Printing.
pub fn prints() {
    println!("standard output");
    eprintln!("standard error");
}

/// Configuration.
pub fn reads_environment() -> bool {
    std::env::var("PORT").is_ok()
}

/// The process.
pub fn exits() {
    std::process::exit(1);
}

/// `[workspace.lints.clippy]`.
pub fn unwraps(value: Option<u8>) -> u8 {
    value.unwrap()
}

// `[workspace.lints.rust]`.
pub fn undocumented() {}
