//! Not built: its feature is off.

fn main() {
    compile_error!("built without its feature");
}
