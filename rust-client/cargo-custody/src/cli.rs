//! The command line: options of this tool, taken from before and after the subcommand, and what is cargo's own.

use crate::failure::{fail, Result};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// What `--help` prints.
pub const HELP: &str = "\
Run the tests or the program of a Cargo project under Custody.

Usage: cargo custody [OPTIONS] test  [CARGO TEST OPTIONS] [TESTNAME] [-- TEST BINARY ARGUMENTS]
       cargo custody [OPTIONS] run   [CARGO RUN OPTIONS] [ARGUMENTS]
       cargo custody [OPTIONS] bench [CARGO BENCH OPTIONS] [BENCHNAME] [-- BENCH BINARY ARGUMENTS]

Only what cargo runs is audited: test binaries, doc tests and programs with their children, not cargo, rustc or build
scripts. Each finding is told with the test that it happened in. Options may stand before or after the subcommand:

      --fail-on SEVERITY   What makes the run fail: error (default), warning, note, never
      --exit-code N        Exit status of a run that fails for its findings, 0 to 255 [default: 99]
      --log FILE           Keep the audit log there [default: custody/audit.jsonl in cargo's target directory]
      --baseline LOG       Findings of this log are known and do not make the run fail; may be given several times
      --suppressions FILE  Pass over the findings that it names; may be given several times
      --policy FILE        Rules for crossings
      --strict             A release across sides is an error
      --leaks WHAT         Blocks live at exit: off, summary, full (default)
      --stacks N           Frames kept for each allocation and release, 0 to 64 [default: 64]
      --no-prepare         Make no facts about code while programs run
      --format FORMAT      The summary: text (default, on standard error), or json (one last line on standard output)
      --custody FILE       The command `custody` to use [default: $CUSTODY, or beside cargo-custody, or on PATH]
      --help, --version    Print this, or the version

All other options are cargo's. Leaks of tests marked #[should_panic] are left out. The exit status is cargo's own when it
fails, else 99 (or --exit-code) after findings at or above --fail-on, else 0; 125 when cargo-custody itself fails.";

/// A subcommand of cargo that runs something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `cargo test`
    Test,
    /// `cargo run`
    Run,
    /// `cargo bench`
    Bench,
}

impl Command {
    fn of(word: &str) -> Option<Command> {
        match word {
            "test" | "t" => Some(Command::Test),
            "run" | "r" => Some(Command::Run),
            "bench" => Some(Command::Bench),
            _ => None,
        }
    }

    /// Cargo's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Command::Test => "test",
            Command::Run => "run",
            Command::Bench => "bench",
        }
    }
}

/// How severe a finding is; the greater, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Said for completeness.
    Note,
    /// Wrong, but harmless here, or not certain.
    Warning,
    /// Wrong.
    Error,
    /// More severe than any finding.
    Never,
}

impl Severity {
    /// The severity of this name.
    pub fn of(word: &str) -> Option<Severity> {
        match word {
            "note" => Some(Severity::Note),
            "warning" => Some(Severity::Warning),
            "error" => Some(Severity::Error),
            "never" => Some(Severity::Never),
            _ => None,
        }
    }

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
            Severity::Never => "never",
        }
    }
}

/// The options of this tool.
#[derive(Debug)]
pub struct Options {
    /// Least severity that makes the run fail.
    pub fail_on: Severity,
    /// The status it then has.
    pub exit_code: u8,
    /// Where the log is kept, when not in cargo's target directory.
    pub log: Option<PathBuf>,
    /// Logs whose findings are known.
    pub baselines: Vec<PathBuf>,
    /// Files that name findings to pass over.
    pub suppressions: Vec<PathBuf>,
    /// A file of rules.
    pub policy: Option<PathBuf>,
    /// Whether a release across sides is an error.
    pub strict: bool,
    /// `off`, `summary` or `full`.
    pub leaks: Option<String>,
    /// Frames kept of each stack.
    pub stacks: u8,
    /// Whether no facts are made.
    pub no_prepare: bool,
    /// Whether the summary is JSON.
    pub json: bool,
    /// The command `custody`, when it is named.
    pub custody: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            fail_on: Severity::Error,
            exit_code: 99,
            log: None,
            baselines: Vec::new(),
            suppressions: Vec::new(),
            policy: None,
            strict: false,
            leaks: None,
            stacks: 64,
            no_prepare: false,
            json: false,
            custody: None,
        }
    }
}

