//! Asks a test binary for its tests. Only binaries with Rust's own test harness, libtest, are asked: another program would
//! not know what is meant, and run.
//!
//! Which tests have to panic is not in the list that libtest prints. It can leave them out of it, though, by an option that
//! is for nightly compilers, which the variable RUSTC_BOOTSTRAP opens on stable ones: what is in the whole list only has to
//! panic. Nothing but the listing is run so.

use crate::session::Test;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::process::{Command, Stdio};

/// What only a program with libtest in it has: the text of its help, or, where it is a library, the function it calls.
const TRACES: [&[u8]; 2] = [b"exclude-should-panic", b"4test16test_main_static"];

/// Options of libtest that choose tests.
const CHOOSING: &[&str] = &["--exact", "--ignored", "--include-ignored", "--test", "--bench"];
/// Options of libtest that take a value; of these `--skip` chooses tests.
const WITH_VALUE: &[&str] = &["--skip", "--logfile", "--test-threads", "--color", "--format", "--shuffle-seed", "-Z"];

/// Whether a program, given as the bytes of its file, has libtest in it.
pub fn is_in(program: &[u8]) -> bool {
    TRACES.iter().any(|trace| holds(program, trace))
}

/// Whether `part` lies in `whole`.
fn holds(whole: &[u8], part: &[u8]) -> bool {
    let mut rest = whole;
    while let Some(at) = rest.iter().position(|byte| *byte == part[0]) {
        rest = &rest[at..];
        if rest.starts_with(part) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// The tests that a call of a test binary chooses. `command` is the program, behind the runners that it needs. None when it
/// does not answer as libtest does.
pub fn tests(command: &[OsString], arguments: &[OsString]) -> Option<Vec<Test>> {
    let choice = choice_of(arguments);
    let all = list(command, &choice, false)?;
    let others: Option<HashSet<String>> = list(command, &choice, true).map(|names| names.into_iter().collect());
    let should_panic = |name: &String| others.as_ref().is_some_and(|others| !others.contains(name));
    let test = |name: String| Test { should_panic: should_panic(&name), name, marker: String::new() };
    Some(all.into_iter().map(test).collect())
}

fn list(command: &[OsString], choice: &[OsString], without_should_panic: bool) -> Option<Vec<String>> {
    let (program, rest) = command.split_first()?;
    let mut command = Command::new(program);
    command.args(rest).args(["--list", "--format", "terse"]);
    if without_should_panic {
        command.env("RUSTC_BOOTSTRAP", "1").args(["-Zunstable-options", "--exclude-should-panic"]);
    }
    let done = command.args(choice).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    done.status.success().then(|| names(&String::from_utf8_lossy(&done.stdout)))
}

/// Names in lines as `tests::adds: test`; other lines are not libtest's.
fn names(text: &str) -> Vec<String> {
    let name = |line: &str| {
        let (name, kind) = line.rsplit_once(": ")?;
        matches!(kind, "test" | "benchmark" | "bench").then(|| name.to_owned())
    };
    text.lines().filter_map(name).collect()
}

/// Those arguments of a test binary that choose tests: names, and some options.
fn choice_of(arguments: &[OsString]) -> Vec<OsString> {
    let mut choice = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let word = argument.to_string_lossy();
        let has_value = WITH_VALUE.contains(&&*word);
        let value = if has_value { rest.next() } else { None };
        if word == "--skip" || CHOOSING.contains(&&*word) || word.starts_with("--skip=") || !word.starts_with('-') {
            choice.push(argument.clone());
            choice.extend(value.cloned());
        }
    }
    choice
}

/// Whether a test binary is asked for its list only.
pub fn is_listing(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| argument == OsStr::new("--list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_chooses_tests_is_kept() {
        let arguments = ["part", "--nocapture", "--test-threads", "1", "--skip", "slow", "--skip=x", "-q", "--exact"];
        let choice = choice_of(&arguments.map(OsString::from));
        assert_eq!(choice, ["part", "--skip", "slow", "--skip=x", "--exact"]);
    }

    #[test]
    fn names_are_what_libtest_lists() {
        assert_eq!(
            names("hello\na::b: test\nsrc/lib.rs - x (line 1): test\nc: benchmark\n\n2 tests"),
            ["a::b", "src/lib.rs - x (line 1)", "c"]
        );
    }

    #[test]
    fn this_very_program_has_libtest_in_it_and_lists_itself() {
        let program = std::env::current_exe().unwrap();
        assert!(is_in(&std::fs::read(&program).unwrap()));
        let arguments = ["libtest::tests", "--nocapture"].map(OsString::from);
        let tests = tests(&[program.into_os_string()], &arguments).unwrap();
        let panicking: Vec<&str> =
            tests.iter().filter(|test| test.should_panic).map(|test| test.name.as_str()).collect();
        assert_eq!(panicking, ["libtest::tests::this_test_has_to_panic"]);
        assert_eq!(tests.len(), 5);
    }

    #[test]
    #[should_panic(expected = "as it has to")]
    fn this_test_has_to_panic() {
        panic!("as it has to");
    }

    #[test]
    fn other_programs_have_no_libtest() {
        assert!(!is_in(&std::fs::read("/bin/sh").unwrap()));
        assert!(!holds(b"aab", b"ab "));
        assert!(holds(b"aab", b"ab"));
        assert_eq!(super::tests(&["/nowhere".into()], &[]), None);
    }
}
