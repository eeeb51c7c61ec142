//! Accounts: owned by the library, borrowed by Rust, destroyed when dropped.

use std::ffi::{c_char, c_int, c_void, CStr, CString};
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr::{self, NonNull};
use std::slice;

use crate::error::{check, Error, Result};

/// An account of the library. Dropping it closes it.
///
/// It stays on the thread that opened it, as the library asks.
#[derive(Debug)]
pub struct Account {
    raw: NonNull<ledger_sys::ledger_account>,
}

/// One movement, lent by the library for the time of a visit.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Amount in cents, positive for money that came in.
    pub cents: i64,
    /// What it was for.
    pub memo: &'a CStr,
    _account: PhantomData<&'a Account>,
}

impl Account {
    /// Opens an account for `owner` that holds `opening` cents.
    ///
    /// # Errors
    /// [`Error::Argument`] for a negative `opening`, [`Error::Nul`] for an owner that C cannot hold, [`Error::Memory`].
    pub fn open(owner: &str, opening: i64) -> Result<Self> {
        let owner = CString::new(owner)?;
        if opening < 0 {
            return Err(Error::Argument("an account opens with 0 cents or more".into()));
        }
        // SAFETY: `owner` is a C string that outlives the call, which copies it.
        let raw = unsafe { ledger_sys::ledger_account_create(owner.as_ptr(), opening) };
        NonNull::new(raw).map(|raw| Account { raw }).ok_or(Error::Memory)
    }

    /// The pointer behind the account, for calls that this crate does not wrap. It stays the account's: whoever destroys
    /// it, or what hangs on it, breaks the account.
    pub fn as_ptr(&self) -> *mut ledger_sys::ledger_account {
        self.raw.as_ptr()
    }

