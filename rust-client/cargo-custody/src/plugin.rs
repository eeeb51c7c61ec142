//! The part that the user calls: `cargo custody test`. It begins a session, has cargo run what is to be run through
//! runners of ours, joins their logs, and says what was found and where.

use crate::audit::{self, Finding};
use crate::cli::{Command, Invocation, Options, Severity};
use crate::failure::{fail, During, Result};
use crate::interrupt;
use crate::session::{Note, Orders, Session};
use crate::style::Style;
use crate::summary::{self, Summary};
use crate::{cargo, tool};
use std::env;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Runs cargo and tells what was found. The exit status.
pub fn run(invocation: &Invocation) -> Result<u8> {
    check(&invocation.options)?;
    let custody = tool::find(&invocation.options)?;
    tool::version(&custody)?;
    let triples = cargo::triples(invocation)?;
    let base = cargo::target_directory(invocation)?.join("custody");
    let log = invocation.options.log.clone().unwrap_or_else(|| base.join("audit.jsonl"));
    check_log(&log, &invocation.options)?;
    let session = Session::begin(&base, &orders(invocation, &custody, &triples)?)?;
    interrupt::outlive();
    let done = run_cargo(invocation, &session, &triples);
    let told = done.and_then(|done| tell(invocation, &custody, &session, &log, done));
    session.end();
    told
}

/// What is named has to be there before anything is built.
fn check(options: &Options) -> Result<()> {
    for path in options.baselines.iter().chain(&options.suppressions).chain(&options.policy) {
        fs::File::open(path).during(|| path.display())?;
    }
    Ok(())
}

/// What is known cannot be read from where the new log takes its place.
fn check_log(log: &Path, options: &Options) -> Result<()> {
    let same = |path: &&PathBuf| log.canonicalize().is_ok_and(|log| path.canonicalize().is_ok_and(|path| path == log));
    match options.baselines.iter().find(same) {
        Some(path) => {
            fail(format!("{} cannot be a baseline and the log of this run: copy it, or give --log", path.display()))
        }
        None => Ok(()),
    }
}

fn orders(invocation: &Invocation, custody: &Path, triples: &[String]) -> Result<Orders> {
    let Some(custody) = custody.to_str() else { return fail("the path of custody is not UTF-8") };
    let runners = triples.iter().map(|triple| {
        let runner = cargo::runner(invocation, triple).unwrap_or_else(|error| {
            eprintln!("cargo-custody: warning: {error}");
            Vec::new()
        });
        (triple.clone(), runner)
    });
    let variable = |triple: &String| {
        let name = cargo::environment_name(triple);
        env::var(&name).ok().map(|value| (name, value))
    };
    let environment = triples.iter().filter_map(variable).collect();
    Ok(Orders {
        environment,
        custody: custody.to_owned(),
        options: tool::run_options(&invocation.options),
        runners: runners.collect(),
    })
}

/// Text as TOML and cargo's `--config` take it.
fn quoted(text: &str) -> String {
    crate::json::Value::from(text).to_string()
}

/// `target."TRIPLE".runner=[...]`
fn runner_config(us: &Path, session: &Session, triple: &str) -> Result<String> {
    let (Some(us), Some(place)) = (us.to_str(), session.place().to_str()) else {
        return fail("paths of cargo-custody and of cargo's target directory have to be UTF-8");
    };
    let words = [us, "--as-runner", place, triple].map(quoted).join(", ");
    Ok(format!("target.{}.runner=[{words}]", quoted(triple)))
}

fn run_cargo(invocation: &Invocation, session: &Session, triples: &[String]) -> Result<ExitStatus> {
    let us = env::current_exe().during(|| "the path of cargo-custody")?;
    let mut command = cargo::command();
    command.arg(invocation.command.word());
    cargo::add_configs(&mut command, invocation);
    for triple in triples {
        command.arg("--config").arg(runner_config(&us, session, triple)?);
        // Earlier versions of cargo take this rather than what they are told.
        command.env_remove(cargo::environment_name(triple));
    }
    command.args(&invocation.cargo);
    if let Some(rest) = &invocation.rest {
        command.arg("--").args(rest);
    }
    command.status().during(|| "cargo")
}

/// Joins the logs in a file of ours, which then takes the place of what was there.
fn join(notes: &[Note], least: Severity, log: &Path) -> Result<Vec<Finding>> {
    let partial = PathBuf::from(format!("{}.{}", log.display(), std::process::id()));
    if let Some(directory) = log.parent() {
        fs::create_dir_all(directory).during(|| directory.display())?;
    }
    let mut out = BufWriter::new(fs::File::create(&partial).during(|| partial.display())?);
    let joined = audit::join(notes, least, &mut out);
    let findings = joined.and_then(|findings| out.flush().during(|| partial.display()).map(|()| findings));
    match findings.and_then(|findings| fs::rename(&partial, log).during(|| log.display()).map(|()| findings)) {
        Ok(findings) => Ok(findings),
        Err(error) => {
            let _ = fs::remove_file(&partial);
            Err(error)
        }
    }
}

fn tell(invocation: &Invocation, custody: &Path, session: &Session, log: &Path, done: ExitStatus) -> Result<u8> {
    let options = &invocation.options;
    let cargo = done.code().unwrap_or_else(|| 128 + done.signal().unwrap_or(0));
    let cargo_status = u8::try_from(cargo).unwrap_or(1);
    let notes = session.notes()?;
    let least = options.fail_on.min(Severity::Warning);
    // Also when nothing was run: the log of an earlier run would be taken for this one's.
    let findings = join(&notes, least, log)?;
    if notes.is_empty() && !options.json {
        if cargo == 0 {
            eprintln!("{} nothing: cargo ran no program", Style::choose(&invocation.cargo).verb("Audited"));
        }
        return Ok(cargo_status);
    }
    let is_severe = |finding: &Finding| finding.severity >= options.fail_on && !finding.left_out;
    let knows = !options.baselines.is_empty() || !options.suppressions.is_empty();
    let fresh = if knows && findings.iter().any(is_severe) { Some(tool::fresh(custody, log, options)?) } else { None };
    let is_fresh = |finding: &Finding| fresh.as_ref().map_or(true, |fresh| fresh.contains(&finding.key));
    let words = if notes.is_empty() { Default::default() } else { tool::words(custody, log, least)? };
    let counts =
        |finding: &Finding| (is_severe(finding) && is_fresh(finding), is_severe(finding) && !is_fresh(finding));
    let programs = summary::programs(&notes, findings, &words, counts);
    let fails = programs.iter().flat_map(|program| &program.findings).any(|entry| entry.counts);
    let status = match (cargo_status, fails) {
        (0, true) => options.exit_code,
        _ => cargo_status,
    };
    print(invocation, &Summary { programs, log, fail_on: options.fail_on, cargo, status });
    Ok(status)
}

fn print(invocation: &Invocation, summary: &Summary) {
    // Whoever reads may have gone; the exit status still says what there is to say.
    if invocation.options.json {
        let _ = writeln!(io::stdout(), "{}", summary.to_json());
    } else {
        let begin = if invocation.command == Command::Run { "" } else { "\n" };
        let _ = write!(io::stderr(), "{begin}{}", summary.to_text(Style::choose(&invocation.cargo)));
    }
}
