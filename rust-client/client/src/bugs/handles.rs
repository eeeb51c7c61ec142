//! Groups E and U: what the till's handles, buffers, loans and threads forbid, and an unwound frame of C. The library checks
//! with Custody on entry, and refuses: so a bug here goes on, after its finding, to clean up rightly.

use std::ffi::{c_int, CString};

use till::sys::{self, RawTill};
use till::Till;

/// Opens a till by hand, as a binding does that has no types yet.
fn open() -> RawTill {
    // SAFETY: the name is a C string.
    unsafe { sys::open(c"corner shop".as_ptr()) }
}

/// Bytes of a till and of a drawer, as the library makes them: `struct till` and `struct drawer` in till.c.
pub const TILL_SIZE: usize = 1368;
pub const DRAWER_SIZE: usize = 8;

/// What the library answers when it refuses.
const REFUSED: c_int = -1;

/// A handle is used on a thread that it does not belong to (wayland-rs issue 290).
pub mod wrong_thread {
    use super::{open, sys, RawTill, Till, REFUSED};
    use crate::Outcome;
    use std::thread;

    /// Says that it may be sent: wrong.
    struct Sent(RawTill);
    // SAFETY: none: a till stays on its thread.
    unsafe impl Send for Sent {}

    impl Sent {
        /// Sells, wherever it is.
        fn sell(&self) -> i32 {
            // SAFETY: none: this is another thread.
            unsafe { sys::till_sell(self.0, 250, 1) }
        }
    }

    pub fn bad() -> Outcome {
        let till = open();
        let sent = Sent(till);
        let answer = thread::spawn(move || sent.sell()).join().map_err(|_| "a panic")?;
        assert_eq!(answer, REFUSED);
        // SAFETY: the till is closed once, on its own thread.
        unsafe { sys::close(till) };
        println!("a till was used on another thread, which the library refused");
        Ok(())
    }

    pub fn good() -> Outcome {
        let count = thread::spawn(|| -> Result<usize, till::Refused> {
            let mut till = Till::open("corner shop")?;
            till.sell(250, 1)?;
            Ok(till.events().len())
        });
        println!("a till had {} events on its own thread", count.join().map_err(|_| "a panic")??);
        Ok(())
    }
}

/// Two handles, both `void *`, are confused (rust-libxml issue 214). Right: a type around each.
pub mod handles_confused {
    use super::{open, sys, RawTill, REFUSED};
    use crate::Outcome;

    pub fn bad() -> Outcome {
        let till = open();
        // SAFETY: none: what goes to the first call is a drawer.
        let answer = unsafe {
            let drawer = sys::till_drawer_new();
            let answer = sys::close(RawTill(drawer.0));
            sys::till_drawer_free(drawer);
            sys::close(till);
            answer
        };
        assert_eq!(answer, REFUSED);
        println!("a drawer was given to the function that closes tills");
        Ok(())
    }

    pub fn good() -> Outcome {
        let till = open();
        // SAFETY: each handle goes to the function of its own kind, once.
        unsafe {
            sys::till_drawer_free(sys::till_drawer_new());
            sys::close(till);
        }
        println!("a drawer and a till were each released as what they are");
        Ok(())
    }
}

/// A release function is called twice (arrow-adbc issue 4178).
pub mod closed_twice {
    use super::{open, sys, Till, REFUSED};
    use crate::Outcome;

    pub fn bad() -> Outcome {
        let till = open();
        // SAFETY: none: the till is closed already when it is closed again.
        let answers = unsafe { [sys::close(till), sys::close(till)] };
        assert_eq!(answers, [0, REFUSED]);
        println!("a till was closed twice");
        Ok(())
    }

    pub fn good() -> Outcome {
        drop(Till::open("corner shop")?);
        println!("a till was closed once");
        Ok(())
    }
}

/// What a library only lends is wrapped as owned, and released (libpulse-binding, RUSTSEC-2018-0021).
pub mod borrowed_as_owned {
    use super::{open, sys, Till};
    use crate::Outcome;

