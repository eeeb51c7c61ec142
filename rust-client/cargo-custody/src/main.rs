//! `cargo custody`: runs the tests or the program of a Cargo project under Custody and names the test of each finding.
//!
//! One program plays two parts. The user calls it through cargo, as a subcommand ([`plugin`]); it calls cargo and has
//! itself put in front of each program that cargo runs, as a runner ([`runner`]), which becomes `custody run`. What runners
//! note and log meets in a directory ([`session`]).

mod audit;
mod cargo;
mod cfg;
mod cli;
mod doctest;
mod failure;
mod interrupt;
mod json;
mod libtest;
mod naming;
mod plugin;
mod runner;
mod session;
mod style;
mod summary;
mod tool;

use cli::Wish;
use failure::Result;
use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

/// Status when this tool itself fails, as `custody` and `env` have it.
const OWN_FAILURE: u8 = 125;

fn act(mut arguments: Vec<OsString>) -> Result<u8> {
    let first = arguments.first().and_then(|argument| argument.to_str()).unwrap_or("");
    if first == "--as-runner" {
        return runner::run(arguments.split_off(1));
    }
    if first == "custody" {
        arguments.remove(0);
    }
    match cli::parse(arguments)? {
        Wish::Help => println!("{}", cli::HELP),
        Wish::Version => println!("cargo-custody {}", env!("CARGO_PKG_VERSION")),
        Wish::Run(invocation) => return plugin::run(&invocation),
    }
    Ok(0)
}

fn main() -> ExitCode {
    act(env::args_os().skip(1).collect()).map_or_else(
        |error| {
            eprintln!("cargo-custody: {error}");
            ExitCode::from(OWN_FAILURE)
        },
        ExitCode::from,
    )
}
