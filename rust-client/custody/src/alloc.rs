//! Rust's allocator, as a side of Custody's.

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::CStr;
use std::sync::atomic::{AtomicU16, Ordering};

use custody_sys as sys;

use crate::{block, Lang, Side};

/// An allocator whose blocks are made by Custody, for a side: `Box`, `Vec` and the rest of the program then belong to that
/// side under the contract `custody`, and everybody else who releases one is told of, also without a preload.
///
/// ```
/// use custody::{describe, Allocator};
///
/// #[global_allocator]
/// static ALLOCATOR: Allocator = Allocator::new(c"client");
///
/// let numbers = vec![1u32, 2, 3];
/// # if !custody::IS_DISABLED {
/// let block = describe(numbers.as_ptr())?.block.unwrap();
/// assert_eq!((block.side, block.size), ("client", 12));
/// # }
/// # Ok::<(), custody::Error>(())
/// ```
#[derive(Debug)]
pub struct Allocator {
    name: &'static CStr,
    /// 0 until it is registered.
    side: AtomicU16,
}

impl Allocator {
    /// The allocator of the side `name`, in Rust. It is registered by its first block.
    pub const fn new(name: &'static CStr) -> Self {
        Allocator { name, side: AtomicU16::new(0) }
    }

    /// The side that its blocks belong to; [`Side::UNKNOWN`] while it could not be registered.
    pub fn side(&self) -> Side {
        match self.side.load(Ordering::Relaxed) {
            0 => self.register(),
            side => Side::from_raw(side),
        }
    }

    /// Registers the side. Of threads that do so at once each gets the same.
    #[cold]
    fn register(&self) -> Side {
        let side = Side::register_cstr(self.name, Lang::Rust).unwrap_or(Side::UNKNOWN);
        self.side.store(side.to_raw(), Ordering::Relaxed);
        side
    }
}

// SAFETY: blocks are custody_alloc's: of the size and alignment asked for, nobody else's until released, and never freed by
// anything else. No function unwinds, or allocates by Rust's allocator.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the alignment of a layout is a power of two.
        unsafe { sys::custody_alloc(self.side().to_raw(), layout.size(), layout.align()).cast() }
    }

    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        // SAFETY: the caller gives back a block of this allocator.
        unsafe { sys::custody_release(self.side().to_raw(), block.cast()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller passes a block of this allocator, of this layout, which keeps its alignment.
        unsafe { block::resize(self.side(), block.cast(), layout, size).cast() }
    }
}
