//! Sides: parties that own memory, and the ways in which they release it.

use std::ffi::CStr;
use std::fmt;

use custody_sys as sys;

use crate::error::{check, Result};
use crate::text;

/// A party that owns memory: a module with its language, or a name that the program registered. A number that is good for
/// the life of the process.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Side(sys::custody_side);

/// The language of a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lang {
    /// Not known, or does not apply.
    None,
    /// C.
    C,
    /// C++.
    Cxx,
    /// Rust.
    Rust,
}

impl Lang {
    pub(crate) fn to_raw(self) -> sys::custody_lang {
        match self {
            Lang::None => sys::CUSTODY_LANG_NONE,
            Lang::C => sys::CUSTODY_LANG_C,
            Lang::Cxx => sys::CUSTODY_LANG_CXX,
            Lang::Rust => sys::CUSTODY_LANG_RUST,
        }
    }

    pub(crate) fn from_raw(lang: sys::custody_lang) -> Self {
        match lang {
            sys::CUSTODY_LANG_C => Lang::C,
            sys::CUSTODY_LANG_CXX => Lang::Cxx,
            sys::CUSTODY_LANG_RUST => Lang::Rust,
            _ => Lang::None,
        }
    }
}

impl Side {
    /// The side that could not be told. It is never accused of anything.
    pub const UNKNOWN: Side = Side(0);

    /// Registers the side `name` in `lang`, or finds it: equal names and languages are one side.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for a name that is empty or has a NUL inside,
    /// [`Error::NotRunning`](crate::Error::NotRunning), [`Error::Exhausted`](crate::Error::Exhausted).
    ///
    /// ```
    /// use custody::{Lang, Side};
    ///
    /// # fn main() -> custody::Result<()> {
    /// let ledger = Side::register("ledger", Lang::C)?;
    /// assert_eq!(ledger, Side::register("ledger", Lang::C)?);
    /// assert_ne!(ledger, Side::register("client", Lang::Rust)?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn register(name: &str, lang: Lang) -> Result<Side> {
        text::with_c(name, |name| Side::register_cstr(name, lang))
    }

    /// As [`Side::register`], of a name that C has.
    pub(crate) fn register_cstr(name: &CStr, lang: Lang) -> Result<Side> {
        let mut side = 0;
        // SAFETY: the name is a C string that outlives the call, which copies it.
        check(unsafe { sys::custody_side_register(name.as_ptr(), lang.to_raw(), &mut side) })?;
        Ok(Side(side))
    }

    /// The side of the code that calls this crate: the module that it is compiled into, in Rust. What Rust's allocator
    /// makes here is its.
    ///
    /// # Errors
    /// [`Error::NotRunning`](crate::Error::NotRunning).
    pub fn here() -> Result<Side> {
        let mut side = 0;
        // SAFETY: the result has a place.
        check(unsafe { sys::custody_side_of_caller(&mut side) })?;
        Ok(Side(side))
    }

    /// The side of the code at `function`, such as a function of the library that is meant.
    ///
    /// # Errors
    /// [`Error::UnknownAddress`](crate::Error::UnknownAddress) when no module's code is there,
    /// [`Error::NotRunning`](crate::Error::NotRunning).
    pub fn of_code<T>(function: *const T) -> Result<Side> {
        let mut side = 0;
        // SAFETY: the address is looked up, not read; the result has a place.
        check(unsafe { sys::custody_side_of_code(function.cast(), &mut side) })?;
        Ok(Side(side))
    }

    /// The name; "unknown" for [`Side::UNKNOWN`].
    pub fn name(self) -> &'static str {
        // SAFETY: any number may be asked for; the answer lives as long as the process.
        let name = unsafe { CStr::from_ptr(sys::custody_side_name(self.0)) };
        name.to_str().unwrap_or("unknown")
    }

    /// Drops the callbacks that this side keeps and has not dropped: the library is closed. How many there were.
    /// Registering the side opens it again.
    pub fn close(self) -> usize {
        // SAFETY: any side may be closed; the drop functions of this crate catch panics.
        unsafe { sys::custody_close(self.0) }
    }

    /// The number, for C.
    pub fn to_raw(self) -> sys::custody_side {
        self.0
    }

    /// The side of a number that C has.
    pub fn from_raw(side: sys::custody_side) -> Self {
        Side(side)
    }
}

