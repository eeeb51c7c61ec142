//! Custody for Rust: who owns this pointer, and who may release it.
//!
//! Custody is an allocator-ownership runtime: it knows of each block which party made it, and tells
//! of whoever releases another party's. A program that is run under `custody run` needs none of this crate. This is for
//! programs and libraries that want more: they *say* who owns what, what is lent to C and for how long, which thread an object
//! belongs to, and the runtime holds everybody to it, on both sides of the boundary. What breaks a rule becomes a finding in
//! the audit log, with the whole history of the thing.
//!
//! | | |
//! |---|---|
//! | [`Side`] | a party that owns memory |
//! | [`Allocator`] | `#[global_allocator]`: all of Rust's blocks belong to a side |
//! | [`Block`], [`CBox`] | single blocks made for a side |
//! | [`handle`] | objects that a library owns, as typed handles |
//! | [`lease`] | buffers that a library fills during a call |
//! | [`loan`] | blocks that are lent: guards that return them |
//! | [`Transfer`] | `into_raw` and `from_raw` that keep the ledger |
//! | [`callback`] | functions that C calls, and their panics |
//! | [`describe`], [`owner`], [`find_leaks`] | questions |
#![cfg_attr(feature = "audit", doc = "| [`audit`] | reading audit logs |")]
#![cfg_attr(not(feature = "audit"), doc = "| `audit` | reading audit logs (feature `audit`) |")]
//!
//! # An example
//!
//! ```
//! use custody::{CBox, Lang, Side, Transfer};
//!
//! # fn main() -> custody::Result<()> {
//! let client = Side::register("client", Lang::Rust)?;
//! let library = Side::register("library", Lang::C)?;
//!
//! // Lent: the library may sort it, and nobody may release it meanwhile.
//! let mut table = vec![2, 3, 1];
//! let mut loan = client.lend_mut(table.as_mut_slice(), library)?;
//! // ... unsafe { library_sort(loan.as_mut_ptr().cast(), loan.len()) };
//! # loan.sort();
//! loan.give_back()?;
//!
//! // Handed over: now the library has it, until it gives it back.
//! let raw = table.into_raw_for(client, library)?;
//! // ... unsafe { library_keep(raw.data, raw.length, raw.capacity) }; later:
//! let table = unsafe { Vec::from_raw_of(raw, library, client) }?;
//! assert_eq!(table, [1, 2, 3]);
//! # Ok(())
//! # }
//! ```
//!
//! # Where findings go
//!
//! Settings come from the environment variable `CUSTODY_OPTIONS`, as `log=FILE`; without, findings are short messages on
//! stderr. `custody run -- PROGRAM` sets it, preloads Custody as well, and ends with a report.
//!
//! # How Custody is linked
//!
//! By features, as in `custody-sys`: `static` (the default), `dynamic`, or `disabled`, which compiles Custody out: everything
//! here works as before, with blocks of `malloc`, checks nothing, and needs no library. A program may depend on this crate
//! in release builds that way:
//!
//! ```toml
//! [features]
//! release = ["custody/disabled"]
//! ```
//!
//! # What is safe
//!
//! Functions that only *say* something are safe, also when it is wrong: that is what is found. What makes a value of a raw
//! pointer is unsafe, as it is in the standard library.
//!
//! Guards ([`Shared`](loan::Shared), [`Exclusive`](loan::Exclusive), [`Lease`](lease::Lease)) state what has been stated to
//! Custody; one that is forgotten (`mem::forget`) is a finding, not a danger to memory.
#![warn(rust_2018_idioms)]

mod alloc;
mod ask;
mod block;
mod error;
mod side;
mod text;

#[cfg(feature = "audit")]
pub mod audit;
pub mod callback;
pub mod handle;
pub mod lease;
pub mod loan;
pub mod transfer;

pub use alloc::Allocator;
pub use ask::{describe, find_leaks, owner, print, BlockDescription, Description, Leaks, Total};
pub use block::{Block, CBox};
pub use error::{Error, Result};
pub use side::{Contract, Lang, Side};
pub use transfer::Transfer;

pub use custody_sys as sys;

/// Whether Custody is compiled out (feature `disabled`).
pub const IS_DISABLED: bool = cfg!(feature = "disabled");

/// The version of the runtime that serves this process; "disabled" when it is compiled out.
pub fn version() -> &'static str {
    // SAFETY: the library answers a static C string.
    let version = unsafe { std::ffi::CStr::from_ptr(custody_sys::custody_version()) };
    version.to_str().unwrap_or("unknown")
}
