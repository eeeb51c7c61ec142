//! A client of `ledger`: both ownership models done right, and, on request, the bugs that Custody exists to find.
//!
//! ```text
//! client clean          both models, as they should be
//! client list [--tsv]   the bugs, and what Custody says of each
//! client BUG            one bug; goes on and exits 0 when the wrong release is put right
//! client good BUG       the same work done rightly
//! ```

mod api;
mod bugs;
mod catalogue;
mod clean;

use std::env;
use std::ffi::CString;
use std::hint::black_box;
use std::process::ExitCode;

use catalogue::{find, print_list, print_table, Bug};

const USAGE: &str = "usage: client clean | list [--tsv] | BUG | good BUG";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["clean"] => outcome("clean", clean::run()),
        ["list"] => outcome("list", print_list()),
        ["list", "--tsv"] => outcome("list", print_table()),
        ["good", name] => with_bug(name, |bug| outcome(name, (bug.good)())),
        [name] => with_bug(name, |bug| outcome(name, (bug.bad)())),
        _ => usage(USAGE),
    }
}

/// Runs `work` on the bug called `name`.
fn with_bug(name: &str, work: impl FnOnce(&Bug) -> ExitCode) -> ExitCode {
    match find(name) {
        Some(bug) => work(bug),
        None => usage(&format!("client: no bug is called '{name}'; `client list` names them\n{USAGE}")),
    }
}

/// Turns the result of a piece of work into an exit status: 0, or 1 with the reason on stderr.
fn outcome(name: &str, result: Outcome) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("client: {name}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}

/// What each piece of work returns.
type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A string of `length` bytes and a NUL. Opaque to the optimiser, which may otherwise do without the allocation.
fn text(length: usize) -> CString {
    black_box(CString::new(vec![b'x'; length]).expect("there is no NUL among the letters"))
}
