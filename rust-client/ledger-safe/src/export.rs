//! Exports: memory that the library made for us, read in place and given back to the function that the library names.

use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;
use std::slice;

use crate::error::{check, Error, Result};
use crate::Account;

/// The entries as text, one line each. Read it as a slice of bytes.
pub struct Journal {
    bytes: NonNull<u8>,
    length: usize,
}

/// The balance after each entry. Read it as a slice.
pub struct Balances {
    values: NonNull<i64>,
    count: usize,
}

/// The entries as five columns of equal length.
pub struct Columns {
    raw: ledger_sys::ledger_columns,
}

impl Account {
    /// Exports the journal.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn journal(&self) -> Result<Journal> {
        let mut length = 0;
        // SAFETY: the account is live.
        let bytes = unsafe { ledger_sys::ledger_account_journal(self.as_ptr(), &mut length) };
        let bytes = NonNull::new(bytes.cast()).ok_or(Error::Memory)?;
        Ok(Journal { bytes, length })
    }

    /// Exports the balances.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn balances(&self) -> Result<Balances> {
        let mut count = 0;
        // SAFETY: the account is live.
        let values = unsafe { ledger_sys::ledger_account_balances(self.as_ptr(), &mut count) };
        let values = NonNull::new(values).ok_or(Error::Memory)?;
        Ok(Balances { values, count })
    }

    /// Exports the columns.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn columns(&self) -> Result<Columns> {
        let mut raw = ledger_sys::ledger_columns::default();
        // SAFETY: the account is live and `raw` is ours to fill.
        let status = unsafe { ledger_sys::ledger_account_columns(self.as_ptr(), &mut raw) };
        check(status, 0).map(|()| Columns { raw })
    }
}

impl Deref for Journal {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: the library made this many bytes, and they are ours until dropped.
        unsafe { slice::from_raw_parts(self.bytes.as_ptr(), self.length) }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // SAFETY: the bytes came from `ledger_account_journal` and are given back once.
        unsafe { ledger_sys::ledger_bytes_free(self.bytes.as_ptr().cast()) }
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Journal").field(&String::from_utf8_lossy(self)).finish()
    }
}

impl Deref for Balances {
    type Target = [i64];

    fn deref(&self) -> &[i64] {
        // SAFETY: the library made this many values, and they are ours until dropped.
        unsafe { slice::from_raw_parts(self.values.as_ptr(), self.count) }
    }
}

impl Drop for Balances {
    fn drop(&mut self) {
        // SAFETY: the values came from `ledger_account_balances` and are given back once.
        unsafe { ledger_sys::ledger_balances_free(self.values.as_ptr()) }
    }
}

impl fmt::Debug for Balances {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Balances").field(&&**self).finish()
    }
}

impl Columns {
    /// Amount of each entry, in cents.
    pub fn cents(&self) -> &[i64] {
        self.column(self.raw.cents)
    }

    /// Number of each entry, from 1.
    pub fn numbers(&self) -> &[i32] {
        self.column(self.raw.numbers)
    }

    /// Part of all money moved that each entry moved, 0 to 1.
    pub fn shares(&self) -> &[f64] {
        self.column(self.raw.shares)
    }

    /// Bytes of each memo.
    pub fn memo_lengths(&self) -> &[u16] {
        self.column(self.raw.memo_lengths)
    }

    /// 1 where money came in, else 0.
    pub fn incoming(&self) -> &[u8] {
        self.column(self.raw.incoming)
    }

    /// One of the five arrays as a slice. Only for pointers out of `raw`.
    fn column<T>(&self, values: *mut T) -> &[T] {
        // SAFETY: the library fills each array with `count` values, and they are ours until dropped.
        unsafe { slice::from_raw_parts(values, self.raw.count) }
    }
}

impl Drop for Columns {
    fn drop(&mut self) {
        // SAFETY: the arrays came from `ledger_account_columns` and are given back together, once.
        unsafe { ledger_sys::ledger_columns_release(&mut self.raw) }
    }
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Columns").field("count", &self.raw.count).finish_non_exhaustive()
    }
}
