//! Values that change hands: twins of `into_raw` and `from_raw` that keep the ledger.
//!
//! [`Transfer::into_raw_for`] gives a value to C, and says so; [`Transfer::from_raw_of`] takes it back. In between the block
//! is C's: Rust releasing it is told of, and so is nobody ever giving it back. However it went through C, the value is still
//! to be released by Rust's allocator, which is what taking it back is for.
//!
//! ```
//! use std::ffi::CString;
//! use custody::{Lang, Side, Transfer};
//!
//! # fn main() -> custody::Result<()> {
//! let client = Side::register("client", Lang::Rust)?;
//! let library = Side::register("library", Lang::C)?;
//!
//! let name = CString::new("Ada").unwrap().into_raw_for(client, library)?;
//! // ... C has it, and hands it back:
//! let name = unsafe { CString::from_raw_of(name, library, client) }?;
//! assert_eq!(name.to_str(), Ok("Ada"));
//! # Ok(())
//! # }
//! ```

use std::ffi::{c_char, CString};
use std::mem::ManuallyDrop;

use custody_sys as sys;

use crate::error::{judged, Result};
use crate::{CBox, Side};

/// Values whose memory can be given to C and taken back: `Box`, `Vec`, `CString` and [`CBox`].
pub trait Transfer: Sized + sealed::Sealed {
    /// What C gets.
    type Raw;

    /// Gives the value from its owner `from` to `to`.
    ///
    /// # Errors
    /// [`Error::Misuse`](crate::Error::Misuse) when `from` does not own it, or it is on loan. The value is leaked then:
    /// somebody else has it.
    fn into_raw_for(self, from: Side, to: Side) -> Result<Self::Raw>;

    /// The twin of [`Transfer::into_raw_for`]: takes a value back from `from`, which has it now, to `to`.
    ///
    /// # Errors
    /// [`Error::Misuse`](crate::Error::Misuse) when `from` does not own it, or it is on loan. Nothing is done then.
    ///
    /// # Safety
    /// As `from_raw` of the type: `raw` came from [`Transfer::into_raw_for`] of the same type, and nobody uses it any more.
    unsafe fn from_raw_of(raw: Self::Raw, from: Side, to: Side) -> Result<Self>;
}

mod sealed {
    pub trait Sealed {}
    impl<T: ?Sized> Sealed for Box<T> {}
    impl<T> Sealed for Vec<T> {}
    impl Sealed for std::ffi::CString {}
    impl<T> Sealed for crate::CBox<T> {}
}

/// Hands the block of `size` bytes at `block` over. Of no bytes there is none. The contract stays.
fn transfer<T>(block: *mut T, size: usize, from: Side, to: Side) -> Result<()> {
    if size == 0 {
        return Ok(());
    }
    let contract = sys::CUSTODY_CONTRACT_UNKNOWN;
    // SAFETY: the address is looked up, not read.
    judged(unsafe { sys::custody_transfer(block.cast(), from.to_raw(), to.to_raw(), contract) })
}

/// Takes the block back. With that its entry is closed: whoever owns it may release it unseen.
fn take_back<T>(block: *mut T, size: usize, from: Side, to: Side) -> Result<()> {
    transfer(block, size, from, to)?;
    if size == 0 {
        return Ok(());
    }
    // SAFETY: the address is looked up, not read.
    judged(unsafe { sys::custody_releasing(to.to_raw(), block.cast()) })
}

impl<T: ?Sized> Transfer for Box<T> {
    type Raw = *mut T;

    fn into_raw_for(self, from: Side, to: Side) -> Result<*mut T> {
        let size = size_of_val(&*self);
        let raw = Box::into_raw(self);
        transfer(raw.cast::<u8>(), size, from, to).map(|()| raw)
    }

    unsafe fn from_raw_of(raw: *mut T, from: Side, to: Side) -> Result<Self> {
        // SAFETY: the caller gives back a box of this type, so there is a value.
        let size = unsafe { size_of_val(&*raw) };
        take_back(raw.cast::<u8>(), size, from, to)?;
        // SAFETY: the caller gives back a box of this type.
        Ok(unsafe { Box::from_raw(raw) })
    }
}

