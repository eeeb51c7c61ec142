//! Safe tills over the C library `till`.
//!
//! What the header says in words is said in types here: a [`Till`] stays on the thread that opened it, a [`Drawer`] may
//! move, what belongs to a till cannot outlive it, and what the till is lent comes back before its owner may use it.
//!
//! ```
//! use till::{Coin, Event, Till};
//!
//! let mut till = Till::open("corner shop")?;
//! till.sell(250, 1)?;
//! till.own_drawer().put(Coin::Euro, 3)?;
//! assert!(matches!(till.events()[1], Event::Sale { cents: 250, count: 1 }));
//! # Ok::<(), till::Refused>(())
//! ```
//!
//! A till cannot go to another thread, nor be looked at from one:
//!
//! ```compile_fail,E0277
//! fn needs_send<T: Send>() {}
//! needs_send::<till::Till>();
//! ```
//! ```compile_fail,E0277
//! fn needs_sync<T: Sync>() {}
//! needs_sync::<till::Till>();
//! ```
//! ```
//! fn needs_send<T: Send>() {}
//! needs_send::<till::Drawer>();
//! ```
//!
//! The till's own drawer ends with the till:
//!
//! ```compile_fail,E0505
//! let mut till = till::Till::open("corner shop").unwrap();
//! let drawer = till.own_drawer();
//! drop(till);
//! drawer.total();
//! ```
//!
//! A page is the till's alone while it prints:
//!
//! ```compile_fail,E0502
//! let mut till = till::Till::open("corner shop").unwrap();
//! let mut page = [0; 64];
//! till.printing(&mut page, |_| page[0]);
//! ```

mod event;
pub mod sys;

pub use event::Event;
pub use sys::Coin;

use std::any::Any;
use std::ffi::{c_int, c_ulong, c_void, CStr, CString};
use std::fmt;
use std::marker::PhantomData;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr;
use std::sync::atomic::Ordering;

use sys::{RawDrawer, RawEvent, RawTill};

/// The library refused to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the till refused")
    }
}

impl std::error::Error for Refused {}

/// The one place where answers of C become results of Rust: a count, or a refusal.
fn counted(answer: c_int) -> Result<usize, Refused> {
    usize::try_from(answer).map_err(|_| Refused)
}

/// How many tills are open in this process.
pub fn open_count() -> i32 {
    // SAFETY: the library exports an `int` that it changes atomically.
    unsafe { &sys::till_open_count }.load(Ordering::Relaxed)
}

/// A sum over a text.
pub fn checksum(text: &CStr) -> c_ulong {
    // SAFETY: the text ends in a NUL and is only read.
    unsafe { sys::till_checksum(text.as_ptr()) }
}

/// A till. Neither `Send` nor `Sync`: all that the library does with it, it does on the thread that opened it.
#[derive(Debug)]
pub struct Till {
    raw: RawTill,
    _here: PhantomData<*mut ()>,
}

impl Till {
    /// Opens a till.
    ///
    /// # Errors
    /// [`Refused`] when the name has a NUL inside, or memory ran out.
    pub fn open(name: &str) -> Result<Self, Refused> {
        let name = CString::new(name).map_err(|_| Refused)?;
        // SAFETY: the name outlives the call, which copies it.
        let raw = unsafe { sys::open(name.as_ptr()) };
        if raw.0.is_null() {
            return Err(Refused);
        }
        Ok(Till { raw, _here: PhantomData })
    }

    /// The handle behind the till, for calls that this crate does not wrap. It stays the till's.
    pub fn raw(&self) -> RawTill {
        self.raw
    }

    /// Sells `count` pieces for `cents`.
    ///
    /// # Errors
    /// [`Refused`] when the till's roll is full.
    pub fn sell(&mut self, cents: i64, count: c_int) -> Result<(), Refused> {
        // SAFETY: the till is live, and this is its thread.
        counted(unsafe { sys::till_sell(self.raw, cents, count) }).map(drop)
    }

