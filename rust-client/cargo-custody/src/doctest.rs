//! The names of doc tests. rustdoc compiles each into a program `rust_out` of its own, or, from edition 2024 on, most of them
//! into one, and neither can be asked for a list. The names of functions in the program tell where the tests are from:
//!
//! - a program with one doc test has a function `_doctest_main_src_lib_rs_41_0`: file and line, the file's name with `_` for
//!   all that is no letter or digit;
//! - one with several has a module `__doctest_N` for each; their names, as `src/lib.rs - add (line 4)`, are texts in it, and
//!   N counts them in order.

use crate::session::Test;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Directories that are searched for the source of a doc test, at most.
const DIRECTORIES_MAX: usize = 2000;
const SINGLE: &str = "_doctest_main_";
const MERGED: &str = "__doctest_";

/// Whether a program has doc tests in it, by its name.
pub fn is_doctest(program: &Path) -> bool {
    program.file_name().is_some_and(|name| name == "rust_out")
}

/// The doc tests in a program, given as the bytes of its file. `directory` is where it runs, `package` where its package is.
pub fn tests(program: &[u8], directory: &Path, package: &Path) -> Vec<Test> {
    let text = String::from_utf8_lossy(program);
    match single(&text) {
        Some(marker) => {
            let name = single_name(&marker, directory, package);
            vec![Test { name, should_panic: false, marker }]
        }
        None => merged(&text, directory),
    }
}

/// The name of the function of a program with one doc test.
fn single(text: &str) -> Option<String> {
    let start = text.find(SINGLE)?;
    let rest = &text[start..];
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let marker = &rest[..end];
    // In the older mangling its hash follows at once: 17h0123456789abcdefE.
    let marker = match marker.len().checked_sub(20) {
        Some(at) if marker.is_char_boundary(at) && marker[at..].starts_with("17h") && marker.ends_with('E') => {
            &marker[..at]
        }
        _ => marker,
    };
    Some(marker.to_owned())
}

/// `src/lib.rs (line 41)`, where the file is found; else what the marker has of it.
fn single_name(marker: &str, directory: &Path, package: &Path) -> String {
    let place = &marker[SINGLE.len()..];
    let mut parts = place.rsplitn(3, '_');
    let (_number, line, file) = (parts.next(), parts.next(), parts.next());
    let (Some(line), Some(file)) = (line, file) else { return place.to_owned() };
    let file = source_of(file, directory, package).unwrap_or_else(|| file.to_owned());
    format!("{file} (line {line})")
}

/// The source whose path, from the directory or one above, becomes this when all else than letters and digits is `_`.
fn source_of(flat: &str, directory: &Path, package: &Path) -> Option<String> {
    let mut directories = vec![package.to_path_buf()];
    for _ in 0..DIRECTORIES_MAX {
        let current = directories.pop()?;
        for entry in fs::read_dir(&current).ok()?.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let hidden = name.to_string_lossy().starts_with('.') || name == "target";
            if !hidden && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                directories.push(path);
            } else if let Some(found) = matching(&path, flat, directory) {
                return Some(found);
            }
        }
    }
    None
}

fn matching(path: &Path, flat: &str, directory: &Path) -> Option<String> {
    let relative = |base: &Path| path.strip_prefix(base).ok().map(|path| path.to_string_lossy().into_owned());
    directory.ancestors().filter_map(relative).find(|name| flattened(name) == flat)
}