impl fmt::Debug for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Side({}, {:?})", self.0, self.name())
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A way of making and releasing blocks that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Contract {
    /// Not known.
    Unknown,
    /// `malloc`, to `free`.
    Malloc,
    /// C++ `new`, to `delete`.
    New,
    /// C++ `new[]`, to `delete[]`.
    NewArray,
    /// Rust's allocator.
    Rust,
    /// `malloc` or Rust's allocator: optimisation left no trace of which.
    MallocOrRust,
    /// Objects that libc makes and closes itself.
    Libc,
    /// `custody_alloc`, to `custody_release` for the same side.
    Custody,
    /// Another one, by its number: the allocator of a library.
    Other(u32),
}

impl Contract {
    /// The number, for C.
    pub fn to_raw(self) -> sys::custody_contract {
        match self {
            Contract::Unknown => sys::CUSTODY_CONTRACT_UNKNOWN,
            Contract::Malloc => sys::CUSTODY_CONTRACT_MALLOC,
            Contract::New => sys::CUSTODY_CONTRACT_NEW,
            Contract::NewArray => sys::CUSTODY_CONTRACT_NEW_ARRAY,
            Contract::Rust => sys::CUSTODY_CONTRACT_RUST,
            Contract::MallocOrRust => sys::CUSTODY_CONTRACT_MALLOC_OR_RUST,
            Contract::Libc => sys::CUSTODY_CONTRACT_LIBC,
            Contract::Custody => sys::CUSTODY_CONTRACT_CUSTODY,
            Contract::Other(contract) => contract,
        }
    }

    /// The contract of a number that C has.
    pub fn from_raw(contract: sys::custody_contract) -> Self {
        match contract {
            sys::CUSTODY_CONTRACT_UNKNOWN => Contract::Unknown,
            sys::CUSTODY_CONTRACT_MALLOC => Contract::Malloc,
            sys::CUSTODY_CONTRACT_NEW => Contract::New,
            sys::CUSTODY_CONTRACT_NEW_ARRAY => Contract::NewArray,
            sys::CUSTODY_CONTRACT_RUST => Contract::Rust,
            sys::CUSTODY_CONTRACT_MALLOC_OR_RUST => Contract::MallocOrRust,
            sys::CUSTODY_CONTRACT_LIBC => Contract::Libc,
            sys::CUSTODY_CONTRACT_CUSTODY => Contract::Custody,
            other => Contract::Other(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_go_to_c_and_come_back() {
        for number in 0..=sys::CUSTODY_CONTRACT_COUNT {
            assert_eq!(Contract::from_raw(number).to_raw(), number);
        }
        assert_eq!(Contract::from_raw(sys::CUSTODY_CONTRACT_RUST), Contract::Rust);
    }

    #[test]
    fn languages_go_to_c_and_come_back() {
        for number in 0..sys::CUSTODY_LANG_COUNT {
            assert_eq!(Lang::from_raw(number).to_raw(), number);
        }
        assert_eq!(Lang::from_raw(77), Lang::None);
    }

    #[test]
    fn a_name_that_c_cannot_hold_is_no_side() {
        assert_eq!(Side::register("", Lang::C), Err(crate::Error::InvalidArgument));
        assert_eq!(Side::register("a\0b", Lang::C), Err(crate::Error::InvalidArgument));
    }

    #[test]
    fn the_unknown_side_has_that_name() {
        assert_eq!(Side::UNKNOWN.name(), "unknown");
        assert_eq!(Side::UNKNOWN.to_string(), "unknown");
    }
}
