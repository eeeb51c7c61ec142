//! Events: a Rust enum that is laid out as C's tag and union.

use std::ffi::{c_char, c_int, CStr};
use std::ptr;

use crate::sys::{RawEvent, TILL_TEXT_SIZE};

/// Something that happened at a till. `repr(C)` makes of an enum with data what a C compiler makes of a tag with a union.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// It was opened.
    Opened,
    /// Something was sold.
    Sale {
        /// Amount.
        cents: i64,
        /// Pieces.
        count: c_int,
    },
    /// Something was noted.
    Note {
        /// NUL-terminated.
        text: [c_char; TILL_TEXT_SIZE],
    },
}

impl Event {
    /// The event that C lends, when its tag is one that Rust knows: any other tag would make a value that no enum may have.
    pub fn of(raw: &RawEvent) -> Option<&Event> {
        const LAST: u32 = 2;
        // SAFETY: the layouts are the same (tests/layout.rs), and the tag is one of the enum's.
        (raw.tag <= LAST).then(|| unsafe { &*ptr::from_ref(raw).cast::<Event>() })
    }

    /// The text of a note.
    pub fn text(&self) -> Option<&CStr> {
        let Event::Note { text } = self else { return None };
        // SAFETY: `c_char` is a byte, whatever its sign.
        let bytes = unsafe { &*ptr::from_ref(text).cast::<[u8; TILL_TEXT_SIZE]>() };
        CStr::from_bytes_until_nul(bytes).ok()
    }
}
