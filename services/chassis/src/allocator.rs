//! The allocator of every program on the chassis.

use mimalloc::MiMalloc;

/// musl's own has one lock for all threads; docs/chassis-figures.md has what that costs.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