    /// Who the account belongs to. The string is the library's; Rust borrows it.
    pub fn owner(&self) -> &CStr {
        // SAFETY: the account owns the string until it is renamed or destroyed, which the borrow of `self` rules out.
        unsafe { CStr::from_ptr(ledger_sys::ledger_account_owner(self.as_ptr())) }
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// [`Error::Funds`] when the balance would fall below zero, [`Error::Argument`] for a memo of more than
    /// [`ledger_sys::LEDGER_MEMO_MAX`] bytes, [`Error::Nul`], [`Error::Memory`].
    pub fn post(&mut self, cents: i64, memo: &str) -> Result<()> {
        let memo = CString::new(memo)?;
        // SAFETY: the account is live, and `memo` outlives the call, which copies it.
        check(unsafe { ledger_sys::ledger_account_post(self.as_ptr(), cents, memo.as_ptr()) }, 0)
    }

    /// The balance, in cents.
    pub fn balance(&self) -> i64 {
        // SAFETY: the account is live.
        unsafe { ledger_sys::ledger_account_balance(self.as_ptr()) }
    }

    /// How many entries there are, the opening one included.
    pub fn entry_count(&self) -> usize {
        // SAFETY: the account is live.
        unsafe { ledger_sys::ledger_account_entry_count(self.as_ptr()) }
    }

    /// Shows the entries to `visit`, oldest first, until it breaks. A panic of `visit` is carried past the C frames and
    /// goes on in the caller.
    pub fn for_each<F>(&self, visit: F)
    where
        F: FnMut(Entry<'_>) -> ControlFlow<()>,
    {
        let mut tour = Tour { visit, panic: None };
        let user = ptr::from_mut(&mut tour).cast();
        // SAFETY: `show::<F>` takes `user` for the `Tour<F>` that it is, and only during this call.
        unsafe { ledger_sys::ledger_account_each(self.as_ptr(), Some(show::<F>), user) };
        if let Some(panic) = tour.panic {
            resume_unwind(panic);
        }
    }

    /// Renames the account. The new name is made by the library's own allocator, because the library releases it.
    ///
    /// # Errors
    /// [`Error::Nul`] for a name that C cannot hold, [`Error::Memory`].
    pub fn rename(&mut self, owner: &str) -> Result<()> {
        let owner = CString::new(owner)?;
        let user = owner.as_ptr().cast_mut().cast();
        // SAFETY: `copy_name` takes `user` for the C string that it is, and only during this call.
        check(unsafe { ledger_sys::ledger_account_rename(self.as_ptr(), Some(copy_name), user) }, 0)
    }

    /// Sets the note that statements end with.
    ///
    /// # Errors
    /// [`Error::Nul`] for a note that C cannot hold, [`Error::Memory`].
    pub fn set_note(&mut self, note: &str) -> Result<()> {
        let note = CString::new(note)?;
        // SAFETY: `note` outlives the call, which copies it.
        let copy = unsafe { ledger_sys::ledger_string_copy(note.as_ptr()) };
        if copy.is_null() {
            return Err(Error::Memory);
        }
        // SAFETY: `copy` was made by the library and becomes the library's.
        check(unsafe { ledger_sys::ledger_account_take_note(self.as_ptr(), copy) }, 0)
    }

    /// Attaches bytes. The account keeps them until they are replaced or it is dropped, and gives them back to Rust then.
    pub fn attach(&mut self, bytes: Box<[u8]>) {
        let length = bytes.len();
        let data = Box::into_raw(bytes).cast();
        // SAFETY: `data` is given away with the function that knows how Rust made it.
        unsafe { ledger_sys::ledger_account_attach(self.as_ptr(), data, length, Some(drop_bytes)) }
    }

    /// Sum of the attached bytes; 0 when nothing is attached.
    pub fn attachment_sum(&self) -> u64 {
        // SAFETY: the account is live.
        unsafe { ledger_sys::ledger_account_attachment_sum(self.as_ptr()) }
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        // SAFETY: `raw` came from `ledger_account_create` and nobody else destroys it.
        unsafe { ledger_sys::ledger_account_destroy(self.as_ptr()) }
    }
}

/// The user data of a visit: what to call, and the panic that it ended in.
struct Tour<F> {
    visit: F,
    panic: Option<Box<dyn std::any::Any + Send>>,
}

/// Shows one entry to the closure of the `Tour<F>` behind `user`. Stops at a break, and at a panic, which it keeps.
unsafe extern "C" fn show<F>(entry: *const ledger_sys::ledger_entry, user: *mut c_void) -> c_int
where
    F: FnMut(Entry<'_>) -> ControlFlow<()>,
{
    // SAFETY: `for_each` passed its `Tour<F>`, which nobody else touches while the library shows entries.
    let tour = unsafe { &mut *user.cast::<Tour<F>>() };
    // SAFETY: the library lends a live entry, whose memo ends in a NUL.
    let (entry, memo) = unsafe { (&*entry, CStr::from_ptr(ptr::from_ref(&(*entry).memo).cast())) };
    let entry = Entry { cents: entry.cents, memo, _account: PhantomData };
    match catch_unwind(AssertUnwindSafe(|| (tour.visit)(entry))) {
        Ok(flow) => c_int::from(flow.is_break()),
        Err(panic) => {
            tour.panic = Some(panic);
            1
        }
    }
}

/// Makes a name of the C string behind `user`, with the library's allocator.
unsafe extern "C" fn copy_name(user: *mut c_void) -> *mut c_char {
    // SAFETY: `rename` passed a C string that is live during the call.
    unsafe { ledger_sys::ledger_string_copy(user.cast_const().cast()) }
}

/// Gives attached bytes back to the `Box<[u8]>` that they came from.
unsafe extern "C" fn drop_bytes(data: *mut c_void, length: usize) {
    // SAFETY: `attach` gave away a `Box<[u8]>` of this length, and the library hands it back once.
    drop(unsafe { Box::from_raw(ptr::from_mut(slice::from_raw_parts_mut(data.cast::<u8>(), length))) });
}
