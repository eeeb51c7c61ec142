//! A derive macro: `Named` gives a type its name.
use proc_macro::{TokenStream, TokenTree};

/// `fn name() -> &'static str` for a struct.
#[proc_macro_derive(Named)]
pub fn named(item: TokenStream) -> TokenStream {
    let mut names = item.into_iter().filter_map(|token| match token {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    });
    let name = names.by_ref().skip_while(|word| word != "struct").nth(1).expect("a struct");
    format!("impl {name} {{ pub fn name() -> &'static str {{ \"{name}\" }} }}").parse().unwrap()
}
