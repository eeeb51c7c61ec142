//! A session: what one run of this tool shares with the runners that cargo starts, which are processes of their own. It is
//! a directory; in it the orders, and of each process that was run its note and its audit log.

use crate::failure::{fail, During, Result};
use crate::json::{self, object, Value};
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

const ORDERS: &str = "orders.json";

/// What a runner has to know.
#[derive(Debug, PartialEq)]
pub struct Orders {
    /// The command `custody`.
    pub custody: String,
    /// Options for `custody run`.
    pub options: Vec<String>,
    /// The user's own runner for each target triple.
    pub runners: Vec<(String, Vec<String>)>,
    /// Variables that were taken from cargo and that programs are to have.
    pub environment: Vec<(String, String)>,
}

/// A directory for one run.
pub struct Session {
    place: PathBuf,
}

/// A test that a test binary has.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Its full name.
    pub name: String,
    /// Whether it has to panic.
    pub should_panic: bool,
    /// What the functions of a doc test have in their names; empty for others.
    pub marker: String,
}

/// What kind of program was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A test binary with libtest in it.
    Tests,
    /// A doc test, or several in one program.
    Doc,
    /// Anything else.
    Program,
}

/// What a runner notes of the program that it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The program, as cargo named it.
    pub program: String,
    /// The package that it belongs to.
    pub package: String,
    /// The kind of program.
    pub kind: Kind,
    /// The tests that its arguments choose.
    pub tests: Vec<Test>,
    /// Its audit log.
    pub log: PathBuf,
}

impl Session {
    /// Makes a new session in a directory, after removing those whose processes have gone.
    pub fn begin(base: &Path, orders: &Orders) -> Result<Session> {
        fs::create_dir_all(base).during(|| base.display())?;
        remove_old(base);
        let place = base.join(format!("session-{}", process::id()));
        fs::create_dir(&place).during(|| place.display())?;
        let session = Session { place };
        let path = session.place.join(ORDERS);
        fs::write(&path, orders.to_json().to_string()).during(|| path.display())?;
        Ok(session)
    }

    /// The session in this directory, and its orders.
    pub fn join(place: &Path) -> Result<(Session, Orders)> {
        let path = place.join(ORDERS);
        let text = fs::read_to_string(&path).during(|| path.display())?;
        match json::parse(&text) {
            Some(orders) => Ok((Session { place: place.to_owned() }, Orders::from_json(&orders))),
            None => fail(format!("{} cannot be read", path.display())),
        }
    }

    /// The directory.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// A path for a process's log, which also orders processes by when they began.
    pub fn new_log(&self) -> PathBuf {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.place.join(format!("{:020}-{}.jsonl", since.as_nanos(), process::id()))
    }

    /// Keeps a note beside its log.
    pub fn write(&self, note: &Note) -> Result<()> {
        let path = note.log.with_extension("note");
        fs::write(&path, note.to_json().to_string()).during(|| path.display())
    }

    /// All notes, in the order in which the processes began.
    pub fn notes(&self) -> Result<Vec<Note>> {
        let entries = fs::read_dir(&self.place).during(|| self.place.display())?;
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "note"));
        paths.sort();
        paths.iter().map(|path| read_note(path)).collect()
    }

    /// Removes the directory.
    pub fn end(self) {
        let _ = fs::remove_dir_all(&self.place);
    }
}

fn read_note(path: &Path) -> Result<Note> {
    let text = fs::read_to_string(path).during(|| path.display())?;
    match json::parse(&text) {
        Some(note) => Ok(Note::from_json(&note, path.with_extension("jsonl"))),
        None => fail(format!("{} cannot be read", path.display())),
    }
}