    /// Makes a note, of which [`sys::TILL_TEXT_SIZE`] - 1 bytes are kept.
    ///
    /// # Errors
    /// [`Refused`] when the till's roll is full.
    pub fn note(&mut self, text: &CStr) -> Result<(), Refused> {
        // SAFETY: the till is live, and the text outlives the call, which copies it.
        counted(unsafe { sys::till_note(self.raw, text.as_ptr()) }).map(drop)
    }

    /// The events, as C wrote them into a Vec of ours. Events that this crate does not know are left out.
    pub fn events(&self) -> Vec<Event> {
        // SAFETY: the till is live; with a capacity of 0 nothing is written.
        let count = counted(unsafe { sys::till_events(self.raw, ptr::null_mut(), 0) }).unwrap_or(0);
        let mut events: Vec<RawEvent> = Vec::with_capacity(count);
        // SAFETY: the room is ours, with its true capacity.
        let written = unsafe { sys::till_events(self.raw, events.as_mut_ptr(), events.capacity()) };
        // SAFETY: the library wrote as many as there are, or as there is room for.
        unsafe { events.set_len(counted(written).unwrap_or(0).min(events.capacity())) };
        events.iter().filter_map(Event::of).copied().collect()
    }

    /// The name: asked for its length first, then written into a buffer of that size, which becomes the CString.
    pub fn name(&self) -> CString {
        // SAFETY: the till is live; with a capacity of 0 nothing is written.
        let length = counted(unsafe { sys::till_name(self.raw, ptr::null_mut(), 0) }).unwrap_or(0);
        let mut buffer = vec![0u8; length + 1];
        // SAFETY: the buffer is lent with its true capacity for the time of the call.
        unsafe { sys::till_name(self.raw, buffer.as_mut_ptr().cast(), buffer.len()) };
        CStr::from_bytes_until_nul(&buffer).map(CStr::to_owned).unwrap_or_default()
    }

    /// Shows the events to `visit`. A panic of it does not unwind the library, which would lose memory by that, and goes on
    /// in the caller.
    ///
    /// # Errors
    /// [`Refused`] when memory ran out.
    pub fn replay<F: FnMut(&Event)>(&self, visit: F) -> Result<(), Refused> {
        let mut showing = Showing { visit, panic: None };
        let user = ptr::from_mut(&mut showing).cast();
        // SAFETY: `show::<F>` takes `user` for the `Showing<F>` that it is, and only during this call.
        let answer = unsafe { sys::till_replay(self.raw, show::<F>, user) };
        match showing.panic {
            Some(panic) => resume_unwind(panic),
            None => counted(answer).map(drop),
        }
    }

    /// Has `listener` called at each event, until the till is closed or gets another one; it is dropped then, once. A panic
    /// of it is dropped as well: it would have nowhere to go.
    ///
    /// # Errors
    /// [`Refused`] when memory ran out.
    pub fn listen<F: FnMut(&Event) + 'static>(&mut self, listener: F) -> Result<(), Refused> {
        let showing = Box::new(Showing { visit: listener, panic: None });
        let user = Box::into_raw(showing).cast();
        // SAFETY: the box is given away with the function that knows what it is.
        let answer = unsafe { sys::till_listen(self.raw, Some(show::<F>), user, Some(drop_showing::<F>)) };
        if answer < 0 {
            // SAFETY: it was refused, so the box is still ours.
            unsafe { drop_showing::<F>(user) };
        }
        counted(answer).map(drop)
    }

    /// Lends `page` to the till for the time of `work`: each event is printed to it, over the one before. Then the page is
    /// the caller's again, with what was printed last.
    pub fn printing<'page, R>(
        &mut self,
        page: &'page mut [u8],
        work: impl FnOnce(&mut Till) -> R,
    ) -> (R, Option<&'page CStr>) {
        struct Loan(RawTill);
        impl Drop for Loan {
            fn drop(&mut self) {
                // SAFETY: the till is live: `printing` borrows it.
                unsafe { sys::till_print_to(self.0, ptr::null_mut(), 0) };
            }
        }
        // SAFETY: the page is the till's alone until the loan is dropped, also when `work` panics.
        unsafe { sys::till_print_to(self.raw, page.as_mut_ptr().cast(), page.len()) };
        let loan = Loan(self.raw);
        let result = work(self);
        drop(loan);
        (result, CStr::from_bytes_until_nul(page).ok())
    }

    /// The drawer that is built into the till.
    pub fn own_drawer(&mut self) -> OwnDrawer<'_> {
        // SAFETY: the till is live.
        OwnDrawer { raw: unsafe { sys::till_own_drawer(self.raw) }, _till: PhantomData }
    }
}

