//! Callbacks: Rust functions that C calls, at once or later, and what becomes of their panics.
//!
//! A panic must not unwind into C. [`catch`] is the body of a function that C calls: it catches what is thrown, keeps it, and
//! answers something else meanwhile. [`call`] is the call into C: once that has returned, it carries the panic on to Rust,
//! as if there had been no C in between.
//!
//! ```
//! use std::ffi::{c_int, c_void};
//! use custody::callback::{call, catch};
//!
//! unsafe extern "C" fn each(visit: unsafe extern "C" fn(c_int, *mut c_void) -> c_int, user: *mut c_void) {
//!     // A library's function: calls back until the answer is not 0.
//! #   for number in 1..4 { if unsafe { visit(number, user) } != 0 { break } }
//! }
//!
//! unsafe extern "C" fn add(number: c_int, user: *mut c_void) -> c_int {
//!     catch(1, || {
//!         // SAFETY: `each` passes on what it got.
//!         let sum = unsafe { &mut *user.cast::<c_int>() };
//!         *sum += number;
//!         assert!(*sum < 100);
//!         0
//!     })
//! }
//!
//! let mut sum = 0;
//! // SAFETY: `add` takes `user` for the number that it is.
//! call(|| unsafe { each(add, std::ptr::from_mut(&mut sum).cast()) });
//! assert_eq!(sum, 6);
//! ```
//!
//! What a library keeps and calls later is a [`Callback`].

use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr;
use std::sync::{Mutex, PoisonError};

use custody_sys as sys;

use crate::error::{check, judged, Result};
use crate::{text, Side};

/// What a panic carries.
pub type Panic = Box<dyn Any + Send>;

thread_local! {
    /// For each `call` of this thread that has not returned, innermost last: the panic to be carried on.
    static CALLS: RefCell<Vec<Option<Panic>>> = const { RefCell::new(Vec::new()) };
}

/// Calls C. A panic that [`catch`] or [`Callback::enter`] caught in this thread meanwhile goes on when C has returned; the first
/// one, where callbacks within callbacks panicked. While a thread's own variables are dropped there is nothing to carry it in:
/// then it ends the process, as in a thread that no `call` is in.
///
/// # Panics
/// As the callbacks did.
pub fn call<R>(c: impl FnOnce() -> R) -> R {
    /// Takes the innermost call off, also when `c` itself panics.
    struct Frame;

    impl Frame {
        fn end(self) -> Option<Panic> {
            let _this = ManuallyDrop::new(self);
            Frame::pop()
        }

        fn pop() -> Option<Panic> {
            CALLS.try_with(|calls| calls.borrow_mut().pop()).ok().flatten().flatten()
        }
    }

    impl Drop for Frame {
        fn drop(&mut self) {
            if let Some(panic) = Frame::pop() {
                discard(panic);
            }
        }
    }

    if CALLS.try_with(|calls| calls.borrow_mut().push(None)).is_err() {
        return c();
    }
    let frame = Frame;
    let result = c();
    match frame.end() {
        Some(panic) => resume_unwind(panic),
        None => result,
    }
}

/// The body of a function that C calls: never unwinds. A panic is kept for the [`call`] that C was called by, and
/// `fallback` answered; until that has returned further bodies are not run, and answer their fallback at once. In a thread
/// that no `call` is in there is nowhere to carry it: the process ends, as it does when a panic reaches an `extern "C"`
/// function.
pub fn catch<R>(fallback: R, body: impl FnOnce() -> R) -> R {
    match attempt(body) {
        Attempt::Done(result) => result,
        Attempt::Skipped => fallback,
        Attempt::Panicked(panic) => {
            if let Err(panic) = keep(panic) {
                abort(panic);
            }
            fallback
        }
    }
}

enum Attempt<R> {
    Done(R),
    /// A panic is on its way.
    Skipped,
    Panicked(Panic),
}

/// Runs `body`, unless a panic is on its way already.
fn attempt<R>(body: impl FnOnce() -> R) -> Attempt<R> {
    let is_panic_pending = CALLS.try_with(|calls| calls.borrow().last().is_some_and(Option::is_some));
    if is_panic_pending.unwrap_or(false) {
        discard(body);
        return Attempt::Skipped;
    }
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => Attempt::Done(result),
        Err(panic) => Attempt::Panicked(panic),
    }
}

