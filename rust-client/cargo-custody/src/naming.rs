//! Which test a finding happened in.
//!
//! The stack knows best: somewhere in it is the function of the test, whoever called whom above it, in whichever thread. Of
//! several the outermost counts, which the harness called. Where no stack reaches it, the thread helps: libtest runs each
//! test in a thread of its name, and threads that a test starts without a name inherit it; but the kernel keeps 15 bytes
//! of it only, which several tests may share. A leak is found when the process ends, so that its thread says nothing.

use crate::session::{Kind, Note};

/// Bytes that the kernel keeps of a thread's name.
const THREAD_NAME_MAX: usize = 15;

/// A frame of a stack, as far as functions are known.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Functions in words, those inlined among them.
    pub functions: Vec<String>,
    /// The mangled name, or nothing.
    pub symbol: String,
}

/// What is known of a finding.
pub struct Clues<'a> {
    /// Its stacks, innermost frames first: what tells more of the moment comes first.
    pub stacks: &'a [Vec<Frame>],
    /// The name of the thread it happened in, when that says anything.
    pub thread: Option<&'a str>,
}

/// How a test was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Its function is in the stack.
    Stack,
    /// The thread has its name.
    Thread,
    /// No other test was run.
    Only,
}

impl By {
    /// The word for it in logs and summaries.
    pub fn word(self) -> &'static str {
        match self {
            By::Stack => "stack",
            By::Thread => "thread",
            By::Only => "only",
        }
    }
}

/// The answer; tests are numbered as in the note.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// This test.
    Test(usize, By),
    /// One of these.
    OneOf(Vec<usize>),
    /// No test, or none that is known.
    Unknown,
}

/// What is looked for in the names of functions, for the tests of one program.
pub struct Tests<'a> {
    note: &'a Note,
    patterns: Vec<Pattern>,
}

/// The function of one test.
struct Pattern {
    /// `crate::module::test`
    words: String,
    /// The same as in symbols of the older and of the newer mangling.
    legacy: String,
    v0: String,
}

impl<'a> Tests<'a> {
    /// Prepares to name the findings of a program.
    pub fn of(note: &'a Note) -> Tests<'a> {
        let crate_name = crate_name(&note.program);
        let patterns = match note.kind {
            Kind::Tests => note.tests.iter().map(|test| Pattern::of(crate_name, &test.name)).collect(),
            Kind::Doc => note.tests.iter().map(|test| Pattern::of_marker(&test.marker)).collect(),
            Kind::Program => Vec::new(),
        };
        Tests { note, patterns }
    }

    /// Says which test a finding belongs to.
    pub fn name(&self, clues: &Clues) -> Answer {
        if let Some(test) = clues.stacks.iter().find_map(|stack| self.in_stack(stack)) {
            return Answer::Test(test, By::Stack);
        }
        let candidates = clues.thread.map(|thread| self.in_thread(thread)).unwrap_or_default();
        match (candidates.as_slice(), self.note.tests.len()) {
            ([test], _) => Answer::Test(*test, By::Thread),
            ([], 1) => Answer::Test(0, By::Only),
            ([], _) => Answer::Unknown,
            (_, _) => Answer::OneOf(candidates),
        }
    }

    fn in_stack(&self, stack: &[Frame]) -> Option<usize> {
        stack.iter().rev().find_map(|frame| self.patterns.iter().position(|pattern| pattern.is_in(frame)))
    }

    fn in_thread(&self, thread: &str) -> Vec<usize> {
        let has_name = |name: &str| {
            let kept = &name.as_bytes()[..name.len().min(THREAD_NAME_MAX)];
            // A character that was cut through has been replaced.
            kept == thread.as_bytes() || String::from_utf8_lossy(kept) == thread
        };
        let tests = self.note.tests.iter().enumerate();
        tests.filter(|(_, test)| has_name(&test.name)).map(|(number, _)| number).collect()
    }
}

/// The crate that a program in cargo's target directory was compiled from: its name without the hash.
fn crate_name(program: &str) -> &str {
    let file = program.rsplit('/').next().unwrap_or(program);
    match file.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => name,
        _ => file,
    }
}

impl Pattern {
    fn of(crate_name: &str, test: &str) -> Pattern {
        let words = format!("{}::{test}", crate_name.replace('-', "_"));
        let legacy = words.split("::").map(|part| format!("{}{part}", part.len())).collect();
        let v0 = words.split("::").map(v0_identifier).collect();
        Pattern { words, legacy, v0 }
    }

