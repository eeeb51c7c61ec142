//! Safe accounts over the C library `ledger`.
//!
//! Both ownership models of a foreign boundary, as a Rust program wants to see them:
//!
//! * **Library-owned.** An [`Account`] is made by the library and goes back to it when dropped; so do [`Journal`],
//!   [`Balances`] and [`Columns`], each through the release function that the library names for it. Nothing that C
//!   allocated is ever released by Rust, and nothing that Rust allocated by C.
//! * **Caller-provided.** [`Account::statement_into`] fills a buffer of the caller, and [`Account::statement`] one of its
//!   own. A length that the library reports is checked against the capacity before a byte is believed.
//!
//! ```
//! use ledger::Account;
//!
//! # fn main() -> ledger::Result<()> {
//! let mut account = Account::open("Ada", 10_000)?;
//! account.post(-2_550, "tea")?;
//! assert_eq!(account.balance(), 7_450);
//! assert!(account.statement()?.contains("tea"));
//! # Ok(())
//! # }
//! ```

mod account;
mod error;
mod export;
mod statement;

pub use account::{Account, Entry};
pub use error::{Error, Result};
pub use export::{Balances, Columns, Journal};

use std::ffi::CStr;

/// The version of the C library, such as `1.0.0`.
pub fn version() -> &'static str {
    // SAFETY: the library returns static data that ends in a NUL.
    let version = unsafe { CStr::from_ptr(ledger_sys::ledger_version()) };
    version.to_str().unwrap_or("unknown")
}
