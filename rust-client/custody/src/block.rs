//! Blocks made for a side: raw ones with a layout, and boxes of values.

use std::alloc::Layout;
use std::borrow::{Borrow, BorrowMut};
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use custody_sys as sys;

use crate::error::{Error, Result};
use crate::Side;

/// A block of `side`, or why there is none.
fn alloc(side: Side, layout: Layout) -> Result<NonNull<u8>> {
    // SAFETY: the alignment of a layout is a power of two.
    let block = unsafe { sys::custody_alloc(side.to_raw(), layout.size(), layout.align()) };
    NonNull::new(block.cast()).ok_or(Error::OutOfMemory)
}

/// Compiled out, a resize keeps alignments up to this one.
const ALIGN_KEPT: usize = 4096;

/// `block`, of this layout, with another size; null when memory is out: it is as it was then.
///
/// # Safety
/// It is a block of Custody's for `side`, and nobody uses its old address afterwards, unless the answer is null.
pub(crate) unsafe fn resize(side: Side, block: *mut c_void, layout: Layout, size: usize) -> *mut c_void {
    let side = side.to_raw();
    if !crate::IS_DISABLED || layout.align() <= ALIGN_KEPT {
        // SAFETY: the caller says so.
        return unsafe { sys::custody_resize(side, block, size) };
    }
    // SAFETY: the alignment of a layout is a power of two.
    let moved = unsafe { sys::custody_alloc(side, size, layout.align()) };
    if !moved.is_null() {
        // SAFETY: both blocks have that many bytes, the new one is nobody else's, and the old one is not used any more.
        unsafe {
            moved.cast::<u8>().copy_from_nonoverlapping(block.cast(), layout.size().min(size));
            sys::custody_release(side, block);
        }
    }
    moved
}

/// A block of bytes that Custody made for a side, and that goes back to it when dropped.
///
/// ```
/// use std::alloc::Layout;
/// use custody::{Block, Lang, Side};
///
/// # fn main() -> custody::Result<()> {
/// let side = Side::register("tables", Lang::Rust)?;
/// let mut block = Block::zeroed(side, Layout::array::<u8>(100).unwrap())?;
/// block.resize(200)?;
/// assert_eq!(block.layout().size(), 200);
/// # Ok(())
/// # }
/// ```
pub struct Block {
    start: NonNull<u8>,
    layout: Layout,
    side: Side,
}

// SAFETY: a block is memory that nobody else has, and any thread may release it.
unsafe impl Send for Block {}
// SAFETY: through a shared reference nothing changes.
unsafe impl Sync for Block {}

impl Block {
    /// A block of `layout`, uninitialised, for `side`. A size of 0 is a block, too.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn new(side: Side, layout: Layout) -> Result<Self> {
        Ok(Block { start: alloc(side, layout)?, layout, side })
    }

    /// As [`Block::new`], all zero.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn zeroed(side: Side, layout: Layout) -> Result<Self> {
        let block = Block::new(side, layout)?;
        // SAFETY: the block is new, and that large.
        unsafe { block.start.as_ptr().write_bytes(0, layout.size()) };
        Ok(block)
    }

    /// Makes the block `size` bytes large, moving it if need be. The alignment stays, and what it held, as far as it fits.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], also for a size that no layout has; the block is as it was then.
    pub fn resize(&mut self, size: usize) -> Result<()> {
        let layout = Layout::from_size_align(size, self.layout.align()).map_err(|_| Error::OutOfMemory)?;
        // SAFETY: the block is this one's, and nobody has its old address any more.
        let moved = unsafe { resize(self.side, self.start.as_ptr().cast(), self.layout, size) };
        self.start = NonNull::new(moved.cast()).ok_or(Error::OutOfMemory)?;
        self.layout = layout;
        Ok(())
    }

    /// Where the block begins.
    pub fn as_ptr(&self) -> *const u8 {
        self.start.as_ptr()
    }

    /// Where the block begins, for writing.
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Size and alignment.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The owner.
    pub fn side(&self) -> Side {
        self.side
    }

    /// Gives the block away: to whoever calls `custody_release` for its side, or [`Block::from_raw`].
    pub fn into_raw(self) -> NonNull<u8> {
        ManuallyDrop::new(self).start
    }

    /// Takes a block over, such as one that C made with `custody_alloc`.
    ///
    /// # Safety
    /// It is a block of Custody's for `side`, of this layout, and nobody else releases it.
    pub unsafe fn from_raw(side: Side, start: NonNull<u8>, layout: Layout) -> Self {
        Block { start, layout, side }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: the block is this one's, and is released once.
        unsafe { sys::custody_release(self.side.to_raw(), self.start.as_ptr().cast()) }
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Block")
            .field("start", &self.start)
            .field("layout", &self.layout)
            .field("side", &self.side)
            .finish()
    }
}

