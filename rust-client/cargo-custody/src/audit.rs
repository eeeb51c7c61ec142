//! The audit logs of a session: read, each finding given its test, and joined into one log.
//!
//! A finding's line gets a member `test`; nothing else of the line changes, but that a leak of a test that has to panic
//! becomes a note.

use crate::cli::Severity;
use crate::failure::{During, Result};
use crate::json::{self, object, Value};
use crate::naming::{Answer, Clues, Frame, Tests};
use crate::session::{Kind, Note, Test};
use std::collections::HashMap;
use std::fs;
use std::io::Write;

/// Status of a process of which Rust says that it panicked.
const PANICKED: i64 = 101;

/// A finding and where it belongs.
#[derive(Debug)]
pub struct Finding {
    /// Which kind.
    pub kind: String,
    /// How severe, as the joined log has it.
    pub severity: Severity,
    /// `exact` or `inferred`.
    pub confidence: String,
    /// What names it in all runs.
    pub key: String,
    /// The number of the run in the session.
    pub run: usize,
    /// The tests that it may belong to, by name.
    pub tests: Vec<String>,
    /// How the test is known; nothing when it is not.
    pub by: &'static str,
    /// Whether these tests have to panic.
    pub should_panic: bool,
    /// Whether it is a leak of such a test, and would be told otherwise.
    pub left_out: bool,
    /// Of a leak, how much it is, in words.
    pub amount: String,
    /// The program, when it is not the one that cargo ran but one that this started.
    pub child: Option<String>,
}

/// What one log said about processes and code.
#[derive(Default)]
struct Context {
    /// By process and module: path and build-id.
    modules: HashMap<(i64, i64), (String, String)>,
    /// By process: the one that it began as a copy of.
    parents: HashMap<i64, i64>,
    /// By process: its program.
    programs: HashMap<i64, String>,
    /// By path, build-id and offset: the functions of a frame.
    functions: HashMap<(String, String, String), Vec<String>>,
    /// Status of the first process.
    status: Option<i64>,
    first: Option<i64>,
}

impl Context {
    fn take(&mut self, event: &Value) {
        let Some(pid) = event.number_of("pid") else { return };
        match event.text_of("event") {
            "start" => {
                self.first.get_or_insert(pid);
                self.programs.insert(pid, event.text_of("exe").to_owned());
            }
            "fork" => {
                self.parents.extend(event.number_of("parent").map(|parent| (pid, parent)));
            }
            "module" => {
                let place = (event.text_of("path").to_owned(), event.text_of("build_id").to_owned());
                self.modules.extend(event.number_of("id").map(|id| ((pid, id), place)));
            }
            "exit" if self.first == Some(pid) => self.status = event.number_of("status"),
            "symbols" => self.take_symbols(event),
            _ => {}
        }
    }

    fn take_symbols(&mut self, event: &Value) {
        let (path, build_id) = (event.text_of("module"), event.text_of("build_id"));
        for frame in event.items_of("frames") {
            let calls = frame.items_of("calls").iter().map(|call| call.text_of("function").to_owned());
            let key = (path.to_owned(), build_id.to_owned(), frame.text_of("offset").to_owned());
            self.functions.insert(key, calls.collect());
        }
    }

    /// A process and those that it was copied from, the nearest first.
    fn line_of(&self, pid: i64) -> Vec<i64> {
        let mut line = vec![pid];
        while let Some(parent) = self.parents.get(&line[line.len() - 1]).filter(|parent| !line.contains(parent)) {
            line.push(*parent);
        }
        line
    }

    fn program(&self, pid: i64) -> Option<&str> {
        self.line_of(pid).iter().find_map(|pid| self.programs.get(pid)).map(String::as_str)
    }

    fn frames(&self, pid: i64, stack: &[Value]) -> Vec<Frame> {
        stack.iter().map(|frame| self.frame(pid, frame)).collect()
    }

    fn frame(&self, pid: i64, frame: &Value) -> Frame {
        let module = frame.number_of("module").and_then(|id| {
            let owner = self.line_of(pid).into_iter().find(|pid| self.modules.contains_key(&(*pid, id)))?;
            self.modules.get(&(owner, id)).cloned()
        });
        let functions = module.and_then(|(path, build_id)| {
            self.functions.get(&(path, build_id, frame.text_of("offset").to_owned())).cloned()
        });
        Frame { functions: functions.unwrap_or_default(), symbol: frame.text_of("symbol").to_owned() }
    }
}

fn is_leak(kind: &str) -> bool {
    matches!(kind, "leak" | "handle-leak" | "transfer-leak")
}

