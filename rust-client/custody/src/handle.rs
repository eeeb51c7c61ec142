//! Objects that a library owns: a type with a function that makes an object and one that ends it.
//!
//! [`Object`] states a type once; then a [`Handle`] owns one of its objects, a [`HandleRef`] borrows one, and neither can be
//! taken for one of another type, here by the compiler and on the way through C by Custody, which tells of a wrong type, of
//! a handle that has ended, of a foreign thread, and of an object that nobody ended.
//!
//! ```
//! use std::ptr::NonNull;
//! use custody::handle::{Handle, HandleRef, Movable, Object};
//! use custody::{Lang, Side};
//!
//! mod ffi {
//!     // A library's functions; here in Rust, usually from a -sys crate.
//!     pub struct Counter { pub value: u32 }
//!     pub unsafe extern "C" fn counter_open() -> *mut Counter { Box::into_raw(Box::new(Counter { value: 7 })) }
//!     pub unsafe extern "C" fn counter_value(counter: *const Counter) -> u32 { unsafe { (*counter).value } }
//!     pub unsafe extern "C" fn counter_close(counter: *mut Counter) { drop(unsafe { Box::from_raw(counter) }) }
//! }
//!
//! enum CounterType {}
//!
//! // SAFETY: counter_close ends what counter_open made; a counter may be sent to another thread.
//! unsafe impl Object for CounterType {
//!     type Raw = ffi::Counter;
//!     type Threads = Movable;
//!     const NAME: &'static str = "counter";
//!     const DESTROY: &'static str = "counter_close";
//!
//!     fn library() -> Side {
//!         Side::register("libcounter", Lang::C).unwrap_or(Side::UNKNOWN)
//!     }
//!
//!     unsafe fn destroy(counter: NonNull<ffi::Counter>) {
//!         // SAFETY: the caller ends a counter, once.
//!         unsafe { ffi::counter_close(counter.as_ptr()) }
//!     }
//! }
//!
//! # fn main() -> custody::Result<()> {
//! // SAFETY: the counter is new, and nobody else's.
//! let counter: Handle<CounterType> = unsafe { Handle::adopt(ffi::counter_open()) }?;
//! let borrowed: HandleRef<'_, CounterType> = counter.borrow();
//! // SAFETY: the counter is live.
//! assert_eq!(unsafe { ffi::counter_value(borrowed.as_ptr()) }, 7);
//! # Ok(())
//! # } // counter_close
//! ```

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

use custody_sys as sys;

use crate::error::{check, judged, Error, Result};
use crate::{text, Side};

/// A type of a library's objects. Implemented for a type that stands for it, often an empty one.
///
/// # Safety
/// [`Object::destroy`] ends an object of [`Object::Raw`], and [`Object::Threads`] is what the library allows.
pub unsafe trait Object {
    /// What C calls it.
    type Raw;
    /// Which threads may use an object.
    type Threads: Threads;
    /// The type's name in findings.
    const NAME: &'static str;
    /// The function that ends an object, as findings advise it.
    const DESTROY: &'static str;
    /// Whether there may be several references to an object ([`Handle::try_clone`]); the last one ends it. They may be in
    /// several threads, so that takes [`AnyThread`], or [`OneThread`] where they may not.
    const IS_COUNTED: bool = false;

    /// The library that the type belongs to.
    fn library() -> Side;

    /// Ends an object: calls the library's function.
    ///
    /// # Safety
    /// `object` has not been ended, and nobody uses it any more.
    unsafe fn destroy(object: NonNull<Self::Raw>);
}

/// Which threads may use an object: one of [`OneThread`], [`Movable`] and [`AnyThread`].
pub trait Threads: sealed::Threads {}

mod sealed {
    pub trait Threads {
        /// Whether only the thread that made an object may use it.
        const IS_BOUND: bool;
        /// Whether several handles of one object keep the rule, wherever each of them is moved to.
        const MAY_BE_CLONED: bool;
    }
}

/// The thread that made it, and no other: neither `Send` nor `Sync`.
pub struct OneThread(PhantomData<*mut ()>);

/// One thread at a time: `Send`, not `Sync`. Such an object has one handle ([`Handle::try_clone`]): of two, each could be moved
/// to a thread of its own.
pub struct Movable(PhantomData<Cell<()>>);