/// A value in a block of a side's: a `Box` that C may release with `custody_release`, and that is told of when anybody
/// releases it otherwise.
///
/// ```
/// use custody::{CBox, Lang, Side};
///
/// # fn main() -> custody::Result<()> {
/// let side = Side::register("points", Lang::Rust)?;
/// let mut point = CBox::new(side, (1.0, 2.0))?;
/// point.0 = 3.0;
/// let raw = CBox::into_raw(point);
/// // ... C has it, and gives it back:
/// let point = unsafe { CBox::from_raw(side, raw) };
/// assert_eq!(*point, (3.0, 2.0));
/// # Ok(())
/// # }
/// ```
pub struct CBox<T: ?Sized> {
    value: NonNull<T>,
    side: Side,
    owns: PhantomData<T>,
}

// SAFETY: a box owns its value, as the one of the standard library does.
unsafe impl<T: ?Sized + Send> Send for CBox<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for CBox<T> {}

impl<T> CBox<T> {
    /// Puts `value` into a block of `side`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; the value is dropped then.
    pub fn new(side: Side, value: T) -> Result<Self> {
        let place = alloc(side, Layout::new::<T>())?.cast::<T>();
        // SAFETY: the block is new, and of the value's layout.
        unsafe { place.as_ptr().write(value) };
        Ok(CBox { value: place, side, owns: PhantomData })
    }

    /// Takes the value out, and releases the block.
    pub fn into_inner(this: Self) -> T {
        let this = ManuallyDrop::new(this);
        // SAFETY: the value is moved out, once; the block goes without it.
        unsafe {
            let value = this.value.as_ptr().read();
            sys::custody_release(this.side.to_raw(), this.value.as_ptr().cast());
            value
        }
    }
}

impl<T: Copy> CBox<[T]> {
    /// A copy of `values` in a block of `side`.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn copy_of(side: Side, values: &[T]) -> Result<Self> {
        let place = alloc(side, Layout::for_value(values))?.cast::<T>();
        // SAFETY: the block is new, so it does not overlap, and is as large as `values`.
        unsafe { place.as_ptr().copy_from_nonoverlapping(values.as_ptr(), values.len()) };
        Ok(CBox { value: NonNull::slice_from_raw_parts(place, values.len()), side, owns: PhantomData })
    }
}

impl<T: ?Sized> CBox<T> {
    /// Gives the value away: to whoever calls `custody_release` for its side, or [`CBox::from_raw`].
    pub fn into_raw(this: Self) -> *mut T {
        ManuallyDrop::new(this).value.as_ptr()
    }

    /// Takes a value over.
    ///
    /// # Safety
    /// `value` is valid, begins a block of Custody's for `side`, and nobody else has it.
    pub unsafe fn from_raw(side: Side, value: *mut T) -> Self {
        // SAFETY: the caller says so.
        CBox { value: unsafe { NonNull::new_unchecked(value) }, side, owns: PhantomData }
    }

    /// Where the value is. It stays the box's.
    pub fn as_ptr(this: &Self) -> *const T {
        this.value.as_ptr()
    }

    /// The owner.
    pub fn side(this: &Self) -> Side {
        this.side
    }
}

impl<T: ?Sized> Drop for CBox<T> {
    fn drop(&mut self) {
        /// Releases the block, also when dropping the value panics.
        struct Release(Side, *mut c_void);

        impl Drop for Release {
            fn drop(&mut self) {
                // SAFETY: the block is the box's, and is released once.
                unsafe { sys::custody_release(self.0.to_raw(), self.1) }
            }
        }

        let _release = Release(self.side, self.value.as_ptr().cast());
        // SAFETY: the value is the box's, and is dropped once.
        unsafe { self.value.as_ptr().drop_in_place() }
    }
}

impl<T: ?Sized> Deref for CBox<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the box owns a valid value.
        unsafe { self.value.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for CBox<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the box owns a valid value, and is borrowed exclusively.
        unsafe { self.value.as_mut() }
    }
}

impl<T: ?Sized> AsRef<T> for CBox<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> AsMut<T> for CBox<T> {
    fn as_mut(&mut self) -> &mut T {
        self
    }
}

impl<T: ?Sized> Borrow<T> for CBox<T> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: ?Sized> BorrowMut<T> for CBox<T> {
    fn borrow_mut(&mut self) -> &mut T {
        self
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for CBox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for CBox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
