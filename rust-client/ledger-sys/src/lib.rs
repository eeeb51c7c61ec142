//! Rust declarations of the C library `ledger`, made from `ledger.h` by bindgen when the crate is built.
//!
//! Nothing here is safe to call without reading the header; the crate `ledger` is what programs use. The feature
//! `static` (the default) links the library into the program, `dynamic` links `libledger.so`; a package that builds a
//! program passes the run path on from `DEP_LEDGER_LIBDIR`.

#![allow(non_camel_case_types, missing_docs)]
#![allow(clippy::all, clippy::undocumented_unsafe_blocks)]

include!(concat!(env!("OUT_DIR"), "/bindings.rs"));
