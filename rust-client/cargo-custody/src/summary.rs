//! What is said at the end: for each program that was run its tests with findings, then the totals and where the log is; as
//! text, or as one line of JSON.

use crate::audit::Finding;
use crate::cli::Severity;
use crate::json::{object, Value};
use crate::session::{Kind, Note};
use crate::style::Style;
use crate::tool::Words;
use std::collections::HashMap;
use std::env;
use std::fmt::Write;
use std::path::Path;

/// One program, in all its runs.
#[derive(Debug)]
pub struct Program {
    /// The program; of doc tests nothing, as there may be many.
    pub path: String,
    /// The package that it belongs to.
    pub package: String,
    /// The kind of program.
    pub kind: Kind,
    /// How often it was run.
    pub runs: usize,
    /// The tests that were chosen, or the doc tests that were run.
    pub tests: usize,
    /// What was found in it.
    pub findings: Vec<Entry>,
}

/// A finding of a program.
#[derive(Debug)]
pub struct Entry {
    /// What was found.
    pub finding: Finding,
    /// The same in words; notes may have none.
    pub words: Words,
    /// Whether it makes the run fail.
    pub counts: bool,
    /// Whether it is severe enough, but known or suppressed.
    pub known: bool,
}

/// Everything that is said.
pub struct Summary<'a> {
    /// The programs that were run.
    pub programs: Vec<Program>,
    /// The joined log.
    pub log: &'a Path,
    /// Least severity that makes the run fail.
    pub fail_on: Severity,
    /// Cargo's exit status.
    pub cargo: i32,
    /// Ours.
    pub status: u8,
}

/// A path from the working directory, when it lies in that.
pub fn shortened(path: &str) -> String {
    let directory = env::current_dir().unwrap_or_default();
    match Path::new(path).strip_prefix(&directory) {
        Ok(relative) if !relative.as_os_str().is_empty() => relative.display().to_string(),
        _ => path.to_owned(),
    }
}

/// Sorts findings by the program that they were made in. `fresh` are the keys of those that are new, when anything is known
/// or suppressed.
pub fn programs(
    notes: &[Note],
    findings: Vec<Finding>,
    words: &HashMap<String, Words>,
    counts: impl Fn(&Finding) -> (bool, bool),
) -> Vec<Program> {
    let mut programs: Vec<Program> = Vec::new();
    let mut of_run = Vec::new();
    for note in notes {
        let path = if note.kind == Kind::Doc { "" } else { note.program.as_str() };
        let known = programs.iter().position(|other| other.path == path && other.package == note.package);
        let number = known.unwrap_or_else(|| {
            let (path, package, kind) = (path.to_owned(), note.package.clone(), note.kind);
            programs.push(Program { path, package, kind, runs: 0, tests: 0, findings: Vec::new() });
            programs.len() - 1
        });
        programs[number].runs += 1;
        programs[number].tests += note.tests.len();
        of_run.push(number);
    }
    for finding in findings {
        let (counts, known) = counts(&finding);
        let told = words.get(&finding.key).cloned();
        let words = told.unwrap_or_else(|| Words { message: finding.amount.clone(), ..Words::default() });
        programs[of_run[finding.run]].add(Entry { finding, words, counts, known });
    }
    programs
}

impl Program {
    /// Adds a finding, unless the same was made in the same test in another run or process.
    fn add(&mut self, entry: Entry) {
        let same = |other: &&Entry| {
            other.finding.key == entry.finding.key
                && other.finding.tests == entry.finding.tests
                && other.finding.child == entry.finding.child
        };
        if entry.finding.key.is_empty() || !self.findings.iter().any(|other| same(&other)) {
            self.findings.push(entry);
        }
    }

    /// What the program is called.
    fn title(&self) -> String {
        match self.kind {
            Kind::Doc => format!("doc tests of {}", self.package),
            _ if self.package.is_empty() => shortened(&self.path),
            _ => format!("{} ({})", shortened(&self.path), self.package),
        }
    }

    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|entry| entry.finding.severity == severity && !entry.finding.left_out).count()
    }

    fn left_out(&self) -> usize {
        self.findings.iter().filter(|entry| entry.finding.left_out).count()
    }

    fn known(&self) -> usize {
        self.findings.iter().filter(|entry| entry.known).count()
    }

    fn to_json(&self) -> Value {
        object([
            ("program", self.path.as_str().into()),
            ("package", self.package.as_str().into()),
            ("kind", self.kind.word().into()),
            ("runs", self.runs.into()),
            ("tests", self.tests.into()),
            ("errors", self.count(Severity::Error).into()),
            ("warnings", self.count(Severity::Warning).into()),
            ("notes", self.count(Severity::Note).into()),
            ("left_out", self.left_out().into()),
            ("known", self.known().into()),
            (
                "findings",
                Value::Array(self.findings.iter().filter(|entry| entry.is_shown()).map(Entry::to_json).collect()),
            ),
        ])
    }
}

impl Entry {
    /// Whether it is told of by itself.
    fn is_shown(&self) -> bool {
        self.counts || self.known || self.finding.left_out || self.finding.severity >= Severity::Warning
    }

