//! The part that cargo calls in place of a program: `cargo-custody --as-runner SESSION TRIPLE PROGRAM [ARGUMENT...]`. It
//! notes what is run and which tests it has, and becomes `custody run`, behind the runner that the user has configured. So
//! the process that cargo, or whoever calls it, starts, waits for and signals is the one that runs the program.

use crate::failure::{fail, During, Result};
use crate::session::{Kind, Note, Orders, Session};
use crate::{doctest, libtest};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Becomes the program; returns only when it cannot.
pub fn run(arguments: Vec<OsString>) -> Result<u8> {
    let mut arguments = arguments.into_iter();
    let (Some(place), Some(triple), Some(program)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return fail("--as-runner is for cargo to call");
    };
    let rest: Vec<OsString> = arguments.collect();
    let (session, orders) = Session::join(Path::new(&place))?;
    let runner: Vec<OsString> = orders.runner(&triple.to_string_lossy()).iter().map(OsString::from).collect();
    let plain = [runner.as_slice(), std::slice::from_ref(&program)].concat();
    if libtest::is_listing(&rest) {
        return become_program([plain, rest].concat(), &orders);
    }
    let note = note(&program, &plain, &rest, &session);
    session.write(&note)?;
    become_program([runner, custody_run(&orders, &note), vec![program], rest].concat(), &orders)
}

/// `custody run` with its options, up to the program.
fn custody_run(orders: &Orders, note: &Note) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec![orders.custody.as_str().into()];
    words.extend(["run", "--quiet", "--fail-on", "never"].map(OsString::from));
    words.extend(orders.options.iter().map(OsString::from));
    words.extend(["--log".into(), note.log.clone().into_os_string(), "--".into()]);
    words
}

fn note(program: &OsString, plain: &[OsString], rest: &[OsString], session: &Session) -> Note {
    let bytes = fs::read(program).unwrap_or_default();
    let (kind, tests) = if doctest::is_doctest(Path::new(program)) {
        let directory = env::current_dir().unwrap_or_default();
        let package = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| directory.clone(), Into::into);
        (Kind::Doc, doctest::tests(&bytes, &directory, &package))
    } else if libtest::is_in(&bytes) {
        (Kind::Tests, libtest::tests(plain, rest).unwrap_or_default())
    } else {
        (Kind::Program, Vec::new())
    };
    Note {
        program: program.to_string_lossy().into_owned(),
        package: env::var("CARGO_PKG_NAME").unwrap_or_default(),
        kind,
        tests,
        log: session.new_log(),
    }
}

fn become_program(words: Vec<OsString>, orders: &Orders) -> Result<u8> {
    let variables = orders.environment.iter().map(|(name, value)| (name, value));
    Err(Command::new(&words[0]).args(&words[1..]).envs(variables).exec())
        .during(|| words[0].to_string_lossy().into_owned())
}
