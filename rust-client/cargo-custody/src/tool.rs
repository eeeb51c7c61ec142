//! The command `custody`: where it is, and what it says of a log.

use crate::cli::{Options, Severity};
use crate::failure::{fail, During, Result};
use crate::json::{self, Value};
use std::collections::{HashMap, HashSet};
use std::env;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Finds the command: named by an option, by the environment, beside this program, or on `PATH`.
pub fn find(options: &Options) -> Result<PathBuf> {
    if let Some(path) = &options.custody {
        return named(path, "--custody");
    }
    if let Some(path) = env::var_os("CUSTODY").filter(|path| !path.is_empty()) {
        let path = std::path::absolute(&path).during(|| "CUSTODY")?;
        return named(&path, "the variable CUSTODY");
    }
    let beside = env::current_exe().ok().and_then(|path| Some(path.parent()?.join("custody")));
    let on_path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&on_path).map(|directory| directory.join("custody"));
    match beside.iter().cloned().chain(on_path).find(|path| is_program(path)) {
        Some(path) => std::path::absolute(path).during(|| "custody"),
        None => {
            let place = beside.map_or_else(String::new, |path| format!("{} is not there, and ", path.display()));
            fail(format!("the command custody is missing: {place}PATH has none; install Custody, or name it by --custody or CUSTODY"))
        }
    }
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn named(path: &Path, by: &str) -> Result<PathBuf> {
    if is_program(path) {
        return Ok(path.to_owned());
    }
    fail(format!("{}, which {by} names, is no program", path.display()))
}

/// Makes sure that the command can be executed; its version.
pub fn version(custody: &Path) -> Result<String> {
    let done = Command::new(custody).arg("--version").stdin(Stdio::null()).output().during(|| custody.display())?;
    let text = String::from_utf8_lossy(&done.stdout);
    match text.strip_prefix("custody ") {
        Some(version) if done.status.success() => Ok(version.trim().to_owned()),
        _ => fail(format!("{} is not Custody's command: it does not tell its version", custody.display())),
    }
}

/// Options for `custody run` behind each runner.
pub fn run_options(options: &Options) -> Vec<String> {
    let mut words = vec!["--stacks".to_owned(), options.stacks.to_string()];
    if let Some(what) = &options.leaks {
        words.extend(["--leaks".to_owned(), what.clone()]);
    }
    if let Some(path) = &options.policy {
        words.extend(["--policy".to_owned(), path.to_string_lossy().into_owned()]);
    }
    if options.strict {
        words.push("--strict".to_owned());
    }
    if options.no_prepare {
        words.push("--no-prepare".to_owned());
    }
    words
}

/// What a finding is, in words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// One line that says what happened.
    pub message: String,
    /// `FILE:LINE`, or a function.
    pub place: String,
    /// How often it happened.
    pub count: i64,
}

/// The words for the findings of a log, by their keys.
pub fn words(custody: &Path, log: &Path, least: Severity) -> Result<HashMap<String, Words>> {
    let mut report = Command::new(custody);
    report.args(["report", "--format", "json", "--severity", least.word()]).arg(log);
    let done = report.stdin(Stdio::null()).stderr(Stdio::inherit()).output().during(|| custody.display())?;
    let text = String::from_utf8_lossy(&done.stdout);
    let Some(report) = json::parse(&text) else {
        return fail(format!("custody report says nothing of {}", log.display()));
    };
    Ok(report
        .items_of("findings")
        .iter()
        .map(|finding| (finding.text_of("key").to_owned(), words_of(finding)))
        .collect())
}

fn words_of(finding: &Value) -> Words {
    Words {
        message: finding.text_of("message").to_owned(),
        place: place_of(finding).unwrap_or_default(),
        count: finding.number_of("count").unwrap_or(1),
    }
}

/// Where it happened; of what was found at the end, where it began.
fn place_of(finding: &Value) -> Option<String> {
    let began = finding.items_of("history").first().map_or(&[][..], |moment| moment.items_of("stack"));
    [finding.items_of("release"), finding.items_of("alloc"), began].into_iter().find_map(place_in)
}

