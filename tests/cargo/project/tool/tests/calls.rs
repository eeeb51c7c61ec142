//! Tests that run the program.

use std::process::Command;

fn call(arguments: &[&str]) -> bool {
    Command::new(env!("CARGO_BIN_EXE_custody-tool")).args(arguments).output().unwrap().status.success()
}

#[test]
fn a_child_loses() {
    assert!(call(&["401"]));
}

#[test]
fn a_child_is_clean() {
    assert!(call(&[]));
}