    /// A doc test has its marker where others have a path.
    fn of_marker(marker: &str) -> Pattern {
        let legacy = format!("{}{marker}", marker.len());
        Pattern { words: marker.to_owned(), legacy, v0: v0_identifier(marker) }
    }

    fn is_in(&self, frame: &Frame) -> bool {
        let is_doc = !self.words.contains("::");
        if frame.functions.iter().any(|function| {
            if is_doc {
                is_part(function, &self.words)
            } else {
                is_path(function, &self.words)
            }
        }) {
            return true;
        }
        let symbol = &frame.symbol;
        if is_doc {
            return symbol.contains(&self.legacy) || symbol.contains(&self.v0);
        }
        match symbol.strip_prefix("_R") {
            Some(_) => is_followed(symbol, &self.v0, |rest| !rest.starts_with(|c: char| ('1'..='9').contains(&c))),
            None => is_followed(symbol, &self.legacy, |rest| {
                rest.starts_with("17h") || rest.starts_with("28_$u7b$$u7b$closure")
            }),
        }
    }
}

/// An identifier in the newer mangling: an underscore keeps its length apart from a digit or an underscore.
fn v0_identifier(part: &str) -> String {
    let apart = if part.starts_with(|c: char| c == '_' || c.is_ascii_digit()) { "_" } else { "" };
    format!("{}{apart}{part}", part.len())
}

