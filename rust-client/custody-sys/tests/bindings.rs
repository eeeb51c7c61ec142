//! `src/bindings.rs` is what bindgen makes of the headers. When they have changed, this writes it anew:
//!
//! ```console
//! $ CUSTODY_BINDINGS=write cargo test --package custody-sys --test bindings
//! ```

#[path = "../build/bindings.rs"]
mod bindings;

use std::path::Path;
use std::{env, fs};

#[test]
fn declarations_are_those_of_the_headers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let include = env::var_os("CUSTODY_INCLUDE_DIR").map_or_else(|| root.join("../../include"), Into::into);
    let made = bindings::generate(&include).expect("bindgen reads custody.h");
    let file = root.join("src/bindings.rs");
    if env::var("CUSTODY_BINDINGS").is_ok_and(|word| word == "write") {
        fs::write(&file, &made).expect("bindings.rs can be written");
    }
    let kept = fs::read_to_string(&file).expect("bindings.rs is part of the crate");
    for (line, (made, kept)) in made.lines().zip(kept.lines()).enumerate() {
        assert_eq!(made, kept, "line {} of src/bindings.rs: see the head of this test's file", line + 1);
    }
    assert_eq!(made.lines().count(), kept.lines().count(), "src/bindings.rs: see the head of this test's file");
}