/// Sessions of processes that were killed stay behind.
fn remove_old(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix("session-")?.parse::<u32>().ok());
        if pid.is_some_and(|pid| pid == process::id() || !Path::new(&format!("/proc/{pid}")).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Orders {
    fn to_json(&self) -> Value {
        let runners = self.runners.iter().map(|(triple, words)| (triple.clone(), words.clone().into())).collect();
        let variables = self.environment.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        object([
            ("environment", Value::Object(variables)),
            ("custody", self.custody.as_str().into()),
            ("options", self.options.clone().into()),
            ("runners", Value::Object(runners)),
        ])
    }

    fn from_json(orders: &Value) -> Orders {
        let runners = orders.get("runners").map_or(&[][..], Value::members);
        let words = |name: &str| orders.get("runners").map(|runners| runners.texts_of(name)).unwrap_or_default();
        let variables = orders.get("environment").map_or(&[][..], Value::members);
        let variable = |(name, value): &(String, Value)| Some((name.clone(), value.text()?.to_owned()));
        Orders {
            environment: variables.iter().filter_map(variable).collect(),
            custody: orders.text_of("custody").to_owned(),
            options: orders.texts_of("options"),
            runners: runners.iter().map(|(triple, _)| (triple.clone(), words(triple))).collect(),
        }
    }

    /// The user's own runner for a triple; empty when there is none.
    pub fn runner(&self, triple: &str) -> &[String] {
        self.runners.iter().find(|(name, _)| name == triple).map_or(&[], |(_, words)| words)
    }
}

impl Kind {
    /// Its name in notes and summaries.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Tests => "tests",
            Kind::Doc => "doc-tests",
            Kind::Program => "program",
        }
    }

    fn of(word: &str) -> Kind {
        match word {
            "tests" => Kind::Tests,
            "doc-tests" => Kind::Doc,
            _ => Kind::Program,
        }
    }
}

impl Test {
    fn to_json(&self) -> Value {
        object([
            ("name", self.name.as_str().into()),
            ("should_panic", self.should_panic.into()),
            ("marker", self.marker.as_str().into()),
        ])
    }

    fn from_json(test: &Value) -> Test {
        Test {
            name: test.text_of("name").to_owned(),
            should_panic: test.is_true("should_panic"),
            marker: test.text_of("marker").to_owned(),
        }
    }
}

impl Note {
    fn to_json(&self) -> Value {
        object([
            ("program", self.program.as_str().into()),
            ("package", self.package.as_str().into()),
            ("kind", self.kind.word().into()),
            ("tests", Value::Array(self.tests.iter().map(Test::to_json).collect())),
        ])
    }

    fn from_json(note: &Value, log: PathBuf) -> Note {
        Note {
            program: note.text_of("program").to_owned(),
            package: note.text_of("package").to_owned(),
            kind: Kind::of(note.text_of("kind")),
            tests: note.items_of("tests").iter().map(Test::from_json).collect(),
            log,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;

    #[test]
    fn what_is_noted_is_read_again_in_the_order_of_time() {
        let base = env::temp_dir().join(format!("cargo-custody-session-{}", process::id()));
        let orders = Orders {
            custody: "/bin/custody".into(),
            options: vec!["--strict".into()],
            runners: vec![("t".into(), vec!["nice".into(), "-n 3".into()])],
            environment: vec![("A".into(), "b".into())],
        };
        let session = Session::begin(&base, &orders).unwrap();
        let (joined, read) = Session::join(session.place()).unwrap();
        assert_eq!(read, orders);
        assert_eq!(read.runner("t"), ["nice", "-n 3"]);
        assert!(read.runner("u").is_empty());

        let test = Test { name: "a::b".into(), should_panic: true, marker: String::new() };
        let mut notes = Vec::new();
        for kind in [Kind::Tests, Kind::Doc, Kind::Program] {
            let note = Note {
                program: "p".into(),
                package: "q".into(),
                kind,
                tests: vec![test.clone()],
                log: joined.new_log(),
            };
            joined.write(&note).unwrap();
            notes.push(note);
        }
        assert_eq!(session.notes().unwrap(), notes);
        session.end();
        assert_eq!(fs::read_dir(&base).unwrap().count(), 0);
        fs::remove_dir(&base).unwrap();
    }

    #[test]
    fn what_others_left_is_removed_and_what_lives_is_not() {
        let base = env::temp_dir().join(format!("cargo-custody-old-{}", process::id()));
        for name in ["session-4194305", "session-1", "other"] {
            fs::create_dir_all(base.join(name)).unwrap();
        }
        remove_old(&base);
        let mut left: Vec<_> = fs::read_dir(&base).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["other", "session-1"]);
        fs::remove_dir_all(&base).unwrap();
    }
}
