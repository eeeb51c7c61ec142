//! Buffers that Rust provides to a library: for the time of a call it may write there, up to a capacity, and keeps nothing.
//!
//! A [`Lease`] borrows the buffer, gives the library a pointer, and ends with the length that the library reports, which is
//! believed only when the buffer can hold it. [`Terms`] say what is checked besides.
//!
//! ```
//! use std::ffi::c_char;
//! use custody::lease::{Lease, Terms};
//! use custody::{Lang, Side};
//!
//! unsafe extern "C" fn device_name(out: *mut c_char, capacity: usize) -> usize {
//!     // A library's function: writes a name and a NUL.
//! #   let name = b"printer";
//! #   assert!(name.len() < capacity);
//! #   unsafe { out.cast::<u8>().copy_from(name.as_ptr(), name.len()) };
//! #   unsafe { out.add(name.len()).write(0) };
//! #   name.len()
//! }
//!
//! # fn main() -> custody::Result<()> {
//! let library = Side::register("libdevice", Lang::C)?;
//! let mut name = [0; 32];
//! let mut lease = Lease::output(library, &mut name, Terms::new().copied().nul())?;
//! // SAFETY: the memory has this capacity.
//! let length = unsafe { device_name(lease.as_mut_ptr().cast(), lease.capacity()) };
//! assert_eq!(lease.end(length)?, b"printer");
//! # Ok(())
//! # }
//! ```

use std::ffi::{c_uint, c_void, CStr};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::{self, NonNull};
use std::slice;

use custody_sys as sys;

use crate::error::{check, judged, Error, Result};
use crate::Side;

/// Bytes of a guard, which [`Terms::guarded`] takes from the end of a buffer.
pub const GUARD_SIZE: usize = sys::CUSTODY_GUARD_SIZE;

/// What is said of a lease besides its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    flags: c_uint,
}

impl Terms {
    /// Nothing: the capacity is compared with the block that the buffer lies in, and the reported length with the capacity.
    pub const fn new() -> Self {
        Terms { flags: 0 }
    }

    const fn with(self, flag: c_uint) -> Self {
        Terms { flags: self.flags | flag }
    }

    /// The last [`GUARD_SIZE`] bytes of the buffer are no longer part of the capacity, and watch over it.
    pub const fn guarded(self) -> Self {
        self.with(sys::CUSTODY_LEASE_GUARD)
    }

    /// The library gets a copy between two guards, which is watched for a while after the lease.
    pub const fn copied(self) -> Self {
        self.with(sys::CUSTODY_LEASE_COPY)
    }

    /// What is written ends with a NUL of one byte, which the length leaves out.
    pub const fn nul(self) -> Self {
        self.with(sys::CUSTODY_LEASE_NUL)
    }

    /// What is written ends with a NUL of two bytes, which the length leaves out. Lengths are in bytes still.
    pub const fn nul16(self) -> Self {
        self.with(sys::CUSTODY_LEASE_NUL16)
    }

    /// What is written ends with a NUL of four bytes, which the length leaves out. Lengths are in bytes still.
    pub const fn nul32(self) -> Self {
        self.with(sys::CUSTODY_LEASE_NUL32)
    }

    /// A length above the capacity is what it would take, as of `snprintf`, and no fault: [`Error::TooSmall`].
    pub const fn reports_need(self) -> Self {
        self.with(sys::CUSTODY_LEASE_REPORTS_NEED)
    }

    /// Bytes of the terminator.
    const fn terminator(self) -> usize {
        if self.flags & sys::CUSTODY_LEASE_NUL != 0 {
            1
        } else if self.flags & sys::CUSTODY_LEASE_NUL16 != 0 {
            2
        } else if self.flags & sys::CUSTODY_LEASE_NUL32 != 0 {
            4
        } else {
            0
        }
    }

    const fn guard(self) -> usize {
        if self.flags & sys::CUSTODY_LEASE_GUARD != 0 {
            GUARD_SIZE
        } else {
            0
        }
    }
}

/// A buffer while a library may use it. `B` is what was borrowed: `&mut [u8]`, `&mut [MaybeUninit<u8>]` or `&[u8]`. A lease
/// that is dropped ends without a length.
#[derive(Debug)]
pub struct Lease<B> {
    number: sys::custody_lease,
    buffer: NonNull<u8>,
    capacity: usize,
    terms: Terms,
    borrowed: PhantomData<B>,
}

impl<B> Lease<B> {
    /// Begins a lease of `size` bytes at `buffer`, some of which are the guard.
    fn begin(to: Side, buffer: *mut u8, size: usize, direction: c_uint, terms: Terms) -> Result<Self> {
        let capacity = size.checked_sub(terms.guard()).ok_or(Error::InvalidArgument)?;
        let flags = direction | terms.flags;
        let mut number = 0;
        // Of no bytes there is nothing to lease: the pointer need not be one to memory.
        if size > 0 {
            // SAFETY: the buffer is borrowed for longer than the lease, and has the capacity and the guard.
            check(unsafe { sys::custody_lease_begin(to.to_raw(), buffer.cast(), capacity, flags, &mut number) })?;
        }
        let buffer = NonNull::new(buffer).ok_or(Error::InvalidArgument)?;
        Ok(Lease { number, buffer, capacity, terms, borrowed: PhantomData })
    }