    fn to_json(&self) -> Value {
        let test = match self.finding.tests.as_slice() {
            [name] => name.as_str().into(),
            _ => Value::Null,
        };
        let several = if self.finding.tests.len() > 1 { self.finding.tests.clone() } else { Vec::new() };
        object([
            ("test", test),
            ("one_of", several.into()),
            ("by", self.finding.by.into()),
            ("child", self.finding.child.as_deref().map_or(Value::Null, Value::from)),
            ("kind", self.finding.kind.as_str().into()),
            ("severity", self.finding.severity.word().into()),
            ("confidence", self.finding.confidence.as_str().into()),
            ("key", self.finding.key.as_str().into()),
            ("count", Value::Number(self.words.count.max(1).to_string())),
            ("message", self.words.message.as_str().into()),
            ("place", self.words.place.as_str().into()),
            ("counts", self.counts.into()),
            ("known", self.known.into()),
            ("left_out", self.finding.left_out.into()),
        ])
    }

    /// Where it happened, as a heading; findings of one heading are told together.
    fn heading(&self) -> String {
        let mut heading = match self.finding.tests.as_slice() {
            [] => "in no test, or in one that cannot be told".to_owned(),
            [name] => format!("test {name}"),
            names => format!("one of the tests {}", names.join(", ")),
        };
        if let Some(child) = &self.finding.child {
            let _ = write!(heading, ", in its child {}", shortened(child));
        }
        heading
    }
}