/// Joins the logs of these runs in `out`, in their order, and gives the findings. Leaks below `least` are not left out, as
/// nobody is told of them.
pub fn join(notes: &[Note], least: Severity, out: &mut impl Write) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (run, note) in notes.iter().enumerate() {
        let bytes = fs::read(&note.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        // A line that a process could not finish is left out: what follows would be lost with it.
        let lines: Vec<(&str, Value)> = text.lines().filter_map(|line| Some((line, json::parse(line)?))).collect();
        let mut context = Context::default();
        lines.iter().for_each(|(_, event)| context.take(event));
        let judge = Judge { run, note, tests: Tests::of(note), context, least };
        for (line, event) in &lines {
            if event.text_of("event") == "finding" {
                let finding = judge.finding(event);
                writeln!(out, "{}", with_test(line, event, &finding)).during(|| "the joined log")?;
                findings.push(finding);
            } else {
                writeln!(out, "{line}").during(|| "the joined log")?;
            }
        }
    }
    Ok(findings)
}

/// What the findings of one run are judged by.
struct Judge<'a> {
    run: usize,
    note: &'a Note,
    tests: Tests<'a>,
    context: Context,
    least: Severity,
}

impl Judge<'_> {
    fn finding(&self, event: &Value) -> Finding {
        let kind = event.text_of("kind");
        let severity = severity_of(event);
        let child = self.child(event);
        let (numbers, by) = match self.answer(event, child.is_some()) {
            Answer::Test(number, by) => (vec![number], by.word()),
            Answer::OneOf(numbers) => (numbers, ""),
            Answer::Unknown => (Vec::new(), ""),
        };
        let tests: Vec<&Test> = numbers.iter().map(|number| &self.note.tests[*number]).collect();
        let should_panic = !tests.is_empty() && tests.iter().all(|test| self.should_panic(test));
        let left_out = should_panic && is_leak(kind) && severity >= self.least;
        Finding {
            kind: kind.to_owned(),
            severity: if left_out { Severity::Note } else { severity },
            confidence: event.text_of("confidence").to_owned(),
            key: event.text_of("key").to_owned(),
            run: self.run,
            tests: tests.iter().map(|test| test.name.clone()).collect(),
            by,
            should_panic,
            left_out,
            amount: amount(event),
            child,
        }
    }

    fn answer(&self, event: &Value, is_child: bool) -> Answer {
        let pid = event.number_of("pid").unwrap_or(0);
        let history = event.items_of("history");
        let stacks = ["release", "alloc", "first_release"].map(|name| event.items_of(name)).into_iter();
        let stacks = stacks.chain(history.iter().map(|moment| moment.items_of("stack")));
        let stacks: Vec<_> = stacks.map(|stack| self.context.frames(pid, stack)).collect();
        // What is found when the process ends belongs to where it began.
        let moment = if is_leak(event.text_of("kind")) { history.first() } else { Some(event) };
        let thread = moment.filter(|_| !is_child).map(|moment| moment.text_of("thread"));
        self.tests.name(&Clues { stacks: &stacks, thread })
    }

    /// The program of a finding when it is another than the first.
    fn child(&self, event: &Value) -> Option<String> {
        let program = event.number_of("pid").and_then(|pid| self.context.program(pid))?;
        let first = self.context.first.and_then(|pid| self.context.program(pid));
        (first != Some(program)).then(|| program.to_owned())
    }

    /// Of a doc test with a program of its own nobody says that it has to panic; but unless it has to, it fails then.
    fn should_panic(&self, test: &Test) -> bool {
        let is_alone = self.note.kind == Kind::Doc && self.note.tests.len() == 1;
        test.should_panic || (is_alone && self.context.status == Some(PANICKED))
    }
}

fn severity_of(event: &Value) -> Severity {
    Severity::of(event.text_of("severity")).unwrap_or(Severity::Error)
}

/// `2 blocks, 96 bytes`
fn amount(event: &Value) -> String {
    let plural = |number: i64, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
    match (event.number_of("blocks"), event.number_of("bytes")) {
        (Some(blocks), Some(bytes)) => format!("{}, {}", plural(blocks, "block"), plural(bytes, "byte")),
        _ => String::new(),
    }
}