    pub fn bad() -> Outcome {
        let till = open();
        // SAFETY: none: the drawer is the till's, which will release it again.
        unsafe {
            sys::till_drawer_free(sys::till_own_drawer(till));
            sys::close(till);
        }
        println!("the drawer of a till was released, and then again with its till");
        Ok(())
    }

    pub fn good() -> Outcome {
        let mut till = Till::open("corner shop")?;
        println!("the drawer of a till, with {} cents, was only looked at", till.own_drawer().total());
        Ok(())
    }
}

/// A handle is never destroyed (tree-sitter-svelte, bchlib 0.2.1).
pub mod never_closed {
    use super::Till;
    use crate::Outcome;
    use std::mem::forget;

    pub fn bad() -> Outcome {
        forget(Till::open("corner shop")?);
        println!("a till will never be closed");
        Ok(())
    }

    pub fn good() -> Outcome {
        drop(Till::open("corner shop")?);
        println!("{} tills are open", till::open_count());
        Ok(())
    }
}

/// A buffer of one byte is given as one of 32 (libfmod issue 19).
pub mod buffer_too_small {
    use super::{open, sys, CString, Till};
    use crate::Outcome;
    use std::hint::black_box;

    /// Bytes of the buffer, its NUL counted.
    pub const SIZE: usize = 5;

    pub fn bad() -> Outcome {
        let till = open();
        let name = black_box(CString::new("four")?).into_raw();
        // SAFETY: none: the buffer has not 32 bytes. The name is longer than the buffer, and stays in the heap's own slack.
        let length = unsafe {
            let length = sys::till_name(till, name, sys::TILL_TEXT_SIZE);
            sys::close(till);
            length
        };
        // SAFETY: the allocation is taken back with the length that it was made with.
        drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(name.cast::<u8>(), SIZE)) });
        println!("a name of {length} bytes was written to a buffer of {SIZE}");
        Ok(())
    }

    pub fn good() -> Outcome {
        let name = Till::open("corner shop")?.name();
        println!("a name of {} bytes was written to a buffer of {}", name.count_bytes(), name.count_bytes() + 1);
        Ok(())
    }
}

/// A buffer that the library goes on using is dropped. Right: a scope, which the loan cannot outlive.
pub mod dropped_while_lent {
    use super::{open, sys, Till};
    use crate::Outcome;
    use std::hint::black_box;

    /// Bytes of the page.
    pub const SIZE: usize = 1181;

    pub fn bad() -> Outcome {
        let till = open();
        let mut page = black_box(vec![0u8; SIZE]);
        // SAFETY: none: the page does not live as long as the till prints to it.
        unsafe { sys::till_print_to(till, page.as_mut_ptr().cast(), SIZE) };
        drop(page);
        // SAFETY: the till forgets the page, and is closed.
        unsafe {
            sys::till_print_to(till, std::ptr::null_mut(), 0);
            sys::close(till);
        }
        println!("a page of {SIZE} bytes was dropped while a till had it");
        Ok(())
    }

    pub fn good() -> Outcome {
        let mut till = Till::open("corner shop")?;
        let mut page = black_box(vec![0u8; SIZE]);
        let (sold, printed) = till.printing(&mut page, |till| till.sell(99, 3));
        sold?;
        println!("a till printed {printed:?} to a page of {SIZE} bytes, and gave it back");
        Ok(())
    }
}

/// The user data of a callback is dropped while the callback is registered.
pub mod data_dropped_early {
    use super::{open, sys, Till};
    use crate::Outcome;
    use std::ffi::c_void;
    use std::hint::black_box;

    /// Bytes of the data.
    pub const SIZE: usize = 1187;

    unsafe extern "C-unwind" fn ignore(_: *const sys::RawEvent, _: *mut c_void) {}

    pub fn bad() -> Outcome {
        let till = open();
        let mut data = black_box(Box::new([0u8; SIZE]));
        // SAFETY: none: the data does not live as long as the listener is set.
        unsafe { sys::till_listen(till, Some(ignore), data.as_mut_ptr().cast(), None) };
        drop(data);
        // SAFETY: the listener is taken away, which looks at no data, and the till is closed.
        unsafe {
            sys::till_listen(till, None, std::ptr::null_mut(), None);
            sys::close(till);
        }
        println!("the data of a callback, {SIZE} bytes, was dropped before the callback");
        Ok(())
    }

