//! Questions: what an address is, who owns it, what is lost.

use std::ffi::{c_char, CStr};

use custody_sys as sys;

use crate::error::{check, Result};
use crate::{Contract, Lang, Side};

/// What is known of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// "heap", "stack", "static", "mapping", "foreign" (another allocator's, perhaps) or "wild".
    pub place: &'static str,
    /// The block that it points to or into.
    pub block: Option<BlockDescription>,
}

/// What is known of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlockDescription {
    /// Its first address.
    pub start: usize,
    /// Bytes asked for.
    pub size: usize,
    /// Bytes.
    pub align: usize,
    /// False: released, and its address not used since.
    pub is_live: bool,
    /// The owner's name.
    pub side: &'static str,
    /// The owner's language.
    pub lang: Lang,
    /// How it is to be released.
    pub contract: Contract,
    /// The type of the object that begins there, or at the address.
    pub object: Option<&'static str>,
    /// Loans of the block that are out.
    pub loans: usize,
    /// Return addresses of the allocation, innermost first.
    pub stack: Vec<usize>,
}

/// A string that lives as long as the process.
///
/// # Safety
/// `text` is NULL or such a string.
unsafe fn text(text: *const c_char) -> Option<&'static str> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller says so.
    Some(unsafe { CStr::from_ptr(text) }.to_str().unwrap_or("unknown"))
}

/// Describes `address` and the block that it points to or into.
///
/// # Errors
/// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for null, [`Error::NotRunning`](crate::Error::NotRunning).
pub fn describe<T: ?Sized>(address: *const T) -> Result<Description> {
    let mut told = sys::custody_description::default();
    // SAFETY: any address may be asked for; the result has a place.
    check(unsafe { sys::custody_describe(address.cast(), &mut told) })?;
    // SAFETY: the library's strings are static, or live as long as the process.
    let (place, side, object) = unsafe { (text(told.place), text(told.side), text(told.type_)) };
    let block = (told.start != 0).then(|| BlockDescription {
        start: told.start,
        size: told.size,
        align: told.align,
        is_live: told.live != 0,
        side: side.unwrap_or("unknown"),
        lang: Lang::from_raw(told.lang),
        contract: Contract::from_raw(told.contract),
        object,
        loans: told.loans,
        stack: told.frames[..told.frame_count.min(told.frames.len())].to_vec(),
    });
    Ok(Description { place: place.unwrap_or("wild"), block })
}

/// The owner of the block that `address` points to or into.
///
/// # Errors
/// [`Error::UnknownAddress`](crate::Error::UnknownAddress) when no live block is known there,
/// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for null, [`Error::NotRunning`](crate::Error::NotRunning).
pub fn owner<T: ?Sized>(address: *const T) -> Result<Side> {
    let mut side = 0;
    // SAFETY: any address may be asked for; the result has a place.
    check(unsafe { sys::custody_owner(address.cast(), &mut side) })?;
    Ok(Side::from_raw(side))
}

/// Writes what is known of `address` to stderr, for people.
pub fn print<T: ?Sized>(address: *const T) {
    // SAFETY: any address may be asked for.
    unsafe { sys::custody_print(address.cast()) }
}

/// Blocks and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// How many blocks.
    pub blocks: usize,
    /// How many bytes in them.
    pub bytes: usize,
}

/// Live blocks by class, as `custody explain leak` has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leaks {
    /// Nothing leads to them.
    pub definite: Total,
    /// Only lost blocks lead to them.
    pub indirect: Total,
    /// Something leads to them, but only into their middle.
    pub possible: Total,
    /// Something leads to them.
    pub reachable: Total,
    /// It could not be examined which of the above they are.
    pub live: Total,
}

/// Looks for leaks now. They become findings in the audit log; what is still there at the end is told again then. Other
/// threads are halted meanwhile.
///
/// # Errors
/// [`Error::NotRunning`](crate::Error::NotRunning).
pub fn find_leaks() -> Result<Leaks> {
    let mut found = sys::custody_leaks::default();
    // SAFETY: the result has a place.
    check(unsafe { sys::custody_find_leaks(&mut found) })?;
    let total = |blocks, bytes| Total { blocks, bytes };
    Ok(Leaks {
        definite: total(found.definite_blocks, found.definite_bytes),
        indirect: total(found.indirect_blocks, found.indirect_bytes),
        possible: total(found.possible_blocks, found.possible_bytes),
        reachable: total(found.reachable_blocks, found.reachable_bytes),
        live: total(found.live_blocks, found.live_bytes),
    })
}