    /// Bytes that the library may use, terminator included.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// What the library is to be given: the buffer, or its copy.
    fn memory(&self) -> *mut u8 {
        // SAFETY: the lease has not ended.
        let memory = unsafe { sys::custody_lease_memory(self.number) };
        if self.number == 0 || memory.is_null() {
            self.buffer.as_ptr()
        } else {
            memory.cast()
        }
    }

    /// Ends the lease; what of the capacity is to be believed.
    fn finish(self, length: Option<usize>) -> Result<usize> {
        let this = ManuallyDrop::new(self);
        let reported = length.unwrap_or(sys::CUSTODY_LENGTH_UNKNOWN);
        // SAFETY: the lease has not ended; its buffer is borrowed still.
        let is_fine = this.number == 0 || unsafe { sys::custody_lease_end(this.number, reported) } != 0;
        let Some(length) = length else {
            return if is_fine { Ok(this.capacity) } else { Err(Error::Misuse) };
        };
        let needed = length.saturating_add(this.terms.terminator());
        if needed > this.capacity {
            let reports_need = this.terms.flags & sys::CUSTODY_LEASE_REPORTS_NEED != 0;
            return Err(if reports_need {
                Error::TooSmall { needed: length }
            } else {
                Error::Overclaim { reported: length, capacity: this.capacity }
            });
        }
        judged(is_fine.into()).map(|()| length)
    }
}

impl<B> Drop for Lease<B> {
    fn drop(&mut self) {
        // SAFETY: the lease has not ended; its buffer is borrowed still.
        unsafe { sys::custody_lease_end(self.number, sys::CUSTODY_LENGTH_UNKNOWN) };
    }
}

impl<'a> Lease<&'a mut [u8]> {
    /// A buffer that the library `to` writes.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for a buffer that is smaller than its guard, or two terminators;
    /// [`Error::NotRunning`], [`Error::Exhausted`].
    pub fn output(to: Side, buffer: &'a mut [u8], terms: Terms) -> Result<Self> {
        Lease::begin(to, buffer.as_mut_ptr(), buffer.len(), sys::CUSTODY_LEASE_OUT, terms)
    }

    /// A buffer that the library `to` reads and writes.
    ///
    /// # Errors
    /// As [`Lease::output`].
    pub fn in_out(to: Side, buffer: &'a mut [u8], terms: Terms) -> Result<Self> {
        Lease::begin(to, buffer.as_mut_ptr(), buffer.len(), sys::CUSTODY_LEASE_IN | sys::CUSTODY_LEASE_OUT, terms)
    }

    /// What the library is to be given.
    pub fn as_mut_ptr(&mut self) -> *mut c_void {
        self.memory().cast()
    }

    /// Ends the lease: the library reports `length` bytes, without terminator. These bytes.
    ///
    /// # Errors
    /// [`Error::Overclaim`] when the buffer cannot hold them, or [`Error::TooSmall`] where a length may be what it would
    /// take ([`Terms::reports_need`]); [`Error::Misuse`] when the lease was broken otherwise.
    pub fn end(self, length: usize) -> Result<&'a mut [u8]> {
        let start = self.buffer;
        let length = self.finish(Some(length))?;
        // SAFETY: the buffer is borrowed for 'a by this lease alone, and holds `length` bytes.
        Ok(unsafe { slice::from_raw_parts_mut(start.as_ptr(), length) })
    }

    /// Ends the lease of a library that reports no length: the text up to its NUL.
    ///
    /// # Errors
    /// [`Error::Unterminated`] when there is none, [`Error::Misuse`] when the lease was broken.
    pub fn end_text(self) -> Result<&'a CStr> {
        let start = self.buffer;
        let capacity = self.finish(None)?;
        // SAFETY: as in `end`.
        let bytes = unsafe { slice::from_raw_parts(start.as_ptr(), capacity) };
        CStr::from_bytes_until_nul(bytes).map_err(|_| Error::Unterminated)
    }
}

impl<'a> Lease<&'a mut [MaybeUninit<u8>]> {
    /// A buffer that the library `to` fills.
    ///
    /// # Errors
    /// As [`Lease::output`].
    pub fn output_uninit(to: Side, buffer: &'a mut [MaybeUninit<u8>], terms: Terms) -> Result<Self> {
        Lease::begin(to, buffer.as_mut_ptr().cast(), buffer.len(), sys::CUSTODY_LEASE_OUT, terms)
    }

