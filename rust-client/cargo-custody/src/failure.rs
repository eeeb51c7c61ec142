//! Why this tool could not do its work, in words for its user.

use std::fmt::{self, Display};

/// A message, without a full stop.
#[derive(Debug)]
pub struct Failure(String);

/// What may fail.
pub type Result<T> = std::result::Result<T, Failure>;

impl Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Fails with this message.
pub fn fail<T>(message: impl Into<String>) -> Result<T> {
    Err(Failure(message.into()))
}

/// Says what was being done when something failed.
pub trait During<T> {
    /// The error as `<what>: <error>`.
    fn during<S: Display>(self, what: impl FnOnce() -> S) -> Result<T>;
}

impl<T, E: Display> During<T> for std::result::Result<T, E> {
    fn during<S: Display>(self, what: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| Failure(format!("{}: {error}", what())))
    }
}
