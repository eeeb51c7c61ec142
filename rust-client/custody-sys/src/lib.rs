//! Rust declarations of Custody's C interface, and its linking.
//!
//! Nothing here is safe to call without reading the headers (`custody/custody.h`), whose comments the declarations carry;
//! the crate `custody` is what programs use. Names are C's, to the letter.
//!
//! # How Custody is linked
//!
//! | feature | |
//! |---|---|
//! | `static` (default) | `libcustody.a`, into the program |
//! | `dynamic` | `libcustody.so`; a package that builds a program passes the run path on from `DEP_CUSTODY_LIBDIR` |
//! | `disabled` | compiled out: the headers' inline functions, which allocate with `malloc`, check nothing and need no library |
//!
//! Where several are asked for, the later one wins. The library is looked for in `CUSTODY_LIB_DIR`, then by pkg-config, then
//! in the `build/` of the repository that this crate lies in; the build ends with what was tried when it is nowhere.
//!
//! # Declarations
//!
//! `bindings.rs` is part of the crate, and a test says when it is no longer what bindgen makes of the headers. The feature
//! `bindgen` makes it anew from the headers of the Custody that is linked (`CUSTODY_INCLUDE_DIR` names others).
//!
//! # Metadata
//!
//! Build scripts of packages that depend on this one directly get `DEP_CUSTODY_LINK` (`static`, `dynamic` or `disabled`),
//! `DEP_CUSTODY_LIBDIR` (where the library is) and `DEP_CUSTODY_INCLUDE` (where `custody/custody.h` is, if it is known).
#![no_std]

// What bindgen writes is as bindgen writes it; X-macros of the headers have no comments that it could keep.
#[allow(non_camel_case_types, missing_docs, unused)]
#[allow(clippy::all, clippy::undocumented_unsafe_blocks)]
mod bindings {
    #[cfg(feature = "bindgen")]
    include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
    #[cfg(not(feature = "bindgen"))]
    include!("bindings.rs");
}

pub use bindings::*;

/// Bytes of a guard: what a lease with `CUSTODY_LEASE_GUARD` has behind its capacity.
pub const CUSTODY_GUARD_SIZE: usize = 16;

/// As a length: the library reports none.
pub const CUSTODY_LENGTH_UNKNOWN: usize = usize::MAX;
