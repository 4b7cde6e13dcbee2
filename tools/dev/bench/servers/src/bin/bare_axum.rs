//! hyper and an axum router, with mimalloc: the overhead of the framework.

#![forbid(unsafe_code)]

use tower_service::Service;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::io::Result<()> {
    let router = bench_servers::router();
    bench_servers::serve_with(move |request| router.clone().call(request))
}
