//! Parts of tests that break rules on purpose, run in a process of their own, whose audit log is then read.
//!
//! The test program runs itself again, for this one test. That happens twice: linked with Custody alone, and under `custody
//! run`, which preloads it as well. Compiled out there is nothing to be found, and the part must end well.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use custody::audit::{Event, Finding, Kind, Reader};

/// Set in the process of its own, to the name of the test.
const PART: &str = "CUSTODY_TEST_PART";

/// What a part left behind.
pub struct Outcome {
    /// How it was run.
    pub how: &'static str,
    /// Its findings that are no leaks of Custody's own search, which speaks of the test harness too.
    #[allow(dead_code)]
    pub findings: Vec<Finding>,
    /// How often each kind came, repeats included.
    #[allow(dead_code)]
    pub counts: BTreeMap<Kind, u64>,
    /// What it wrote to its standard output.
    #[allow(dead_code)]
    pub output: String,
}

/// The tool: beside the library, or where it was installed.
fn tool() -> Option<PathBuf> {
    let beside = |directory: &str| Path::new(directory).join("custody");
    let near = env::var("CUSTODY_BUILD").or_else(|_| env::var("CUSTODY_LIB_DIR"));
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../build/custody");
    near.ok().map(|directory| beside(&directory)).into_iter().chain([repository]).find(|tool| tool.exists())
}

/// Runs `part` in a process of its own, linked alone and preloaded, and shows what came of it to `judge`.
pub fn audited(test: &str, part: impl FnOnce(), judge: impl Fn(&Outcome)) {
    if env::var(PART).is_ok_and(|name| name == test) {
        part();
        return;
    }
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}.jsonl", std::process::id()));
    let program = env::current_exe().expect("a program has a file");
    let alone = Command::new(&program);
    let mut hows = vec![("linked alone", alone)];
    if let Some(tool) = tool() {
        let mut under = Command::new(tool);
        under.args(["run", "--fail-on", "never", "--log"]).arg(&log).arg("--").arg(&program);
        hows.push(("under custody run", under));
    }
    for (how, mut command) in hows {
        let _ = fs::remove_file(&log);
        let done = command
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(PART, test)
            .env("CUSTODY_OPTIONS", format!("log={}", log.display()))
            .output()
            .expect("the test program runs again");
        let output = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{test} {how}: {output}{}", String::from_utf8_lossy(&done.stderr));
        if custody::IS_DISABLED {
            continue;
        }
        judge(&read(how, &log, output));
    }
    let _ = fs::remove_file(&log);
}

fn read(how: &'static str, log: &Path, output: String) -> Outcome {
    let mut findings = Vec::new();
    let mut counts = BTreeMap::new();
    let mut kinds = BTreeMap::new();
    for record in Reader::open(log).expect("a log was written") {
        match record.expect("lines of a log").event {
            Event::Finding(finding) if finding.kind != Kind::Leak => {
                *counts.entry(finding.kind.clone()).or_insert(0) += 1;
                kinds.insert(finding.key.clone(), finding.kind.clone());
                findings.push(*finding);
            }
            Event::Exit(exit) => {
                for repeat in &exit.repeats {
                    if let Some(kind) = kinds.get(&repeat.key) {
                        *counts.entry(kind.clone()).or_insert(0) += repeat.count - 1;
                    }
                }
            }
            _ => {}
        }
    }
    Outcome { how, findings, counts, output }
}