/// A run of cargo that is asked for.
#[derive(Debug)]
pub struct Invocation {
    /// What cargo is to do.
    pub command: Command,
    /// The options of this tool.
    pub options: Options,
    /// Values of cargo's `--config`, which come first as ours has to be the last of them.
    pub configs: Vec<OsString>,
    /// Cargo's other options and operands, up to and without `--`.
    pub cargo: Vec<OsString>,
    /// What stands after `--`, if there is one.
    pub rest: Option<Vec<OsString>>,
}

/// What a command line asks for.
#[derive(Debug)]
pub enum Wish {
    /// `--help`
    Help,
    /// `--version`
    Version,
    /// Running something.
    Run(Box<Invocation>),
}

/// Options of cargo that take a value as an argument of its own.
const WITH_VALUE: &[&str] = &[
    "-p",
    "--package",
    "--exclude",
    "--bin",
    "--example",
    "--test",
    "--bench",
    "-F",
    "--features",
    "-j",
    "--jobs",
    "--profile",
    "--target",
    "--target-dir",
    "--artifact-dir",
    "--manifest-path",
    "--lockfile-path",
    "--message-format",
    "--color",
    "-Z",
    "-C",
];

/// The arguments that are not read yet.
struct Arguments {
    rest: std::vec::IntoIter<OsString>,
    options: Options,
    configs: Vec<OsString>,
    cargo: Vec<OsString>,
}

/// Reads the arguments after the program's name and cargo's own `custody`.
pub fn parse(arguments: Vec<OsString>) -> Result<Wish> {
    let mut arguments =
        Arguments { rest: arguments.into_iter(), options: Options::default(), configs: Vec::new(), cargo: Vec::new() };
    let mut command = None;
    while let Some(argument) = arguments.rest.next() {
        let word = argument.to_str().unwrap_or("");
        if matches!(word, "--help" | "-h") {
            return Ok(Wish::Help);
        }
        if matches!(word, "--version" | "-V") && command.is_none() {
            return Ok(Wish::Version);
        }
        if word == "--" {
            break;
        }
        if arguments.take_option(word)? {
            continue;
        }
        if word.starts_with('-') {
            arguments.pass_on(argument);
        } else if command.is_none() {
            command = Some(subcommand(&argument)?);
        } else {
            arguments.cargo.push(argument);
            if command == Some(Command::Run) {
                arguments.cargo.extend(arguments.rest.by_ref());
                return arguments.wish(command, false);
            }
        }
    }
    let has_rest = arguments.rest.len() > 0;
    arguments.wish(command, has_rest)
}

fn subcommand(word: &OsStr) -> Result<Command> {
    word.to_str().and_then(Command::of).map_or_else(
        || fail(format!("{} is neither test, run nor bench; see `cargo custody --help`", word.to_string_lossy())),
        Ok,
    )
}

impl Arguments {
    fn wish(self, command: Option<Command>, has_rest: bool) -> Result<Wish> {
        let Some(command) = command else {
            return fail("what is to be done? Say test, run or bench; see `cargo custody --help`");
        };
        let rest = has_rest.then(|| self.rest.collect());
        let (options, configs, cargo) = (self.options, self.configs, self.cargo);
        Ok(Wish::Run(Box::new(Invocation { command, options, configs, cargo, rest })))
    }

    /// Passes an option on to cargo, with its value.
    fn pass_on(&mut self, option: OsString) {
        let has_value = option.to_str().is_some_and(|word| WITH_VALUE.contains(&word));
        self.cargo.push(option);
        if has_value && self.rest.as_slice().first().is_some_and(|next| !next.to_string_lossy().starts_with('-')) {
            self.cargo.extend(self.rest.next());
        }
    }