/// Keeps a panic for the innermost call of this thread; gives it back when there is none. Of several the first is kept.
fn keep(panic: Panic) -> Result<(), Panic> {
    let mut panic = Some(panic);
    let mut later = None;
    let _ = CALLS.try_with(|calls| match calls.borrow_mut().last_mut() {
        Some(place @ None) => *place = panic.take(),
        Some(Some(_)) => later = panic.take(),
        None => {}
    });
    if let Some(later) = later {
        discard(later);
    }
    panic.map_or(Ok(()), Err)
}

/// Drops what is the program's own, such as what a panic carries, and lets no panic of that out: there is C above.
fn discard<T>(value: T) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(value))) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
            mem::forget(panic);
        }
    }
}

/// The panic's message was printed by the hook.
fn abort(_panic: Panic) -> ! {
    eprintln!("custody: a callback panicked in a thread in which no Rust code called C; aborting");
    std::process::abort()
}

/// What a registered callback's data is.
struct State<F> {
    function: F,
    /// Caught where there was no call to carry it on to: the first, until it is taken.
    panic: Mutex<Option<Panic>>,
}

impl<F> State<F> {
    fn put_aside(&self, panic: Panic) {
        let mut place = self.panic.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_none() {
            *place = Some(panic);
            return;
        }
        drop(place);
        discard(panic);
    }
}

/// A Rust function that a library keeps and calls later, maybe from other threads. It is dropped once, never while it runs,
/// and not called after that, which Custody sees to: what C holds is a number, and a call that comes too late finds nothing.
///
/// Dropping a `Callback` takes it from the library. [`Callback::give`] leaves it to the library to drop.
///
/// ```
/// use std::ffi::{c_int, c_void};
/// use std::sync::atomic::{AtomicI32, Ordering};
/// use std::sync::Arc;
/// use custody::callback::Callback;
/// use custody::{Lang, Side};
///
/// unsafe extern "C" fn on_event<F: Fn(c_int) + Send + Sync + 'static>(user: *mut c_void, event: c_int) {
///     // SAFETY: the library passes the user data of a callback of this type.
///     unsafe { Callback::<F>::enter(user, (), |function| function(event)) }
/// }
///
/// /// The function to give to C for a callback of this type.
/// fn trampoline<F: Fn(c_int) + Send + Sync + 'static>(_: &Callback<F>) -> unsafe extern "C" fn(*mut c_void, c_int) {
///     on_event::<F>
/// }
///
/// # fn main() -> custody::Result<()> {
/// let library = Side::register("libevents", Lang::C)?;
/// let sum = Arc::new(AtomicI32::new(0));
/// let callback = Callback::register(library, "on_event", {
///     let sum = Arc::clone(&sum);
///     move |event| { sum.fetch_add(event, Ordering::Relaxed); }
/// })?;
/// // ... unsafe { events_subscribe(trampoline(&callback), callback.user_data()) }; later the library calls:
/// unsafe { trampoline(&callback)(callback.user_data(), 5) };
/// assert_eq!(sum.load(Ordering::Relaxed), 5);
/// # Ok(())
/// # }
/// ```
pub struct Callback<F> {
    number: sys::custody_callback,
    function: PhantomData<fn() -> F>,
}

/// The number as C's user data, and back.
fn to_user_data(number: sys::custody_callback) -> *mut c_void {
    number as usize as *mut c_void
}

fn to_number(user_data: *mut c_void) -> sys::custody_callback {
    user_data as usize as sys::custody_callback
}