/// Any thread at any time: `Send` and `Sync`.
pub struct AnyThread(());

impl Threads for OneThread {}
impl Threads for Movable {}
impl Threads for AnyThread {}

impl sealed::Threads for OneThread {
    const IS_BOUND: bool = true;
    const MAY_BE_CLONED: bool = true;
}
impl sealed::Threads for Movable {
    const IS_BOUND: bool = false;
    const MAY_BE_CLONED: bool = false;
}
impl sealed::Threads for AnyThread {
    const IS_BOUND: bool = false;
    const MAY_BE_CLONED: bool = true;
}

/// The number of a type, which is registered if need be.
fn number_of<T: Object + ?Sized>() -> Result<sys::custody_type> {
    let bound = if <T::Threads as sealed::Threads>::IS_BOUND { sys::CUSTODY_TYPE_THREAD_BOUND } else { 0 };
    let counted = if T::IS_COUNTED { sys::CUSTODY_TYPE_COUNTED } else { 0 };
    let (side, flags) = (T::library().to_raw(), bound | counted);
    text::with_c(T::NAME, |name| {
        text::with_c(T::DESTROY, |destroy| {
            let mut number = 0;
            // SAFETY: both names are C strings that outlive the call, which copies them; the result has a place.
            check(unsafe { sys::custody_type_register(side, name.as_ptr(), destroy.as_ptr(), flags, &mut number) })?;
            Ok(number)
        })
    })
}

/// An object of a library that Rust owns. Dropping it ends the object.
pub struct Handle<T: Object + ?Sized> {
    raw: NonNull<T::Raw>,
    number: sys::custody_type,
    threads: PhantomData<(T::Threads, *const T)>,
}

// SAFETY: the library says through `Threads` that objects may be used, and ended, by another thread.
unsafe impl<T: Object + ?Sized> Send for Handle<T> where T::Threads: Send {}
// SAFETY: the library says through `Threads` that several threads may use an object at once.
unsafe impl<T: Object + ?Sized> Sync for Handle<T> where T::Threads: Sync {}

impl<T: Object + ?Sized> Handle<T> {
    /// Takes over an object that the library has just made.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] for null, and when there is a handle of this object already;
    /// [`Error::NotRunning`], [`Error::Exhausted`]. The object stays the caller's then.
    ///
    /// # Safety
    /// `raw` is null, or an object of the type that nobody else ends.
    pub unsafe fn adopt(raw: *mut T::Raw) -> Result<Self> {
        let raw = NonNull::new(raw).ok_or(Error::InvalidArgument)?;
        let number = number_of::<T>()?;
        // SAFETY: the address is registered, not read.
        check(unsafe { sys::custody_adopt(number, raw.as_ptr().cast()) })?;
        Ok(Handle { raw, number, threads: PhantomData })
    }

    /// Gives the handle away, to C: the object lives on until [`Handle::from_raw`], or until C ends it.
    pub fn into_raw(self) -> *mut T::Raw {
        ManuallyDrop::new(self).raw.as_ptr()
    }

    /// The twin of [`Handle::into_raw`]: takes an object back from C.
    ///
    /// # Errors
    /// [`Error::Misuse`] when it is no living object of this type, or this thread may not use it. Nothing is done then.
    ///
    /// # Safety
    /// Whoever passes `raw` gives up the reference that it stands for.
    pub unsafe fn from_raw(raw: *mut T::Raw) -> Result<Self> {
        // SAFETY: it is looked at by Custody alone.
        let borrowed = unsafe { HandleRef::<T>::from_raw(raw) }?;
        Ok(Handle { raw: borrowed.raw, number: borrowed.number, threads: PhantomData })
    }

    /// Where the object is, for the library's functions. It stays the handle's.
    pub fn as_ptr(&self) -> *mut T::Raw {
        self.raw.as_ptr()
    }