/// The innermost call outside of standard libraries and Custody's own, by its line; without lines, by its function. What lies
/// below the test, its harness and the loader, says nothing.
fn place_in(stack: &[Value]) -> Option<String> {
    let calls = stack.iter().flat_map(|frame| frame.items_of("calls"));
    let calls = calls.take_while(|call| !call.text_of("function").starts_with("test::"));
    let calls: Vec<&Value> =
        calls.filter(|call| !call.is_true("std") && !is_custodys(call.text_of("function"))).collect();
    let by_line = calls.iter().find_map(|call| {
        let file = Some(call.text_of("file")).filter(|file| !file.is_empty() && !file.starts_with("/rustc/"))?;
        Some(format!("{}:{}", crate::summary::shortened(file), call.number_of("line")?))
    });
    by_line.or_else(|| calls.iter().map(|call| call.text_of("function").to_owned()).find(|name| !name.is_empty()))
}

/// Whether a function is of the crate `custody` or of `custody.hpp`, as `custody::alloc` and `<custody::CBox<T> as Drop>::drop`
/// are: those only pass on what their caller does.
fn is_custodys(function: &str) -> bool {
    function.trim_start_matches('<').starts_with("custody::")
}

/// The keys of findings that `custody check` finds new: neither in a baseline nor suppressed.
pub fn fresh(custody: &Path, log: &Path, options: &Options) -> Result<HashSet<String>> {
    let mut words: Vec<OsString> = vec!["check".into(), "--fail-on".into(), options.fail_on.word().into()];
    for (name, paths) in [("--baseline", &options.baselines), ("--suppressions", &options.suppressions)] {
        words.extend(paths.iter().flat_map(|path| [name.into(), path.clone().into_os_string()]));
    }
    let mut check = Command::new(custody);
    check.args(words).arg(log).stdin(Stdio::null()).stderr(Stdio::inherit());
    let done = check.output().during(|| custody.display())?;
    match done.status.code() {
        Some(0 | 1) => Ok(String::from_utf8_lossy(&done.stdout).lines().filter_map(fresh_key).collect()),
        _ => fail("custody check failed"),
    }
}

/// The key at the end of a line such as `error: leak: ... [0fa8f4d51fb75f15]`.
fn fresh_key(line: &str) -> Option<String> {
    let severity = line.split_once(": ")?.0;
    Severity::of(severity)?;
    let (_, key) = line.strip_suffix(']')?.rsplit_once('[')?;
    Some(key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_new_findings() {
        assert_eq!(fresh_key("error: leak: 1 block [of a], lost at x.rs:1 [0fa8]"), Some("0fa8".into()));
        for line in ["fixed: error: leak: x [0fa8]", "grew: error: leak: x [0fa8]: from 1 to 2", "3 found", ""] {
            assert_eq!(fresh_key(line), None, "{line}");
        }
    }

    #[test]
    fn a_place_is_the_innermost_line_that_is_no_standard_librarys() {
        let finding = r#"{"message":"m","count":2,"alloc":[{"calls":[{"function":"f","file":"/r/a.rs","line":1,"std":true},
            {"function":"g","std":false}]},{"calls":[{"function":"h","file":"/s/b.rs","line":7}]}]}"#;
        let words = words_of(&json::parse(finding).unwrap());
        assert_eq!(words, Words { message: "m".into(), place: "/s/b.rs:7".into(), count: 2 });
        let without_lines =
            r#"{"release":[{"calls":[{"function":"g"},{"function":"test::run"},{"file":"x.c","line":1}]}]}"#;
        assert_eq!(words_of(&json::parse(without_lines).unwrap()).place, "g");
    }

    #[test]
    fn what_goes_wrong_through_the_crate_custody_is_at_the_line_that_calls_it() {
        let finding = r#"{"release":[{"calls":[{"function":"custody::lease::Lease<B>::finish","file":"/c/lease.rs","line":160},
            {"function":"<custody::lease::Lease<B> as core::ops::drop::Drop>::drop","file":"/c/lease.rs","line":9}]},
            {"calls":[{"function":"custody_user::fill","file":"/s/b.rs","line":7}]}]}"#;
        assert_eq!(words_of(&json::parse(finding).unwrap()).place, "/s/b.rs:7");
    }

    #[test]
    fn a_command_that_is_not_there_is_named() {
        let options = Options { custody: Some("/nowhere/custody".into()), ..Options::default() };
        assert_eq!(find(&options).unwrap_err().to_string(), "/nowhere/custody, which --custody names, is no program");
    }
}