/// The line of a finding with what was found out about its test.
fn with_test(line: &str, event: &Value, finding: &Finding) -> String {
    let should_panic = ("should_panic", finding.should_panic.into());
    let test = match finding.tests.as_slice() {
        [] => return line.to_owned(),
        [name] => object([("name", name.as_str().into()), ("by", finding.by.into()), should_panic]),
        names => object([("one_of", names.to_vec().into()), should_panic]),
    };
    let member = |severity: Severity| format!("\"severity\":\"{}\"", severity.word());
    let line = line.replacen(&member(severity_of(event)), &member(finding.severity), 1);
    match line.trim_end().strip_suffix('}') {
        Some(start) => format!("{start},\"test\":{test}}}"),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = r#"{"v":1,"event":"start","pid":7,"exe":"/t/c-0123456789abcdef"}"#;
    const MODULE: &str = r#"{"v":1,"event":"module","pid":7,"id":0,"path":"/t/c","build_id":"ab"}"#;
    const SYMBOLS: &str = r#"{"v":1,"event":"symbols","pid":6,"module":"/t/c","build_id":"ab","frames":[{"offset":"0x10","calls":[{"function":"c::inner"},{"function":"c::panics"}]}]}"#;

    fn finding(kind: &str, pid: u32, rest: &str) -> String {
        format!(r#"{{"v":1,"event":"finding","pid":{pid},"kind":"{kind}","severity":"error","key":"k",{rest}}}"#)
    }

    fn joined(name: &str, kind: Kind, lines: &[&str]) -> (Vec<Finding>, Vec<String>) {
        let log = std::env::temp_dir().join(format!("cargo-custody-{name}-{}", std::process::id()));
        fs::write(&log, lines.join("\n") + "\n").unwrap();
        let test = |name: &str, should_panic| Test { name: name.into(), should_panic, marker: String::new() };
        let tests = match kind {
            Kind::Doc => vec![test("src/lib.rs (line 1)", false)],
            _ => vec![test("panics", true), test("works", false)],
        };
        let note = Note { program: "/t/c-0123456789abcdef".into(), package: "c".into(), kind, tests, log: log.clone() };
        let mut out = Vec::new();
        let findings = join(&[note], Severity::Warning, &mut out).unwrap();
        fs::remove_file(log).unwrap();
        (findings, String::from_utf8(out).unwrap().lines().map(str::to_owned).collect())
    }

    const FRAME: &str = r#""thread":"x","alloc":[{"module":0,"offset":"0x10"}]"#;

    #[test]
    fn a_leak_of_a_test_that_has_to_panic_is_left_out() {
        let leak = finding("leak", 7, FRAME);
        let (findings, lines) = joined("panics", Kind::Tests, &[START, MODULE, &leak, SYMBOLS]);
        assert!(findings[0].left_out);
        assert_eq!(findings[0].severity, Severity::Note);
        assert_eq!(lines.len(), 4);
        let test = r#","test":{"name":"panics","by":"stack","should_panic":true}}"#;
        assert!(lines[2].ends_with(test) && lines[2].contains(r#""severity":"note""#), "{}", lines[2]);
    }

    #[test]
    fn an_object_that_was_never_destroyed_belongs_to_the_test_that_made_it() {
        let history = r#""thread":"c","history":[{"deed":"made","thread":"works","stack":[]},{"thread":"panics"}]"#;
        let (findings, _) = joined("handle", Kind::Tests, &[START, MODULE, &finding("handle-leak", 7, history)]);
        assert_eq!((findings[0].tests.as_slice(), findings[0].by), (&["works".to_owned()][..], "thread"));
    }

    #[test]
    fn other_findings_of_such_a_test_count() {
        let free = finding("double-free", 7, FRAME);
        let (findings, lines) = joined("free", Kind::Tests, &[START, MODULE, &free, SYMBOLS]);
        assert!(!findings[0].left_out);
        assert!(lines[2].contains(r#""severity":"error""#));
    }

    #[test]
    fn a_forked_child_has_the_modules_of_its_parent() {
        let fork = r#"{"v":1,"event":"fork","pid":8,"parent":7}"#;
        let free = finding("double-free", 8, FRAME);
        let (findings, _) = joined("fork", Kind::Tests, &[START, MODULE, fork, &free, SYMBOLS]);
        assert_eq!(findings[0].tests, ["panics"]);
        assert_eq!(findings[0].child, None);
    }

    #[test]
    fn the_thread_of_another_program_says_nothing() {
        let start = r#"{"v":1,"event":"start","pid":8,"exe":"/bin/works"}"#;
        let free = finding("double-free", 8, r#""thread":"works""#);
        let (findings, lines) = joined("child", Kind::Tests, &[START, start, &free]);
        assert!(findings[0].tests.is_empty());
        assert_eq!(findings[0].child.as_deref(), Some("/bin/works"));
        assert_eq!(lines[2], free);
    }

    #[test]
    fn leaks_of_a_doc_test_that_panicked_are_left_out() {
        let exit = |status| format!(r#"{{"v":1,"event":"exit","pid":7,"status":{status}}}"#);
        let leak = finding("leak", 7, r#""thread":"x""#);
        let left_out = |name, status| joined(name, Kind::Doc, &[START, &leak, &exit(status)]).0[0].left_out;
        assert!(left_out("doc-panicked", 101));
        assert!(!left_out("doc-worked", 0));
    }

    #[test]
    fn a_line_that_was_cut_is_left_out() {
        let (findings, lines) = joined("cut", Kind::Tests, &[START, r#"{"v":1,"event":"find"#]);
        assert!(findings.is_empty());
        assert_eq!(lines, [START]);
    }
}
