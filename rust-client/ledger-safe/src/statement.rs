//! Statements: the library fills a buffer of the caller, who checks what it reports.

use crate::error::{check, Error, Result};
use crate::Account;

impl Account {
    /// Renders a statement into `buffer` and returns its text. A byte more than the text is needed, for a closing NUL.
    ///
    /// # Errors
    /// [`Error::Capacity`] says how large the buffer must be. [`Error::OverClaim`] when the library reports a length that
    /// the buffer cannot hold: a defect of the library, which may have written past the buffer. [`Error::Utf8`].
    ///
    /// ```
    /// # use ledger::{Account, Error};
    /// let account = Account::open("Ada", 0).unwrap();
    /// let mut small = [0; 16];
    /// assert!(matches!(account.statement_into(&mut small), Err(Error::Capacity { needed }) if needed > 16));
    /// let mut large = [0; 256];
    /// assert!(account.statement_into(&mut large).unwrap().starts_with("Statement for Ada"));
    /// ```
    pub fn statement_into<'a>(&self, buffer: &'a mut [u8]) -> Result<&'a str> {
        let length = self.render(buffer)?;
        std::str::from_utf8(&buffer[..length]).map_err(|_| Error::Utf8)
    }

    /// Renders a statement, asking the library first how much room it needs.
    ///
    /// # Errors
    /// As [`Account::statement_into`].
    pub fn statement(&self) -> Result<String> {
        let needed = match self.render(&mut []) {
            Err(Error::Capacity { needed }) => needed,
            other => return Err(other.err().unwrap_or(Error::OverClaim { reported: 0, capacity: 0 })),
        };
        let mut buffer = vec![0; needed];
        let length = self.render(&mut buffer)?;
        buffer.truncate(length);
        String::from_utf8(buffer).map_err(|_| Error::Utf8)
    }

    /// One call of the two-call idiom: the length of the text in `buffer`, which is sure to be below its capacity.
    fn render(&self, buffer: &mut [u8]) -> Result<usize> {
        let mut length = 0;
        // SAFETY: the account is live, and the buffer is lent with its true capacity for the time of the call.
        let status = unsafe {
            ledger_sys::ledger_statement_render(self.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len(), &mut length)
        };
        check(status, length)?;
        believable(length, buffer.len())
    }
}

/// The reported `length` when it fits `capacity` with its NUL.
fn believable(length: usize, capacity: usize) -> Result<usize> {
    if length < capacity {
        Ok(length)
    } else {
        Err(Error::OverClaim { reported: length, capacity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_leaves_room_for_the_nul_is_believed() {
        assert_eq!(believable(15, 16), Ok(15));
        assert_eq!(believable(0, 1), Ok(0));
    }

    #[test]
    fn a_length_without_room_for_the_nul_is_an_over_claim() {
        assert_eq!(believable(16, 16), Err(Error::OverClaim { reported: 16, capacity: 16 }));
        assert_eq!(believable(0, 0), Err(Error::OverClaim { reported: 0, capacity: 0 }));
        assert_eq!(believable(usize::MAX, 16), Err(Error::OverClaim { reported: usize::MAX, capacity: 16 }));
    }
}