/// A path as a shell takes it for one word.
fn for_shell(path: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+,:@%=".contains(letter);
    if path.chars().all(is_plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

/// `1 error`, `2 errors`
fn amount(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

impl Summary<'_> {
    fn sum(&self, of: impl Fn(&Program) -> usize) -> usize {
        self.programs.iter().map(of).sum()
    }

    /// One line of JSON.
    pub fn to_json(&self) -> String {
        let totals = object([
            ("programs", self.programs.len().into()),
            ("runs", self.sum(|program| program.runs).into()),
            ("tests", self.sum(|program| program.tests).into()),
            ("errors", self.sum(|program| program.count(Severity::Error)).into()),
            ("warnings", self.sum(|program| program.count(Severity::Warning)).into()),
            ("notes", self.sum(|program| program.count(Severity::Note)).into()),
            ("left_out", self.sum(Program::left_out).into()),
            ("known", self.sum(Program::known).into()),
        ]);
        let summary = object([
            ("v", 1usize.into()),
            ("tool", "cargo-custody".into()),
            ("version", env!("CARGO_PKG_VERSION").into()),
            ("status", usize::from(self.status).into()),
            ("cargo", self.cargo.into()),
            ("fail_on", self.fail_on.word().into()),
            ("log", self.log.display().to_string().into()),
            ("totals", totals),
            ("programs", Value::Array(self.programs.iter().map(Program::to_json).collect())),
        ]);
        summary.to_string()
    }

    /// Lines for people.
    pub fn to_text(&self, style: Style) -> String {
        let mut text = String::new();
        for program in &self.programs {
            write_program(&mut text, style, program);
        }
        let _ = writeln!(text, "{} {}", style.verb("Custody"), self.totals());
        let log = shortened(&self.log.display().to_string());
        let _ = writeln!(text, "{} {log}; `custody report {}` shows it", style.verb("Log"), for_shell(&log));
        text
    }

    fn totals(&self) -> String {
        let tests = self.sum(|program| program.tests);
        let mut totals = amount(self.programs.len(), "program");
        if tests > 0 {
            totals = format!("{totals}, {}", amount(tests, "test"));
        }
        let errors = amount(self.sum(|program| program.count(Severity::Error)), "error");
        let warnings = amount(self.sum(|program| program.count(Severity::Warning)), "warning");
        let _ = write!(totals, ": {errors}, {warnings}");
        if self.fail_on == Severity::Note {
            let _ = write!(totals, ", {}", amount(self.sum(|program| program.count(Severity::Note)), "note"));
        }
        let known = self.sum(Program::known);
        if known > 0 {
            let _ = write!(totals, "; {known} known or suppressed");
        }
        let left_out = self.sum(Program::left_out);
        if left_out > 0 {
            let _ = write!(totals, "; left out: {} of tests that have to panic", amount(left_out, "leak"));
        }
        totals
    }
}

fn write_program(text: &mut String, style: Style, program: &Program) {
    let tests = match program.kind {
        Kind::Program => String::new(),
        _ => format!("{}, ", amount(program.tests, "test")),
    };
    let errors = amount(program.count(Severity::Error), "error");
    let warnings = amount(program.count(Severity::Warning), "warning");
    let _ = writeln!(text, "{} {}: {tests}{errors}, {warnings}", style.verb("Audited"), program.title());
    let mut shown: Vec<(String, &Entry)> =
        program.findings.iter().filter(|entry| entry.is_shown()).map(|entry| (entry.heading(), entry)).collect();
    shown.sort_by(|a, b| a.0.cmp(&b.0));
    let mut heading = "";
    for (own_heading, entry) in &shown {
        if own_heading != heading && program.kind != Kind::Program {
            let _ = writeln!(text, "  {}", style.strong(own_heading));
            heading = own_heading;
        }
        write_entry(text, style, entry);
    }
}

fn write_entry(text: &mut String, style: Style, entry: &Entry) {
    let Entry { finding, words, .. } = entry;
    let severity = style.severity(finding.severity);
    let _ = write!(text, "    {severity}: {}", finding.kind);
    for (before, what) in [(": ", &words.message), (" at ", &words.place)] {
        if !what.is_empty() {
            let _ = write!(text, "{before}{what}");
        }
    }
    if words.count > 1 {
        let _ = write!(text, ", {} times", words.count);
    }
    if finding.confidence == "inferred" {
        text.push_str(" (inferred)");
    }
    if entry.known {
        text.push_str(" (known or suppressed)");
    }
    if finding.left_out {
        text.push_str(" (left out: the test has to panic)");
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(program: &str, kind: Kind) -> Note {
        Note { program: program.into(), package: "p".into(), kind, tests: Vec::new(), log: "l".into() }
    }

    fn finding(run: usize, key: &str, tests: &[&str], severity: Severity) -> Finding {
        Finding {
            kind: "leak".into(),
            severity,
            confidence: "exact".into(),
            key: key.into(),
            run,
            tests: tests.iter().map(|name| (*name).to_owned()).collect(),
            by: "stack",
            should_panic: false,
            left_out: false,
            amount: String::new(),
            child: None,
        }
    }

    fn summary(programs: Vec<Program>) -> Summary<'static> {
        Summary { programs, log: Path::new("/l"), fail_on: Severity::Error, cargo: 0, status: 99 }
    }

    fn words() -> HashMap<String, Words> {
        let words = Words { message: "8 bytes lost".into(), place: "a.rs:1".into(), count: 2 };
        HashMap::from([("k".to_owned(), words)])
    }

    #[test]
    fn runs_of_one_program_and_all_doc_tests_of_a_package_are_told_together() {
        let notes = [
            note("/a", Kind::Tests),
            note("/b", Kind::Tests),
            note("/a", Kind::Tests),
            note("/x", Kind::Doc),
            note("/y", Kind::Doc),
        ];
        let findings = vec![
            finding(0, "k", &["t"], Severity::Error),
            finding(2, "k", &["t"], Severity::Error),
            finding(2, "k", &["u"], Severity::Error),
            finding(4, "k", &["d"], Severity::Error),
        ];
        let programs = programs(&notes, findings, &HashMap::new(), |_| (true, false));
        let told: Vec<_> =
            programs.iter().map(|program| (program.title(), program.runs, program.findings.len())).collect();
        assert_eq!(
            told,
            [("/a (p)".to_owned(), 2, 2), ("/b (p)".to_owned(), 1, 0), ("doc tests of p".to_owned(), 2, 1)]
        );
    }

    #[test]
    fn the_text_names_tests_and_totals() {
        let findings = vec![
            finding(0, "k", &["t"], Severity::Error),
            finding(0, "k", &["t", "u"], Severity::Warning),
            finding(0, "note", &[], Severity::Note),
        ];
        let programs = programs(&[note("/a", Kind::Tests)], findings, &words(), |_| (true, false));
        let mut programs = programs;
        programs[0].findings[2].counts = false;
        programs[0].findings[0].finding.left_out = true;
        let text = summary(programs).to_text(Style::plain());
        assert_eq!(
            text,
            "     Audited /a (p): 0 tests, 0 errors, 1 warning\n  \
             one of the tests t, u\n    warning: leak: 8 bytes lost at a.rs:1, 2 times\n  \
             test t\n    error: leak: 8 bytes lost at a.rs:1, 2 times (left out: the test has to panic)\n     \
             Custody 1 program: 0 errors, 1 warning; left out: 1 leak of tests that have to panic\n         \
             Log /l; `custody report /l` shows it\n"
        );
    }

    #[test]
    fn the_command_that_is_advised_is_one_that_a_shell_takes() {
        assert_eq!(for_shell("target/custody/audit.jsonl"), "target/custody/audit.jsonl");
        assert_eq!(for_shell("/my logs/it's.jsonl"), r"'/my logs/it'\''s.jsonl'");
        let summary = Summary { log: Path::new("/my logs/a"), ..summary(Vec::new()) };
        assert!(summary.to_text(Style::plain()).ends_with("Log /my logs/a; `custody report '/my logs/a'` shows it\n"));
    }

    #[test]
    fn the_json_is_one_line_with_what_was_found() {
        let findings = vec![finding(0, "k", &["t"], Severity::Error)];
        let programs = programs(&[note("/a", Kind::Tests)], findings, &words(), |_| (true, false));
        let line = summary(programs).to_json();
        let read = crate::json::parse(&line).unwrap();
        assert_eq!(read.number_of("status"), Some(99));
        assert_eq!(read.get("totals").unwrap().number_of("errors"), Some(1));
        let found = &read.items_of("programs")[0].items_of("findings")[0];
        assert_eq!((found.text_of("test"), found.text_of("place")), ("t", "a.rs:1"));
        assert!(!line.contains('\n'));
    }
}
