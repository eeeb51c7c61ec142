//! The declarations of `till.h`, by hand: each kind of declaration that a foreign boundary can have stands here once.
//!
//! The library's handles are `void *`. Here each kind is a type of its own around the pointer, so that one cannot be
//! passed for another:
//!
//! ```
//! # use till::sys;
//! // SAFETY: the drawer is made and released once.
//! unsafe {
//!     let drawer = sys::till_drawer_new();
//!     sys::till_drawer_free(drawer);
//! }
//! ```
//!
//! ```compile_fail,E0308
//! # use till::sys;
//! // SAFETY: none: this does not compile.
//! unsafe {
//!     let drawer = sys::till_drawer_new();
//!     sys::close(drawer); // a till is wanted
//! }
//! ```

use std::ffi::{c_char, c_int, c_uint, c_ulong, c_void};
use std::sync::atomic::AtomicI32;

/// Bytes of a name and of a note, with their NUL.
pub const TILL_TEXT_SIZE: usize = 32;

/// A till, as C sees it. NULL is none.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawTill(pub *mut c_void);

/// A drawer, as C sees it. NULL is none.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawDrawer(pub *mut c_void);

/// `enum till_coin`: given to C only. What C returns may be any number, and is no Rust enum before it was looked at.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coin {
    /// One cent.
    Cent = 1,
    /// Ten cents.
    Ten = 10,
    /// One euro.
    Euro = 100,
}

/// `struct till_event`, as a C compiler lays it out: a tag, and a union of what goes with each.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RawEvent {
    /// One of `enum till_event_tag`, if the library keeps its word.
    pub tag: c_uint,
    /// What goes with the tag.
    pub data: RawEventData,
}

/// The union in an event.
#[repr(C)]
#[derive(Clone, Copy)]
pub union RawEventData {
    /// Of a sale.
    pub sale: RawSale,
    /// Of a note.
    pub note: RawNote,
}

/// A sale.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RawSale {
    /// Amount.
    pub cents: i64,
    /// Pieces.
    pub count: c_int,
}

/// A note.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct RawNote {
    /// NUL-terminated.
    pub text: [c_char; TILL_TEXT_SIZE],
}

/// Sees one event. Called by C that a panic may pass.
pub type Visit = unsafe extern "C-unwind" fn(event: *const RawEvent, user: *mut c_void);

/// Releases user data.
pub type Drop = unsafe extern "C" fn(user: *mut c_void);

#[cfg_attr(feature = "dynamic", link(name = "till", kind = "dylib"))]
#[cfg_attr(not(feature = "dynamic"), link(name = "till", kind = "static"))]
extern "C" {
    /// Tills that are open in this process. The library changes it, in any thread.
    pub static till_open_count: AtomicI32;

    /// Bytes and alignment of an event, and three offsets in it.
    pub static till_layout: [usize; 5];

    /// Opens a till.
    #[link_name = "till_open"]
    pub fn open(name: *const c_char) -> RawTill;

    /// Closes a till.
    #[link_name = "till_close"]
    pub fn close(till: RawTill) -> c_int;

    /// The till's own drawer.
    pub fn till_own_drawer(till: RawTill) -> RawDrawer;

    /// Makes a drawer.
    pub fn till_drawer_new() -> RawDrawer;

    /// Releases a drawer.
    pub fn till_drawer_free(drawer: RawDrawer) -> c_int;

    /// Puts coins into a drawer.
    pub fn till_drawer_put(drawer: RawDrawer, coin: Coin, count: c_uint) -> c_int;

    /// What is in a drawer, in cents.
    pub fn till_drawer_total(drawer: RawDrawer) -> i64;

    /// Sells something.
    pub fn till_sell(till: RawTill, cents: i64, count: c_int) -> c_int;

    /// Makes a note.
    pub fn till_note(till: RawTill, text: *const c_char) -> c_int;

    /// Copies events.
    pub fn till_events(till: RawTill, events: *mut RawEvent, capacity: usize) -> c_int;

    /// Writes the name.
    pub fn till_name(till: RawTill, buffer: *mut c_char, capacity: usize) -> c_int;

    /// Sets the listener.
    pub fn till_listen(till: RawTill, listener: Option<Visit>, user: *mut c_void, drop: Option<Drop>) -> c_int;

    /// Sets the page that events are printed to.
    pub fn till_print_to(till: RawTill, buffer: *mut c_char, capacity: usize) -> c_int;
}

// C that is compiled with tables for unwinding, and may be unwound by the function that it calls.
extern "C-unwind" {
    /// Shows the events.
    pub fn till_replay(till: RawTill, visit: Visit, user: *mut c_void) -> c_int;
}

// The convention of the system's own functions: C's, but on 32-bit Windows.
extern "system" {
    /// A sum over a text.
    pub fn till_checksum(text: *const c_char) -> c_ulong;
}