impl<F: Send + Sync + 'static> Callback<F> {
    /// Registers `function` with the library `keeper`; `name` is what findings call it.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`](crate::Error::InvalidArgument) for a name that is empty or has a NUL inside, and when the library was closed;
    /// [`Error::NotRunning`](crate::Error::NotRunning), [`Error::Exhausted`](crate::Error::Exhausted). The function is dropped then.
    pub fn register(keeper: Side, name: &str, function: F) -> Result<Self> {
        let data = Box::into_raw(Box::new(State { function, panic: Mutex::new(None) }));
        let mut number = 0;
        let status = text::with_c(name, |name| {
            let (name, keeper, drop) = (name.as_ptr(), keeper.to_raw(), Some(drop_state::<F> as _));
            // SAFETY: the name outlives the call, which copies it; the data is the box that `drop_state::<F>` drops.
            check(unsafe { sys::custody_callback_register(keeper, name, data.cast(), drop, &mut number) })
        });
        if let Err(error) = status {
            // SAFETY: it was not registered, so it is still ours.
            drop(unsafe { Box::from_raw(data) });
            return Err(error);
        }
        Ok(Callback { number, function: PhantomData })
    }

    /// The user data to give to C beside the function: a number, nothing that C may look into.
    pub fn user_data(&self) -> *mut c_void {
        to_user_data(self.number)
    }

    /// The body of the function that C calls: runs `body` with the Rust function. Answers `fallback` when the callback was
    /// dropped or its library closed, which is told of, and when `body` panics. The panic is carried on by the [`call`] that
    /// C was called by, or is kept for [`Callback::take_panic`] in a thread that no `call` is in.
    ///
    /// # Safety
    /// `user_data` is of a callback of this type, dropped or not.
    pub unsafe fn enter<R>(user_data: *mut c_void, fallback: R, body: impl FnOnce(&F) -> R) -> R {
        let mut data = ptr::null_mut();
        // SAFETY: any number may be entered; the result has a place.
        if unsafe { sys::custody_callback_enter(to_number(user_data), &mut data) } == 0 {
            discard(body);
            return fallback;
        }
        /// Leaves however the body ends.
        struct Leave(sys::custody_callback);

        impl Drop for Leave {
            fn drop(&mut self) {
                // SAFETY: it was entered by this thread.
                unsafe { sys::custody_callback_leave(self.0) };
            }
        }

        let _leave = Leave(to_number(user_data));
        // SAFETY: the data of a callback of this type, which is not dropped before it was left.
        let state = unsafe { &*data.cast::<State<F>>() };
        match attempt(|| body(&state.function)) {
            Attempt::Done(result) => return result,
            Attempt::Skipped => {}
            Attempt::Panicked(panic) => {
                if let Err(panic) = keep(panic) {
                    state.put_aside(panic);
                }
            }
        }
        fallback
    }

    /// The first panic of the function, since this was last asked, in a thread in which there was no [`call`] to carry it on to.
    pub fn take_panic(&self) -> Option<Panic> {
        let mut data = ptr::null_mut();
        // SAFETY: as in `enter`.
        if unsafe { sys::custody_callback_enter(self.number, &mut data) } == 0 {
            return None;
        }
        // SAFETY: the data of this callback, which is not dropped before it was left.
        let panic = unsafe { &*data.cast::<State<F>>() }.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        // SAFETY: it was entered above.
        unsafe { sys::custody_callback_leave(self.number) };
        panic
    }

    /// Takes the callback from the library and drops the function, as dropping this does, and says how that went.
    ///
    /// # Errors
    /// [`Error::Misuse`](crate::Error::Misuse) when the library dropped it before, and while it runs: it is dropped at the end of the call then.
    pub fn withdraw(self) -> Result<()> {
        // SAFETY: any number may be dropped.
        judged(unsafe { sys::custody_callback_drop(ManuallyDrop::new(self).number) })
    }
}

impl<F> Callback<F> {
    /// Leaves the callback to the library: its user data, and the function by which C drops that.
    pub fn give(self) -> (*mut c_void, unsafe extern "C" fn(user_data: *mut c_void)) {
        (to_user_data(ManuallyDrop::new(self).number), drop_callback)
    }
}

impl<F> Drop for Callback<F> {
    fn drop(&mut self) {
        // SAFETY: any number may be dropped.
        unsafe { sys::custody_callback_drop(self.number) };
    }
}

impl<F> fmt::Debug for Callback<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("number", &self.number).finish()
    }
}

/// Drops a callback whose user data C holds: what [`Callback::give`] hands out.
///
/// # Safety
/// As of every number, nothing: a bad one is told of. Unsafe because C's functions are.
unsafe extern "C" fn drop_callback(user_data: *mut c_void) {
    // SAFETY: any number may be dropped.
    unsafe { sys::custody_callback_drop(to_number(user_data)) };
}

