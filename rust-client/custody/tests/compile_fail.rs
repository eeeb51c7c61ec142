//! What the types of this crate rule out does not compile, for the reason that is meant.
//!
//! The compiler's words differ between its versions, so they are compared with those of the one that they were
//! written with, and not with others. Written anew by `TRYBUILD=overwrite`.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The version that the texts in `compile_fail/*.stderr` are of.
const WRITTEN_WITH: &str = "1.95";

fn is_written_with_this_compiler() -> bool {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(compiler).arg("--version").output().expect("the compiler");
    String::from_utf8_lossy(&said.stdout).contains(&format!("rustc {WRITTEN_WITH}."))
}

#[test]
fn what_is_wrong_does_not_compile() {
    if is_written_with_this_compiler() {
        trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
    } else {
        eprintln!("texts of errors are those of Rust {WRITTEN_WITH}: not compared with this compiler's");
    }
}

/// What each case is there for.
#[test]
fn every_case_fails_with_its_error() {
    let wanted = [
        ("borrowed_outlives_owner", "E0597"),
        ("buffer_used_while_leased", "E0506"),
        ("callback_that_borrows", "E0373"),
        ("handles_of_two_types", "E0308"),
        ("loan_outlives_owner", "E0597"),
        ("owned_and_borrowed", "E0308"),
        ("released_while_lent", "E0505"),
        ("thread_bound_is_not_send", "E0277"),
        ("thread_bound_is_not_sync", "E0277"),
        ("two_exclusive_loans", "E0499"),
        ("use_after_into_raw", "E0382"),
        ("use_after_transfer", "E0382"),
    ];
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    for (case, code) in wanted {
        let text = fs::read_to_string(cases.join(case).with_extension("stderr")).expect("each case has its text");
        assert!(text.starts_with(&format!("error[{code}]")), "{case}: {text}");
    }
    let count = fs::read_dir(cases).expect("the cases").count();
    assert_eq!(count, 2 * wanted.len(), "every case is in the list above");
}