impl Drop for Till {
    fn drop(&mut self) {
        // SAFETY: the till came from `open`, nobody else closes it, and it never left its thread.
        unsafe { sys::close(self.raw) };
    }
}

/// User data of a call that shows events: whom to, and the panic that it ended in.
struct Showing<F> {
    visit: F,
    panic: Option<Box<dyn Any + Send>>,
}

/// Shows one event to the closure of the `Showing<F>` behind `user`; after a panic no more.
unsafe extern "C-unwind" fn show<F: FnMut(&Event)>(event: *const RawEvent, user: *mut c_void) {
    // SAFETY: the user data is a `Showing<F>`, which nobody else touches while events are shown.
    let showing = unsafe { &mut *user.cast::<Showing<F>>() };
    // SAFETY: the library lends a live event.
    let Some(event) = Event::of(unsafe { &*event }) else { return };
    if showing.panic.is_none() {
        showing.panic = catch_unwind(AssertUnwindSafe(|| (showing.visit)(event))).err();
    }
}

/// Takes back the `Showing<F>` that `listen` gave away.
unsafe extern "C" fn drop_showing<F>(user: *mut c_void) {
    // SAFETY: the library hands back once what it was given.
    drop(unsafe { Box::from_raw(user.cast::<Showing<F>>()) });
}

/// What can be done with any drawer, its own or a till's.
macro_rules! drawer {
    ($($type:tt)*) => {
        impl $($type)* {
            /// Puts coins in.
            ///
            /// # Errors
            /// [`Refused`].
            pub fn put(&mut self, coin: Coin, count: u32) -> Result<(), Refused> {
                // SAFETY: the drawer is live.
                counted(unsafe { sys::till_drawer_put(self.raw, coin, count) }).map(drop)
            }

            /// What is in it, in cents.
            pub fn total(&self) -> i64 {
                // SAFETY: the drawer is live.
                unsafe { sys::till_drawer_total(self.raw) }
            }

            /// The handle behind the drawer. It stays the drawer's.
            pub fn raw(&self) -> RawDrawer {
                self.raw
            }
        }
    };
}

/// A drawer of its own.
#[derive(Debug)]
pub struct Drawer {
    raw: RawDrawer,
}

/// The drawer of a till, borrowed: it is not released, and cannot outlive its till.
#[derive(Debug)]
pub struct OwnDrawer<'till> {
    raw: RawDrawer,
    _till: PhantomData<&'till mut Till>,
}

drawer!(Drawer);
drawer!(OwnDrawer<'_>);

// SAFETY: the library binds tills to threads, and drawers to none.
unsafe impl Send for Drawer {}

impl Drawer {
    /// Makes a drawer.
    ///
    /// # Errors
    /// [`Refused`] when memory ran out.
    pub fn new() -> Result<Self, Refused> {
        // SAFETY: it may be called any time.
        let raw = unsafe { sys::till_drawer_new() };
        if raw.0.is_null() {
            return Err(Refused);
        }
        Ok(Drawer { raw })
    }
}

impl Drop for Drawer {
    fn drop(&mut self) {
        // SAFETY: the drawer came from `till_drawer_new`, and nobody else releases it.
        unsafe { sys::till_drawer_free(self.raw) };
    }
}