fn flattened(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// The doc tests of a program with several.
fn merged(text: &str, directory: &Path) -> Vec<Test> {
    let numbers = numbers(text);
    let names = merged_names(text, directory);
    let certain = names.len() == numbers.len();
    let mut names = names.into_iter();
    numbers
        .into_iter()
        .map(|number| {
            let marker = format!("{MERGED}{number}");
            match names.next().filter(|_| certain) {
                Some(found) => Test { should_panic: found.should_panic(), name: found.name, marker },
                None => Test { name: format!("doc test {number} of those merged"), should_panic: false, marker },
            }
        })
        .collect()
}

/// The numbers of the modules `__doctest_N`. Where a name ends its length in the symbol tells: `11__doctest_04main`.
fn numbers(text: &str) -> BTreeSet<usize> {
    let mut numbers = BTreeSet::new();
    for (at, _) in text.match_indices(MERGED) {
        let before = text[..at].trim_end_matches('_');
        let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let length: Option<usize> = (1..=digits.min(2))
            .rev()
            .find_map(|n| before[before.len() - n..].parse().ok().filter(|n| (11..16).contains(n)));
        let number: Option<usize> = length.and_then(|length| text.get(at + MERGED.len()..at + length)?.parse().ok());
        numbers.extend(number);
    }
    numbers
}

/// A name that stands in a program.
struct Found {
    name: String,
    source: PathBuf,
    line: usize,
}

impl Found {
    /// What the line that opens the code says.
    fn should_panic(&self) -> bool {
        let text = fs::read_to_string(&self.source).unwrap_or_default();
        text.lines().nth(self.line.wrapping_sub(1)).is_some_and(|line| line.contains("should_panic"))
    }
}

/// Names as `src/lib.rs - add (line 4)`, in order; texts stand in a program without anything between them, so that a name
/// begins with the file that exists.
fn merged_names(text: &str, directory: &Path) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find(" (line ").map(|at| at + from) {
        let digits = &text[at + " (line ".len()..];
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        if let (Some(name), Ok(line)) = (name_before(&text[from..at], directory), digits[..end].parse()) {
            let name_text = format!("{} (line {line})", name.0);
            if digits[end..].starts_with(')') && !found.iter().any(|other| other.name == name_text) {
                found.push(Found { name: name_text, source: name.1, line });
            }
        }
        from = at + 1;
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The end of a text that is `FILE - PATH`, with a file that exists in the directory or one above.
fn name_before(text: &str, directory: &Path) -> Option<(String, PathBuf)> {
    let dash = text.rfind(" -")?;
    let file_end = &text[..dash];
    let start = file_end.rfind(|c: char| c.is_control() || c == '\u{fffd}' || c == ')').map_or(0, |at| at + 1);
    let candidates = file_end[start..].char_indices().map(|(at, _)| start + at).filter(|at| dash - at < 256);
    for at in candidates {
        let file = &text[at..dash];
        if Path::new(file).extension().is_none() || file.starts_with('/') {
            continue;
        }
        if let Some(source) = directory.ancestors().map(|base| base.join(file)).find(|path| path.is_file()) {
            return Some((text[at..].to_owned(), source));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
    }

    #[test]
    fn a_single_doc_test_is_named_by_file_and_line() {
        for symbol in ["28__doctest_main_src_json_rs_4_0\0", "27_doctest_main_src_json_rs_4_017h0123456789abcdefE\0"] {
            let tests = tests(symbol.as_bytes(), &here(), &here());
            assert_eq!(tests[0].name, "src/json.rs (line 4)");
            assert_eq!(tests[0].marker, "_doctest_main_src_json_rs_4_0");
        }
    }

    #[test]
    fn a_source_that_is_not_found_stays_as_it_is() {
        let tests = tests(b"_doctest_main_gone_rs_4_0 ", &here(), &here());
        assert_eq!(tests[0].name, "gone_rs (line 4)");
    }

    #[test]
    fn merged_doc_tests_are_told_by_number() {
        let program =
            "xsrc/json.rs - get (line 9)src/cfg.rs - (line 2)\0_ZN19doctest_bundle_202411__doctest_04main17h\0\
                       _RNv19doctest_bundle_202411___doctest_14main\0";
        let tests = tests(program.as_bytes(), &here(), &here());
        let told: Vec<_> = tests.iter().map(|test| (test.name.as_str(), test.marker.as_str())).collect();
        assert_eq!(told, [("src/cfg.rs - (line 2)", "__doctest_0"), ("src/json.rs - get (line 9)", "__doctest_1")]);
    }

    #[test]
    fn merged_doc_tests_without_names_are_numbered() {
        let tests = tests(b"19doctest_bundle_202412__doctest_104main\0", &here(), &here());
        assert_eq!(tests[0].name, "doc test 10 of those merged");
    }

    #[test]
    fn whether_one_has_to_panic_stands_in_its_source() {
        let source = std::env::temp_dir().join(format!("cargo-custody-doc-{}.rs", std::process::id()));
        fs::write(&source, "/// ```\n/// ```should_panic\n").unwrap();
        let panics = |line| Found { name: String::new(), source: source.clone(), line }.should_panic();
        assert_eq!((panics(1), panics(2), panics(0)), (false, true, false));
        fs::remove_file(&source).unwrap();
    }
}
