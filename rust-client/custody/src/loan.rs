//! Blocks that are lent: used by another side for a while, and back before they are released.
//!
//! Rust's own rules say that a reference does not outlive what it refers to, and that an exclusive one is the only one. A
//! loan states the same of what C has meanwhile: [`Side::lend`] and [`Side::lend_mut`] borrow a value and enter the loan in
//! Custody's ledger, and the guard gives it back when dropped. Whoever releases the block in between, or lends it against
//! the rules on the other side, is told of.
//!
//! ```
//! use custody::{Lang, Side};
//!
//! # fn main() -> custody::Result<()> {
//! let client = Side::register("client", Lang::Rust)?;
//! let library = Side::register("library", Lang::C)?;
//! let mut table = vec![3, 1, 2];
//! {
//!     let mut loan = client.lend_mut(table.as_mut_slice(), library)?;
//!     // ... unsafe { library_sort(loan.as_mut_ptr(), loan.len()) };
//! #   loan.sort();
//! } // returned
//! assert_eq!(table, [1, 2, 3]);
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};

use custody_sys as sys;

use crate::error::{judged, Result};
use crate::Side;

/// The ledger's part of a loan, returned when dropped. 0: of no bytes there is nothing to lend.
#[derive(Debug)]
struct Entry(sys::custody_loan);

impl Entry {
    fn new<T: ?Sized>(
        value: *const T,
        size: usize,
        from: Side,
        to: Side,
        kind: sys::custody_loan_kind,
    ) -> Result<Self> {
        let mut loan = 0;
        if size > 0 {
            // SAFETY: the address is looked up, not read; the result has a place.
            judged(unsafe { sys::custody_lend(value.cast(), from.to_raw(), to.to_raw(), kind, &mut loan) })?;
        }
        Ok(Entry(loan))
    }

    fn give_back(self) -> Result<()> {
        // SAFETY: any number may be returned.
        judged(unsafe { sys::custody_return(ManuallyDrop::new(self).0) })
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // SAFETY: any number may be returned.
        unsafe { sys::custody_return(self.0) };
    }
}

impl Side {
    /// Lends `value`, which this side owns or has on loan, to `to`, for reading.
    ///
    /// # Errors
    /// [`Error::Misuse`](crate::Error::Misuse) when this side does not have it, or an exclusive loan is out.
    pub fn lend<T: ?Sized>(self, value: &T, to: Side) -> Result<Shared<'_, T>> {
        let entry = Entry::new(value, size_of_val(value), self, to, sys::CUSTODY_LOAN_SHARED)?;
        Ok(Shared { value, holder: to, entry })
    }

    /// Lends `value`, which this side owns or has on loan, to `to` alone.
    ///
    /// # Errors
    /// [`Error::Misuse`](crate::Error::Misuse) when this side does not have it, or any loan is out.
    pub fn lend_mut<T: ?Sized>(self, value: &mut T, to: Side) -> Result<Exclusive<'_, T>> {
        let entry = Entry::new(value, size_of_val(value), self, to, sys::CUSTODY_LOAN_EXCLUSIVE)?;
        Ok(Exclusive { value, holder: to, entry })
    }
}

/// A shared loan: there may be any number at one time, and nobody changes the value. Returned when dropped.
pub struct Shared<'a, T: ?Sized> {
    value: &'a T,
    holder: Side,
    entry: Entry,
}

impl<T: ?Sized> Shared<'_, T> {
    /// Who has it.
    pub fn holder(&self) -> Side {
        self.holder
    }

    /// Lends the value on, from who has it to `to`.
    ///
    /// # Errors
    /// [`Error::Misuse`](crate::Error::Misuse), as [`Side::lend`].
    pub fn lend(&self, to: Side) -> Result<Shared<'_, T>> {
        self.holder.lend(self.value, to)
    }

    /// Where the value is, for C.
    pub fn as_ptr(&self) -> *const T {
        self.value
    }

    /// Returns the loan, as dropping it does, and says how that went.
    ///
    /// # Errors
    /// [`Error::Misuse`](crate::Error::Misuse) when the block is gone.
    pub fn give_back(self) -> Result<()> {
        self.entry.give_back()
    }
}

impl<T: ?Sized> Deref for Shared<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Shared<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("value", &self.value).field("holder", &self.holder).finish_non_exhaustive()
    }
}

/// An exclusive loan: the only one, whose holder may change the value. Returned when dropped.
pub struct Exclusive<'a, T: ?Sized> {
    value: &'a mut T,
    holder: Side,
    entry: Entry,
}

impl<T: ?Sized> Exclusive<'_, T> {
    /// Who has it.
    pub fn holder(&self) -> Side {
        self.holder
    }

    /// Lends the value on for reading, from who has it to `to`.
    ///
    /// # Errors
    /// [`Error::Misuse`](crate::Error::Misuse), as [`Side::lend`].
    pub fn lend(&self, to: Side) -> Result<Shared<'_, T>> {
        self.holder.lend(self.value, to)
    }

    /// Lends the value on, from who has it to `to` alone.
    ///
    /// # Errors
    /// [`Error::Misuse`](crate::Error::Misuse), as [`Side::lend_mut`].
    pub fn lend_mut(&mut self, to: Side) -> Result<Exclusive<'_, T>> {
        self.holder.lend_mut(self.value, to)
    }

    /// Where the value is, for C.
    pub fn as_mut_ptr(&mut self) -> *mut T {
        self.value
    }

    /// Returns the loan, as dropping it does, and says how that went.
    ///
    /// # Errors
    /// [`Error::Misuse`](crate::Error::Misuse) when the block is gone.
    pub fn give_back(self) -> Result<()> {
        self.entry.give_back()
    }
}

impl<T: ?Sized> Deref for Exclusive<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

impl<T: ?Sized> DerefMut for Exclusive<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Exclusive<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exclusive").field("value", &self.value).field("holder", &self.holder).finish_non_exhaustive()
    }
}