fn is_followed(text: &str, part: &str, by: impl Fn(&str) -> bool) -> bool {
    text.match_indices(part).any(|(at, _)| {
        let digit_before = text[..at].ends_with(|c: char| c.is_ascii_digit());
        // In a longer path of the older mangling a length is in front; in the newer, a crate's disambiguator ends in "_".
        !digit_before && by(&text[at + part.len()..])
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a function, or a type in its name, is what the path names, or a closure in that.
fn is_path(function: &str, path: &str) -> bool {
    function.match_indices(path).any(|(at, _)| {
        let (before, rest) = (&function[..at], &function[at + path.len()..]);
        let begins = !before.ends_with(is_word) && !before.ends_with("::");
        begins && (rest.starts_with("::{") || !(rest.starts_with(is_word) || rest.starts_with("::")))
    })
}

/// Whether a part of a function's path is this.
fn is_part(function: &str, part: &str) -> bool {
    function
        .match_indices(part)
        .any(|(at, _)| !function[..at].ends_with(is_word) && !function[at + part.len()..].starts_with(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Test;

    fn note(kind: Kind, tests: &[&str]) -> Note {
        let test = |name: &&str| Test { name: (*name).into(), should_panic: false, marker: (*name).into() };
        let program = "/t/debug/deps/my_crate-0123456789abcdef".into();
        Note { program, package: "my-crate".into(), kind, tests: tests.iter().map(test).collect(), log: "l".into() }
    }

    fn functions(names: &[&str]) -> Vec<Frame> {
        let frame = |name: &&str| Frame { functions: vec![(*name).into()], symbol: String::new() };
        names.iter().map(frame).collect()
    }

    fn symbols(names: &[&str]) -> Vec<Frame> {
        names.iter().map(|name| Frame { functions: Vec::new(), symbol: (*name).into() }).collect()
    }

    fn named(tests: &[&str], stack: Vec<Frame>, thread: Option<&str>) -> Answer {
        Tests::of(&note(Kind::Tests, tests)).name(&Clues { stacks: &[stack], thread })
    }

    const TWO: &[&str] = &["tests::leaks", "tests::leaks_more"];

    #[test]
    fn a_test_is_found_by_its_function_in_words() {
        for function in [
            "my_crate::tests::leaks",
            "my_crate::tests::leaks::{{closure}}",
            "my_crate::tests::leaks::{closure#0}",
            "<my_crate::tests::leaks::{closure#0} as core::ops::function::FnOnce<()>>::call_once",
            "core::ops::function::FnOnce::call_once::<my_crate::tests::leaks>",
        ] {
            assert_eq!(named(TWO, functions(&["malloc", function]), None), Answer::Test(0, By::Stack), "{function}");
        }
    }

    #[test]
    fn other_functions_are_not_taken_for_a_test() {
        for function in [
            "other::my_crate::tests::leaks",
            "my_crate::tests::leaks::helper",
            "my_crate::tests::leaks2",
            "not_my_crate::tests::leaks",
            "my_crate::leaks",
        ] {
            assert_eq!(named(TWO, functions(&[function]), None), Answer::Unknown, "{function}");
        }
    }

    #[test]
    fn a_test_is_found_by_its_symbol_in_both_manglings() {
        for symbol in [
            "_ZN8my_crate5tests5leaks17h0123456789abcdefE",
            "_ZN8my_crate5tests5leaks28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
            "_RNvNtCs3mSbOeLENLV_8my_crate5tests5leaks",
            "_RNCNvNtCs3mSbOeLENLV_8my_crate5tests5leaks0B5_",
        ] {
            assert_eq!(named(TWO, symbols(&["malloc", symbol]), None), Answer::Test(0, By::Stack), "{symbol}");
        }
        for symbol in [
            "_ZN8my_crate5tests5leaks6helper17h0123456789abcdefE",
            "_RNvNvNtCs3mSbOeLENLV_8my_crate5tests5leaks6helper",
            "_ZN18my_crate5tests5leaks17h0123456789abcdefE",
        ] {
            assert_eq!(named(TWO, symbols(&[symbol]), None), Answer::Unknown, "{symbol}");
        }
        let underscored = symbols(&["_RNvNtCs3mSbOeLENLV_8my_crate5tests5__odd"]);
        assert_eq!(named(&["a", "tests::_odd"], underscored, Some("x")), Answer::Unknown);
        let underscored = symbols(&["_RNvNtCs3mSbOeLENLV_8my_crate5tests4__odd"]);
        assert_eq!(named(&["a", "tests::_odd"], underscored, None), Answer::Test(1, By::Stack));
    }

    #[test]
    fn the_outermost_test_of_a_stack_counts() {
        let stack = functions(&["my_crate::tests::leaks", "my_crate::tests::leaks_more", "main"]);
        assert_eq!(named(TWO, stack, None), Answer::Test(1, By::Stack));
    }

    #[test]
    fn the_stack_counts_more_than_the_thread() {
        let stack = functions(&["my_crate::tests::leaks"]);
        assert_eq!(named(&["tests::leaks", "a_thread"], stack, Some("a_thread")), Answer::Test(0, By::Stack));
    }

    #[test]
    fn a_thread_names_a_test_by_its_first_bytes() {
        assert_eq!(
            named(&["a", "tests::of_a_long_name"], vec![], Some("tests::of_a_lon")),
            Answer::Test(1, By::Thread)
        );
        assert_eq!(named(&["tests::of", "tests::of_x"], vec![], Some("tests::of")), Answer::Test(0, By::Thread));
        assert_eq!(
            named(&["a", "tests::of_a_loü"], vec![], Some("tests::of_a_lo\u{fffd}")),
            Answer::Test(1, By::Thread)
        );
        assert_eq!(named(TWO, vec![], Some("main")), Answer::Unknown);
    }

    #[test]
    fn tests_that_share_what_the_kernel_keeps_are_all_told() {
        let tests = ["module::tests::one", "module::tests::two", "other"];
        assert_eq!(named(&tests, vec![], Some("module::tests::")), Answer::OneOf(vec![0, 1]));
    }

    #[test]
    fn an_only_test_needs_no_clue() {
        assert_eq!(named(&["only"], vec![], None), Answer::Test(0, By::Only));
    }

    #[test]
    fn doc_tests_are_found_by_their_markers() {
        let note = note(Kind::Doc, &["__doctest_1", "__doctest_10"]);
        let tests = Tests::of(&note);
        let name = |stack| tests.name(&Clues { stacks: &[stack], thread: None });
        let by_words = functions(&["doctest_bundle_2024::__doctest_10::main"]);
        assert_eq!(name(by_words), Answer::Test(1, By::Stack));
        assert_eq!(name(symbols(&["_ZN19doctest_bundle_202411__doctest_14main17hE"])), Answer::Test(0, By::Stack));
        assert_eq!(name(symbols(&["_RNvNtC19doctest_bundle_202412___doctest_104main"])), Answer::Test(1, By::Stack));
    }

    #[test]
    fn a_crate_is_what_the_program_is_named_after() {
        assert_eq!(crate_name("/t/deps/a_b-0123456789abcdef"), "a_b");
        assert_eq!(crate_name("tool-x"), "tool-x");
    }
}
