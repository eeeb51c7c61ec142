//! A library in Rust that C uses: its objects are typed handles, checked on entry, and its functions never unwind.
//!
//! The functions are called from Rust here, as C would, once wrongly: under `custody run` that is a `stale-handle`.

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use custody::callback::{call, catch};
use custody::handle::{Handle, HandleRef, Movable, Object};
use custody::{Lang, Side};

/// What C knows as `struct counter`.
pub struct Counter {
    value: c_int,
}

enum CounterType {}

// SAFETY: `destroy` drops the box that `counter_new` made; a counter may be sent to another thread.
unsafe impl Object for CounterType {
    type Raw = Counter;
    type Threads = Movable;
    const NAME: &'static str = "counter";
    const DESTROY: &'static str = "counter_free";

    fn library() -> Side {
        Side::register("libcounter", Lang::Rust).unwrap_or(Side::UNKNOWN)
    }

    unsafe fn destroy(counter: NonNull<Counter>) {
        // SAFETY: the caller ends a counter, once.
        drop(unsafe { Box::from_raw(counter.as_ptr()) });
    }
}

/// A new counter; NULL when there is none.
#[no_mangle]
pub extern "C" fn counter_new(value: c_int) -> *mut Counter {
    catch(ptr::null_mut(), || {
        let raw = Box::into_raw(Box::new(Counter { value }));
        // SAFETY: the box is new, and nobody else's.
        match unsafe { Handle::<CounterType>::adopt(raw) } {
            Ok(handle) => handle.into_raw(),
            Err(_) => {
                // SAFETY: it was not adopted, so it is still ours.
                drop(unsafe { Box::from_raw(raw) });
                ptr::null_mut()
            }
        }
    })
}

/// The value; -1 for what is no counter.
///
/// # Safety
/// Nobody ends the counter meanwhile.
#[no_mangle]
pub unsafe extern "C" fn counter_value(counter: *mut Counter) -> c_int {
    catch(-1, || {
        // SAFETY: the caller keeps it alive, if it is one.
        match unsafe { HandleRef::<CounterType>::from_raw(counter) } {
            // SAFETY: it is a living counter.
            Ok(counter) => unsafe { (*counter.as_ptr()).value },
            Err(_) => -1,
        }
    })
}

/// Ends a counter.
///
/// # Safety
/// Nobody uses the counter any more.
#[no_mangle]
pub unsafe extern "C" fn counter_free(counter: *mut Counter) {
    catch((), || {
        // SAFETY: the caller gives it up.
        drop(unsafe { Handle::<CounterType>::from_raw(counter) });
    });
}

fn main() {
    let counter = counter_new(41);
    // SAFETY: the counter lives until counter_free. After that it is refused, and told of.
    call(|| unsafe {
        println!("while it lives: {}", counter_value(counter));
        counter_free(counter);
        if std::env::args().any(|argument| argument == "--late") {
            println!("after its end: {}", counter_value(counter));
        }
    });
}
