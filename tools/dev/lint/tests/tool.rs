//! A tool: it may print and block.

#![forbid(unsafe_code)]

/// Prints, then sleeps.
pub fn wait() {
    println!("waiting");
    std::thread::sleep(std::time::Duration::ZERO);
}
