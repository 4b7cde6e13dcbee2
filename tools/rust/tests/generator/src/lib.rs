//! A build dependency.

/// Returns the source of a constant array of strings.
///
/// ```
/// assert_eq!(
///     cargo_generator::array("A", ["x"].into_iter()),
///     "/// Generated.\npub const A: [&str; 1] = [\"x\"];"
/// );
/// ```
pub fn array<'a>(name: &str, items: impl Iterator<Item = &'a str>) -> String {
    let items: Vec<_> = items.map(|item| format!("{item:?}")).collect();
    format!(
        "/// Generated.\npub const {name}: [&str; {}] = [{}];",
        items.len(),
        items.join(", ")
    )
}