/// The parts of a `Vec`, as C keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct RawVec<T> {
    /// The first element.
    pub data: *mut T,
    /// Elements that are there.
    pub length: usize,
    /// Elements that there is room for. C may change the length up to it, and nothing else.
    pub capacity: usize,
}

impl<T> Transfer for Vec<T> {
    type Raw = RawVec<T>;

    fn into_raw_for(self, from: Side, to: Side) -> Result<RawVec<T>> {
        let mut vec = ManuallyDrop::new(self);
        let raw = RawVec { data: vec.as_mut_ptr(), length: vec.len(), capacity: vec.capacity() };
        transfer(raw.data, raw.capacity.saturating_mul(size_of::<T>()), from, to).map(|()| raw)
    }

    unsafe fn from_raw_of(raw: RawVec<T>, from: Side, to: Side) -> Result<Self> {
        take_back(raw.data, raw.capacity.saturating_mul(size_of::<T>()), from, to)?;
        // SAFETY: the caller gives back the parts of a vector of this type.
        Ok(unsafe { Vec::from_raw_parts(raw.data, raw.length, raw.capacity) })
    }
}

impl Transfer for CString {
    type Raw = *mut c_char;

    fn into_raw_for(self, from: Side, to: Side) -> Result<*mut c_char> {
        let raw = self.into_raw();
        transfer(raw, 1, from, to).map(|()| raw)
    }

    unsafe fn from_raw_of(raw: *mut c_char, from: Side, to: Side) -> Result<Self> {
        take_back(raw, 1, from, to)?;
        // SAFETY: the caller gives back a string of `into_raw`, of the same length.
        Ok(unsafe { CString::from_raw(raw) })
    }
}

impl<T> Transfer for CBox<T> {
    type Raw = *mut T;

    fn into_raw_for(self, from: Side, to: Side) -> Result<*mut T> {
        let raw = CBox::into_raw(self);
        transfer(raw, 1, from, to).map(|()| raw)
    }

    unsafe fn from_raw_of(raw: *mut T, from: Side, to: Side) -> Result<Self> {
        transfer(raw, 1, from, to)?;
        // SAFETY: the caller gives back a box of this type, which now is a block of `to`.
        Ok(unsafe { CBox::from_raw(to, raw) })
    }
}

/// Hands over, from `from` to `to`, any block: one of C's that Rust gets, or one of Rust's that is no `Box`. `release` is how
/// `to` releases it.
///
/// # Errors
/// [`Error::Misuse`](crate::Error::Misuse) when `from` does not own it, or it is on loan.
///
/// ```
/// # fn main() -> custody::Result<()> {
/// use custody::{transfer, CBox, Contract, Lang, Side};
///
/// let library = Side::register("library", Lang::C)?;
/// let client = Side::register("client", Lang::Rust)?;
/// let made = CBox::into_raw(CBox::new(library, [0u8; 40])?);
/// transfer::hand_over(made, library, client, Contract::Custody)?;
/// drop(unsafe { CBox::from_raw(client, made) });
/// # Ok(())
/// # }
/// ```
pub fn hand_over<T: ?Sized>(block: *mut T, from: Side, to: Side, release: crate::Contract) -> Result<()> {
    // SAFETY: the address is looked up, not read.
    judged(unsafe { sys::custody_transfer(block.cast(), from.to_raw(), to.to_raw(), release.to_raw()) })
}

/// `side` is about to release a block whose release Custody does not see: one of an allocator of its own.
///
/// # Errors
/// [`Error::Misuse`](crate::Error::Misuse) when `side` does not own it, or it is on loan.
pub fn releasing<T: ?Sized>(side: Side, block: *const T) -> Result<()> {
    // SAFETY: the address is looked up, not read.
    judged(unsafe { sys::custody_releasing(side.to_raw(), block.cast()) })
}