/// Drops what was registered.
///
/// # Safety
/// `data` is the box of a `Callback<F>`, and this is called once.
unsafe extern "C" fn drop_state<F>(data: *mut c_void) {
    // SAFETY: the caller says so.
    let state = unsafe { Box::from_raw(data.cast::<State<F>>()) };
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(state))) {
        if let Err(panic) = keep(panic) {
            abort(panic);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::Arc;

    use super::*;

    fn panics(body: impl FnOnce()) -> Option<&'static str> {
        catch_unwind(AssertUnwindSafe(body)).err().map(|panic| *panic.downcast_ref::<&str>().unwrap())
    }

    /// What C would be between `call` and `catch`.
    fn c(times: usize, callback: impl FnMut(usize) -> i32) -> i32 {
        (0..times).map(callback).sum()
    }

    #[test]
    fn a_panic_goes_on_after_c_has_returned() {
        let mut is_c_back = false;
        let said = panics(|| {
            call(|| {
                c(1, |_| catch(7, || panic!("from the callback")));
                is_c_back = true;
            });
        });
        assert_eq!(said, Some("from the callback"));
        assert!(is_c_back);
    }

    #[test]
    fn without_a_panic_results_pass() {
        assert_eq!(call(|| c(3, |n| catch(-1, || n as i32))), 3);
    }

    #[test]
    fn after_a_panic_further_callbacks_are_not_run() {
        let mut runs = 0;
        let said = panics(|| {
            call(|| {
                let sum = c(4, |n| {
                    catch(100, || {
                        runs += 1;
                        if n == 1 {
                            panic!("second")
                        }
                        0
                    })
                });
                assert_eq!(sum, 300);
            });
        });
        assert_eq!((said, runs), (Some("second"), 2));
    }

    #[test]
    fn calls_within_callbacks_are_told_apart() {
        let said = panics(|| {
            call(|| {
                c(1, |_| {
                    catch(0, || {
                        let inner = panics(|| {
                            call(|| c(1, |_| catch(0, || panic!("inner"))));
                        });
                        assert_eq!(inner, Some("inner"));
                        panic!("outer")
                    })
                });
            });
        });
        assert_eq!(said, Some("outer"));
        assert!(CALLS.with_borrow(Vec::is_empty));
    }

    /// Calls back when dropped, and panics.
    struct Bomb(Arc<AtomicUsize>);

    impl Drop for Bomb {
        fn drop(&mut self) {
            call(|| self.0.fetch_add(1, Ordering::Relaxed));
            panic!("from the drop");
        }
    }

    #[test]
    fn of_panics_in_callbacks_of_one_call_the_first_goes_on() {
        let drops = Arc::new(AtomicUsize::new(0));
        let mut bomb = Some(Bomb(Arc::clone(&drops)));
        let said = panics(|| {
            call(|| {
                c(1, |_| {
                    catch(0, || {
                        c(1, |_| catch(0, || panic!("first")));
                        resume_unwind(Box::new(bomb.take()))
                    })
                });
            });
        });
        assert_eq!((said, drops.load(Ordering::Relaxed)), (Some("first"), 1));
        assert!(CALLS.with_borrow(Vec::is_empty));
    }

    #[test]
    fn what_a_body_that_is_not_run_holds_is_dropped_without_a_panic_into_c() {
        let drops = Arc::new(AtomicUsize::new(0));
        let mut bomb = Some(Bomb(Arc::clone(&drops)));
        let mut is_c_back = false;
        let said = panics(|| {
            call(|| {
                c(2, |n| {
                    let held = if n == 1 { bomb.take() } else { None };
                    catch(0, move || {
                        let _held = held;
                        panic!("first")
                    })
                });
                is_c_back = true;
            });
        });
        assert_eq!((said, is_c_back, drops.load(Ordering::Relaxed)), (Some("first"), true, 1));
    }

    #[test]
    fn a_thread_that_ends_may_call_c() {
        /// Calls C when the thread's variables are dropped, after those of this module.
        struct Last(Arc<AtomicUsize>);

        impl Drop for Last {
            fn drop(&mut self) {
                self.0.store(call(|| 5), Ordering::Relaxed);
            }
        }

        thread_local! {
            static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
        }
        let answer = Arc::new(AtomicUsize::new(0));
        let mine = Arc::clone(&answer);
        let ended = std::thread::spawn(move || {
            // The variables of a thread are dropped in either order of their first uses.
            LAST.with_borrow_mut(|last| *last = Some(Last(mine)));
            call(|| ());
        });
        ended.join().unwrap();
        assert_eq!(answer.load(Ordering::Relaxed), 5);
    }

    #[test]
    fn a_panic_of_the_call_itself_is_its_own() {
        assert_eq!(panics(|| call(|| panic!("mine"))), Some("mine"));
        assert!(CALLS.with_borrow(Vec::is_empty));
    }
}