    /// What the library is to be given.
    pub fn as_mut_ptr(&mut self) -> *mut c_void {
        self.memory().cast()
    }

    /// Ends the lease: the library has written `length` bytes, without terminator. These bytes.
    ///
    /// # Errors
    /// As [`Lease::end`](#method.end).
    ///
    /// # Safety
    /// The library has written as many bytes as it reports, as far as the buffer holds them.
    pub unsafe fn end_init(self, length: usize) -> Result<&'a mut [u8]> {
        let start = self.buffer;
        let length = self.finish(Some(length))?;
        // SAFETY: the buffer is borrowed for 'a by this lease alone, and holds `length` bytes, which are written.
        Ok(unsafe { slice::from_raw_parts_mut(start.as_ptr(), length) })
    }
}

impl<'a> Lease<&'a [u8]> {
    /// A buffer that the library `to` reads. Writing it is told of.
    ///
    /// # Errors
    /// As [`Lease::output`]. A buffer that is only read has no guard.
    pub fn input(to: Side, buffer: &'a [u8], terms: Terms) -> Result<Self> {
        if terms.guard() > 0 {
            return Err(Error::InvalidArgument);
        }
        Lease::begin(to, buffer.as_ptr().cast_mut(), buffer.len(), sys::CUSTODY_LEASE_IN, terms)
    }

    /// What the library is to be given.
    pub fn as_ptr(&self) -> *const c_void {
        self.memory().cast()
    }

    /// Ends the lease.
    ///
    /// # Errors
    /// [`Error::Misuse`] when the library wrote.
    pub fn end(self) -> Result<()> {
        self.finish(None).map(|_| ())
    }
}

/// How often a library may ask for more than it asked for before.
const ROUNDS: usize = 8;

/// The idiom "ask, then fill": calls the library `to` with no buffer, for the size, then with one that is large enough; once
/// more when it needs more by then. `call` gets memory and capacity, and answers the length that the library reports, without
/// terminator, whether or not it fits. What was written, without terminator.
///
/// # Errors
/// [`Error::TooSmall`] when no size is enough; otherwise as [`Lease::output`] and its `end`.
///
/// ```
/// use custody::lease::{ask_then_fill, Terms};
/// use custody::{Lang, Side};
///
/// unsafe extern "C" fn message(out: *mut u8, capacity: usize) -> usize {
///     // As snprintf.
/// #   let text = b"hello\0";
/// #   if capacity > 0 { unsafe { out.copy_from(text.as_ptr(), text.len().min(capacity)) } }
/// #   5
/// }
///
/// # fn main() -> custody::Result<()> {
/// let library = Side::register("libmessage", Lang::C)?;
/// // SAFETY: the function writes no more than the capacity.
/// let text = ask_then_fill(library, Terms::new().nul(), |out, capacity| unsafe { message(out.cast(), capacity) })?;
/// assert_eq!(text, b"hello");
/// # Ok(())
/// # }
/// ```
pub fn ask_then_fill(to: Side, terms: Terms, mut call: impl FnMut(*mut c_void, usize) -> usize) -> Result<Vec<u8>> {
    let terms = terms.reports_need();
    let mut needed = ask(to, terms, &mut call)?;
    for _ in 0..ROUNDS {
        let size = needed.checked_add(terms.terminator() + terms.guard()).ok_or(Error::OutOfMemory)?;
        let mut buffer = Vec::new();
        buffer.try_reserve_exact(size).map_err(|_| Error::OutOfMemory)?;
        buffer.resize(size, 0);
        let mut lease = Lease::output(to, &mut buffer, terms)?;
        let capacity = lease.capacity();
        let length = call(lease.as_mut_ptr(), capacity);
        match lease.end(length).map(|written| written.len()) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
            Err(Error::TooSmall { needed: more }) => needed = more,
            Err(error) => return Err(error),
        }
    }
    Err(Error::TooSmall { needed })
}

/// The first of the two calls: what it takes.
fn ask(to: Side, terms: Terms, call: &mut impl FnMut(*mut c_void, usize) -> usize) -> Result<usize> {
    let flags = sys::CUSTODY_LEASE_OUT | (terms.flags & !sys::CUSTODY_LEASE_GUARD);
    let mut number = 0;
    // SAFETY: no buffer, which asks for a size; the result has a place.
    check(unsafe { sys::custody_lease_begin(to.to_raw(), ptr::null_mut(), 0, flags, &mut number) })?;
    let needed = call(ptr::null_mut(), 0);
    // SAFETY: the lease has not ended.
    judged(unsafe { sys::custody_lease_end(number, needed) })?;
    Ok(needed)
}

/// Looks now at the copies that are watched after their lease; else it is looked at when leases end, and at exit. How many
/// were written to.
pub fn check_retained() -> usize {
    // SAFETY: there is nothing to be kept to.
    unsafe { sys::custody_lease_check() }
}
