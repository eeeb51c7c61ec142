//! What can go wrong, and the one place where results of C become results of Rust.

use std::ffi::{CStr, NulError};
use std::fmt;

use ledger_sys::ledger_status as Status;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// An argument that the library refuses, in its own words.
    Argument(String),
    /// The library ran out of memory.
    Memory,
    /// The buffer is too small.
    Capacity {
        /// Bytes that are needed, the closing NUL included.
        needed: usize,
    },
    /// The balance would have fallen below zero.
    Funds,
    /// The library claims to have written more than the buffer holds. Nothing of the buffer can be believed; memory
    /// behind it may have been overwritten.
    OverClaim {
        /// Length that the library reported, its NUL not counted.
        reported: usize,
        /// Bytes that the buffer holds, its NUL counted.
        capacity: usize,
    },
    /// A string with a NUL inside, which C cannot hold.
    Nul(NulError),
    /// The library returned bytes that are not UTF-8.
    Utf8,
    /// A status that this crate does not know.
    Unknown(u32),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Argument(reason) => f.write_str(reason),
            Error::Memory => f.write_str("the library ran out of memory"),
            Error::Capacity { needed } => write!(f, "the buffer is too small: {needed} bytes are needed"),
            Error::Funds => f.write_str("the balance would fall below zero"),
            Error::OverClaim { reported, capacity } => {
                write!(f, "the library claims {reported} bytes and a NUL in a buffer of {capacity}")
            }
            Error::Nul(error) => error.fmt(f),
            Error::Utf8 => f.write_str("the library returned bytes that are not UTF-8"),
            Error::Unknown(status) => write!(f, "the library returned an unknown status {status}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Nul(error) => Some(error),
            _ => None,
        }
    }
}

impl From<NulError> for Error {
    fn from(error: NulError) -> Self {
        Error::Nul(error)
    }
}

/// The library's word on the last failure of this thread.
fn last_error() -> String {
    // SAFETY: the library returns a string that it owns, valid until this thread's next call; it is copied here.
    let reason = unsafe { CStr::from_ptr(ledger_sys::ledger_last_error()) };
    reason.to_string_lossy().into_owned()
}

/// Turns a status of the library into a result. `length` is what the library reported beside it, or 0.
pub(crate) fn check(status: Status, length: usize) -> Result<()> {
    match status {
        Status::LEDGER_OK => Ok(()),
        Status::LEDGER_ERROR_ARGUMENT => Err(Error::Argument(last_error())),
        Status::LEDGER_ERROR_MEMORY => Err(Error::Memory),
        Status::LEDGER_ERROR_CAPACITY => Err(Error::Capacity { needed: length.saturating_add(1) }),
        Status::LEDGER_ERROR_FUNDS => Err(Error::Funds),
        Status(other) => Err(Error::Unknown(other)),
    }
}