    /// Takes an option that is ours; false when it is not.
    fn take_option(&mut self, word: &str) -> Result<bool> {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        match name {
            "--strict" | "--no-prepare" if value.is_some() => return fail(format!("{name} takes no value")),
            "--strict" => self.options.strict = true,
            "--no-prepare" => self.options.no_prepare = true,
            "--config" => {
                let config = self.value(name, value)?;
                self.configs.push(config);
            }
            "--fail-on" | "--exit-code" | "--leaks" | "--stacks" | "--format" => {
                let text = self.value(name, value)?;
                self.set_word(name, &text.to_string_lossy())?;
            }
            "--log" | "--baseline" | "--suppressions" | "--policy" | "--custody" => {
                let path = self.value(name, value)?;
                self.set_path(name, path)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn value(&mut self, name: &str, value: Option<&str>) -> Result<OsString> {
        match value.map(OsString::from).or_else(|| self.rest.next()) {
            Some(value) => Ok(value),
            None => fail(format!("{name} needs a value")),
        }
    }

    fn set_word(&mut self, name: &str, word: &str) -> Result<()> {
        let wrong = |allowed: &str| fail(format!("{name} is {allowed}, not {word}"));
        let options = &mut self.options;
        match name {
            "--fail-on" => match Severity::of(word) {
                Some(severity) => options.fail_on = severity,
                None => return wrong("error, warning, note or never"),
            },
            "--exit-code" => match word.parse() {
                Ok(number) => options.exit_code = number,
                Err(_) => return wrong("a number from 0 to 255"),
            },
            "--stacks" => match word.parse() {
                Ok(number @ 0..=64) => options.stacks = number,
                _ => return wrong("a number from 0 to 64"),
            },
            "--leaks" => match word {
                "off" | "summary" | "full" => options.leaks = Some(word.to_owned()),
                _ => return wrong("off, summary or full"),
            },
            _ => match word {
                "text" | "json" => options.json = word == "json",
                _ => return wrong("text or json"),
            },
        }
        Ok(())
    }

    /// Paths are made absolute: cargo runs tests in the directories of their packages.
    fn set_path(&mut self, name: &str, path: OsString) -> Result<()> {
        let Ok(path) = std::path::absolute(&path) else {
            return fail(format!("{name} needs the name of a file"));
        };
        let options = &mut self.options;
        match name {
            "--log" => options.log = Some(path),
            "--baseline" => options.baselines.push(path),
            "--suppressions" => options.suppressions.push(path),
            "--policy" => options.policy = Some(path),
            _ => options.custody = Some(path),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Invocation> {
        match parse(line.split_whitespace().map(OsString::from).collect())? {
            Wish::Run(invocation) => Ok(*invocation),
            other => fail(format!("{other:?}")),
        }
    }

    fn failure(line: &str) -> String {
        read(line).unwrap_err().to_string()
    }

    #[test]
    fn options_are_taken_before_and_after_the_subcommand() {
        let invocation =
            read("--fail-on warning test --strict -p a --stacks=8 name --log /l --exit-code 7 -- --strict -q").unwrap();
        assert_eq!(invocation.command, Command::Test);
        assert_eq!(invocation.options.fail_on, Severity::Warning);
        assert!(invocation.options.strict);
        assert_eq!(invocation.options.stacks, 8);
        assert_eq!(invocation.options.exit_code, 7);
        assert_eq!(invocation.options.log.as_deref(), Some("/l".as_ref()));
        assert_eq!(invocation.cargo, ["-p", "a", "name"]);
        assert_eq!(invocation.rest.unwrap(), ["--strict", "-q"]);
    }

    #[test]
    fn what_follows_the_first_operand_of_run_is_the_programs() {
        let invocation = read("run --bin tool --strict input --strict --help --config x").unwrap();
        assert!(invocation.options.strict);
        assert_eq!(invocation.cargo, ["--bin", "tool", "input", "--strict", "--help", "--config", "x"]);
        assert_eq!(invocation.rest, None);
    }

    #[test]
    fn configurations_are_set_apart() {
        let invocation = read("test --config a=1 --release --config=b=2").unwrap();
        assert_eq!(invocation.configs, ["a=1", "b=2"]);
        assert_eq!(invocation.cargo, ["--release"]);
    }

    #[test]
    fn cargos_options_may_come_first() {
        assert_eq!(read("--offline t --workspace").unwrap().cargo, ["--offline", "--workspace"]);
    }

    #[test]
    fn an_option_without_its_value_leaves_the_next_one_alone() {
        let invocation = read("test --bin --strict").unwrap();
        assert!(invocation.options.strict);
        assert_eq!(invocation.cargo, ["--bin"]);
    }

    #[test]
    fn mistakes_are_told() {
        assert_eq!(failure("build"), "build is neither test, run nor bench; see `cargo custody --help`");
        assert_eq!(failure(""), "what is to be done? Say test, run or bench; see `cargo custody --help`");
        assert_eq!(failure("test --fail-on"), "--fail-on needs a value");
        assert_eq!(failure("test --fail-on bad"), "--fail-on is error, warning, note or never, not bad");
        assert_eq!(failure("test --exit-code 256"), "--exit-code is a number from 0 to 255, not 256");
        assert_eq!(failure("test --stacks 65"), "--stacks is a number from 0 to 64, not 65");
        assert_eq!(failure("test --strict=1"), "--strict takes no value");
    }

    #[test]
    fn help_and_version_are_ours() {
        assert!(matches!(parse(vec!["--help".into()]), Ok(Wish::Help)));
        assert!(matches!(parse(vec!["test".into(), "-h".into()]), Ok(Wish::Help)));
        assert!(matches!(parse(vec!["-V".into()]), Ok(Wish::Version)));
    }
}