    /// The object on loan, for as long as the handle is borrowed.
    pub fn borrow(&self) -> HandleRef<'_, T> {
        HandleRef { raw: self.raw, number: self.number, handle: PhantomData }
    }

    /// One more reference to the object, which lives until the last is dropped. Types that are not counted have none, nor have
    /// those that are [`Movable`]: that does not compile.
    ///
    /// # Errors
    /// [`Error::Misuse`] when C has ended the object meanwhile.
    pub fn try_clone(&self) -> Result<Self> {
        const { assert!(T::IS_COUNTED, "objects of this type have no references: Object::IS_COUNTED is false") };
        const {
            assert!(
                <T::Threads as sealed::Threads>::MAY_BE_CLONED,
                "several handles of an object may be in several threads at once, which Movable rules out"
            )
        };
        // SAFETY: the address is looked up, not read.
        judged(unsafe { sys::custody_retain(self.number, self.raw.as_ptr().cast()) })?;
        Ok(Handle { raw: self.raw, number: self.number, threads: PhantomData })
    }
}

impl<T: Object + ?Sized> Drop for Handle<T> {
    fn drop(&mut self) {
        // SAFETY: the address is looked up, not read.
        let ending = unsafe { sys::custody_end(self.number, self.raw.as_ptr().cast()) };
        if ending == sys::CUSTODY_ENDED {
            // SAFETY: that was the last reference to an object which nobody had ended before.
            unsafe { T::destroy(self.raw) }
        }
    }
}

impl<T: Object + ?Sized> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle<{}>({:?})", T::NAME, self.raw)
    }
}

/// An object of a library that somebody else owns, for a while.
pub struct HandleRef<'a, T: Object + ?Sized> {
    raw: NonNull<T::Raw>,
    number: sys::custody_type,
    handle: PhantomData<&'a Handle<T>>,
}

// SAFETY: as a shared reference to a handle.
unsafe impl<T: Object + ?Sized> Send for HandleRef<'_, T> where T::Threads: Sync {}
// SAFETY: as a shared reference to a handle.
unsafe impl<T: Object + ?Sized> Sync for HandleRef<'_, T> where T::Threads: Sync {}

impl<T: Object + ?Sized> HandleRef<'_, T> {
    /// Checks a pointer on entry of a function that C calls.
    ///
    /// # Errors
    /// [`Error::Misuse`] when it is no living object of this type, or this thread may not use it: the function should do
    /// nothing then. [`Error::NotRunning`], [`Error::Exhausted`].
    ///
    /// # Safety
    /// The object, if it is one, stays alive for the lifetime that the caller chooses.
    pub unsafe fn from_raw(raw: *mut T::Raw) -> Result<Self> {
        let number = number_of::<T>()?;
        // SAFETY: the address is looked up, not read.
        judged(unsafe { sys::custody_check(number, raw.cast()) })?;
        let raw = NonNull::new(raw).ok_or(Error::Misuse)?;
        Ok(HandleRef { raw, number, handle: PhantomData })
    }

    /// Where the object is, for the library's functions.
    pub fn as_ptr(&self) -> *mut T::Raw {
        self.raw.as_ptr()
    }
}

impl<T: Object + ?Sized> Clone for HandleRef<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Object + ?Sized> Copy for HandleRef<'_, T> {}

impl<T: Object + ?Sized> fmt::Debug for HandleRef<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HandleRef<{}>({:?})", T::NAME, self.raw)
    }
}

/// Several handles of a [`Movable`] object do not compile: each could be moved to a thread of its own, and both used at once.
///
/// ```compile_fail,E0080
/// use std::ptr::NonNull;
/// use custody::handle::{Handle, Movable, Object};
/// use custody::Side;
///
/// enum Page {}
///
/// unsafe impl Object for Page {
///     type Raw = u64;
///     type Threads = Movable; // AnyThread compiles
///     const NAME: &'static str = "page";
///     const DESTROY: &'static str = "page_close";
///     const IS_COUNTED: bool = true;
///
///     fn library() -> Side {
///         Side::UNKNOWN
///     }
///
///     unsafe fn destroy(object: NonNull<u64>) {
///         drop(unsafe { Box::from_raw(object.as_ptr()) });
///     }
/// }
///
/// let page: Handle<Page> = unsafe { Handle::adopt(Box::into_raw(Box::new(1))) }.unwrap();
/// drop(page.try_clone());
/// ```
#[cfg(doctest)]
struct MovableObjectsHaveOneHandle;
