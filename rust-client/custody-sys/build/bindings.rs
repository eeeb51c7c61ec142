//! How the declarations are made of the headers. Used by the build with the feature `bindgen`, and by the test that
//! compares what comes out with `src/bindings.rs`.

use std::path::Path;

/// Documentation comments, without the marks of C.
#[derive(Debug)]
struct Comments;

impl bindgen::callbacks::ParseCallbacks for Comments {
    fn process_comment(&self, comment: &str) -> Option<String> {
        let text = comment.trim_start_matches("///").trim_start_matches('<').trim();
        Some(text.lines().map(|line| format!(" {}\n", line.trim())).collect::<String>().trim_end().to_owned())
    }
}

/// The text of `bindings.rs`, made of the headers in `include`.
///
/// Words become constants of their C type: a value that a C library answers need not be one that its header lists.
pub fn generate(include: &Path) -> Result<String, bindgen::BindgenError> {
    let bindings = bindgen::Builder::default()
        .header(concat!(env!("CARGO_MANIFEST_DIR"), "/wrapper.h"))
        .clang_arg(format!("-I{}", include.display()))
        .allowlist_function("custody_.*")
        .allowlist_type("custody_(type_flags|lease_flags|loan_kind|ending)")
        .allowlist_var("CUSTODY_.*")
        .default_enum_style(bindgen::EnumVariation::Consts)
        .prepend_enum_name(false)
        .parse_callbacks(Box::new(Comments))
        .merge_extern_blocks(true)
        .derive_default(true)
        .layout_tests(true)
        .use_core()
        .ctypes_prefix("core::ffi")
        .size_t_is_usize(true)
        .rust_edition(bindgen::RustEdition::Edition2021)
        .rust_target(bindgen::RustTarget::stable(80, 0).expect("bindgen knows Rust 1.80"))
        .formatter(bindgen::Formatter::Prettyplease)
        .disable_header_comment()
        .generate()?;
    Ok(format!("/* Made of custody.h by bindgen; tests/bindings.rs says how it is made anew. */\n\n{bindings}"))
}
