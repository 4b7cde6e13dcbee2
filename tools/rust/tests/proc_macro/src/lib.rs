//! A derive macro.

use proc_macro::{TokenStream, TokenTree};

/// Derives `COUNT`, the number of a struct's fields.
///
/// ```
/// #[derive(cargo_proc_macro::Count)]
/// struct Pair {
///     _a: u8,
///     _b: u8,
/// }
/// assert_eq!(Pair::COUNT, 2);
/// ```
#[proc_macro_derive(Count)]
pub fn count(input: TokenStream) -> TokenStream {
    let mut name = None;
    let mut fields = 0;
    let mut tokens = input.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident.to_string() == "struct" => name = tokens.next(),
            TokenTree::Group(group) if name.is_some() => fields = colons(group.stream()),
            _ => {}
        }
    }
    let name = name.map(|name| name.to_string()).unwrap_or_default();
    format!("impl {name} {{ /// Fields.\npub const COUNT: usize = {fields}; }}")
        .parse()
        .unwrap()
}

fn colons(fields: TokenStream) -> usize {
    fields
        .into_iter()
        .filter(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':'))
        .count()
}