    pub fn good() -> Outcome {
        let mut till = Till::open("corner shop")?;
        let data = black_box(Box::new([1u8; SIZE]));
        till.listen(move |_| assert_eq!(data[0], 1))?;
        till.sell(99, 3)?;
        println!("the data of a callback, {SIZE} bytes, is dropped with the callback");
        Ok(())
    }
}

/// An enum with data is taken for one that has not the layout of C's: `repr(C)` was forgotten, and Rust lays it out smaller.
pub mod enum_without_repr {
    use super::{sys, Till};
    use crate::Outcome;
    use std::ffi::c_void;
    use std::hint::black_box;

    /// The events that a listener collects.
    type Page<E> = [E; 25];
    /// Bytes of them, as C has them.
    pub const SIZE: usize = size_of::<Page<till::Event>>();

    /// As `till::Event`, and not the same.
    #[allow(dead_code, reason = "it is only released")]
    enum Event {
        Opened,
        Sale { cents: i32, count: i32 },
        Note { text: [u8; sys::TILL_TEXT_SIZE] },
    }

    unsafe extern "C-unwind" fn ignore(_: *const sys::RawEvent, _: *mut c_void) {}

    /// Releases a page of these events.
    unsafe extern "C" fn drop_page<E>(page: *mut c_void) {
        // SAFETY: right only when E is what the page was made of.
        drop(unsafe { Box::from_raw(page.cast::<Page<E>>()) });
    }

    fn listen(drop: sys::Drop) -> Outcome {
        let till = Till::open("corner shop")?;
        let page = Box::into_raw(black_box(Box::new([till::Event::Opened; 25])));
        // SAFETY: the till is live; whether `drop` releases a page of the right kind is the point.
        unsafe { sys::till_listen(till.raw(), Some(ignore), page.cast(), Some(drop)) };
        Ok(())
    }

    pub fn bad() -> Outcome {
        listen(drop_page::<Event>)?;
        println!("a page of {SIZE} bytes was released as one of {}", size_of::<Page<Event>>());
        Ok(())
    }

    pub fn good() -> Outcome {
        listen(drop_page::<till::Event>)?;
        println!("a page of {SIZE} bytes was released as such");
        Ok(())
    }
}

/// A panic unwinds a frame of C, which loses what it holds. Right: the callback catches it, and it goes on behind C.
pub mod panic_through_c {
    use super::{sys, Till};
    use crate::Outcome;
    use std::ffi::c_void;
    use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};

    const EVENTS: usize = 27;
    /// Bytes of the copy that the library makes of the events.
    pub const SIZE: usize = EVENTS * size_of::<sys::RawEvent>();

    /// A panic, without the words on stderr.
    unsafe extern "C-unwind" fn panicking(_: *const sys::RawEvent, _: *mut c_void) {
        resume_unwind(Box::new("halt"));
    }

    fn busy_till() -> Result<Till, till::Refused> {
        let mut till = Till::open("corner shop")?;
        for _ in 1..EVENTS {
            till.sell(1, 1)?;
        }
        Ok(till)
    }

    pub fn bad() -> Outcome {
        let till = busy_till()?;
        // SAFETY: none: C may be unwound here, and still does not clean up.
        let replay = || unsafe { sys::till_replay(till.raw(), panicking, std::ptr::null_mut()) };
        assert!(catch_unwind(AssertUnwindSafe(replay)).is_err(), "the panic goes through");
        println!("a panic went through C, which lost a copy of {SIZE} bytes");
        Ok(())
    }

    pub fn good() -> Outcome {
        let till = busy_till()?;
        let replay = || till.replay(|_| resume_unwind(Box::new("halt")));
        assert!(catch_unwind(AssertUnwindSafe(replay)).is_err(), "the panic goes on");
        println!("a panic was carried past C, which released its copy of {SIZE} bytes");
        Ok(())
    }
}
