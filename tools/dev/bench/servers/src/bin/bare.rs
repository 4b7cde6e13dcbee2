//! hyper only, with libc's allocator.

#![forbid(unsafe_code)]

fn main() -> std::io::Result<()> {
    bench_servers::serve()
}
