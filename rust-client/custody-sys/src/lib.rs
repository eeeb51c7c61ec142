//! Rust declarations of [Custody's](https://github.com/) C interface, and its linking.
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
//! | `disabled` | compiled out: the same functions in Rust, which allocate with `malloc`, check nothing and need no library |
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

#[cfg(feature = "disabled")]
mod disabled;

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
// By name, so that they stand in front of those of the library.
#[cfg(feature = "disabled")]
pub use disabled::{
    custody_adopt, custody_alloc, custody_callback_drop, custody_callback_enter, custody_callback_leave,
    custody_callback_register, custody_check, custody_close, custody_create, custody_describe, custody_destroy, custody_end,
    custody_find_leaks, custody_lease_begin, custody_lease_check, custody_lease_end, custody_lease_memory, custody_lend,
    custody_owner, custody_print, custody_release, custody_releasing, custody_resize, custody_retain, custody_return,
    custody_side_name, custody_side_of_caller, custody_side_of_code, custody_side_register, custody_status_name,
    custody_status_text, custody_transfer, custody_type_register, custody_version,
};

/// Bytes of a guard: what a lease with `CUSTODY_LEASE_GUARD` has behind its capacity.
pub const CUSTODY_GUARD_SIZE: usize = 16;

/// As a length: the library reports none.
pub const CUSTODY_LENGTH_UNKNOWN: usize = usize::MAX;
