//! What can go wrong, and the one place where answers of C become results of Rust.

use std::ffi::{c_int, CStr, NulError};
use std::fmt;

use custody_sys as sys;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// [`Error::Misuse`] is the program's own fault, told as a finding in the audit log; every other one is a circumstance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Error {
    /// An argument is null, empty or out of range, or a text has a NUL inside, which C cannot hold.
    InvalidArgument,
    /// The runtime could not be started, or is not up yet.
    NotRunning,
    /// No more sides, types or numbers, or no memory for one.
    Exhausted,
    /// No block that Custody knows lies at this address.
    UnknownAddress,
    /// Memory is out.
    OutOfMemory,
    /// A rule was broken: the audit log has a finding of it, and nothing was done.
    Misuse,
    /// A buffer is too small; this is how many bytes it takes, the terminator left out.
    TooSmall {
        /// As the library reported.
        needed: usize,
    },
    /// The library claims to have written more than the buffer holds. Nothing of it can be believed.
    Overclaim {
        /// Bytes that the library reported, the terminator left out.
        reported: usize,
        /// Bytes that the buffer holds.
        capacity: usize,
    },
    /// What was to end with a terminator has none.
    Unterminated,
    /// A status that this crate does not know.
    Unknown(u32),
}

impl Error {
    /// The error that stands for a status; `None` for "ok".
    pub fn from_status(status: sys::custody_status) -> Option<Self> {
        match status {
            sys::CUSTODY_STATUS_OK => None,
            sys::CUSTODY_STATUS_INVALID_ARGUMENT => Some(Error::InvalidArgument),
            sys::CUSTODY_STATUS_NOT_RUNNING => Some(Error::NotRunning),
            sys::CUSTODY_STATUS_EXHAUSTED => Some(Error::Exhausted),
            sys::CUSTODY_STATUS_UNKNOWN_ADDRESS => Some(Error::UnknownAddress),
            other => Some(Error::Unknown(other)),
        }
    }

    /// The status that an error stands for, if it is one of the library's.
    pub fn status(self) -> Option<sys::custody_status> {
        match self {
            Error::InvalidArgument => Some(sys::CUSTODY_STATUS_INVALID_ARGUMENT),
            Error::NotRunning => Some(sys::CUSTODY_STATUS_NOT_RUNNING),
            Error::Exhausted => Some(sys::CUSTODY_STATUS_EXHAUSTED),
            Error::UnknownAddress => Some(sys::CUSTODY_STATUS_UNKNOWN_ADDRESS),
            Error::Unknown(status) => Some(status),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Error::OutOfMemory => f.write_str("memory is out"),
            Error::Misuse => f.write_str("a rule of ownership was broken; the audit log tells which"),
            Error::TooSmall { needed } => write!(f, "the buffer is too small: {needed} bytes are needed"),
            Error::Overclaim { reported, capacity } => {
                write!(f, "the library claims {reported} bytes in a buffer of {capacity}")
            }
            Error::Unterminated => f.write_str("there is no terminator in the buffer"),
            Error::Unknown(status) => write!(f, "an unknown status, {status}"),
            ref status => f.write_str(status.status().map_or("", text_of)),
        }
    }
}

/// The library's line on a status.
fn text_of(status: sys::custody_status) -> &'static str {
    // SAFETY: any number may be asked for; the answer is a static C string.
    let text = unsafe { CStr::from_ptr(sys::custody_status_text(status)) };
    text.to_str().unwrap_or("")
}

impl std::error::Error for Error {}

impl From<NulError> for Error {
    fn from(_: NulError) -> Self {
        Error::InvalidArgument
    }
}

/// The result that a status stands for.
pub(crate) fn check(status: sys::custody_status) -> Result<()> {
    Error::from_status(status).map_or(Ok(()), Err)
}

/// The result of a function that judges: 0 after a finding.
pub(crate) fn judged(answer: c_int) -> Result<()> {
    if answer == 0 {
        Err(Error::Misuse)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_library_has_an_error_of_its_own() {
        let mut errors: Vec<_> = (1..=4).map(|status| Error::from_status(status).unwrap()).collect();
        assert!(errors.iter().all(|error| !matches!(error, Error::Unknown(_))));
        assert!((1..=4).eq(errors.iter().map(|error| error.status().unwrap())));
        errors.dedup();
        assert_eq!(errors.len(), 4);
        assert_eq!(check(sys::CUSTODY_STATUS_OK), Ok(()));
        assert_eq!(check(99), Err(Error::Unknown(99)));
    }

    #[test]
    fn errors_speak() {
        assert_eq!(Error::InvalidArgument.to_string(), "an argument is NULL, empty or out of range");
        assert_eq!(Error::TooSmall { needed: 3 }.to_string(), "the buffer is too small: 3 bytes are needed");
        assert!(!Error::Misuse.to_string().is_empty());
    }
}
