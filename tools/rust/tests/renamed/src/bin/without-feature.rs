//! Not built, because its feature is disabled.

fn main() {
    compile_error!("built without its feature");
}
