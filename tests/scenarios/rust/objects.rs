//! Objects of Rust behind a C boundary: a Box given away as a pointer, adopted, and ended before it is taken back. Wrapped twice
//! as owned, dropped on another thread, given to another type's function, never taken back. Callbacks with a closure for
//! data.
//!
//! @custody shared static both
//! @builds profile=debug,release ld=lld
//! @run wrapped-twice
//! @expect stale-handle error exact type=proplist by=$prog/rust/custody call=custody_end history=adopted>ended
//! @run other-thread
//! @expect wrong-thread error exact type=display by=$prog/rust/custody call=custody_end history=adopted thread=dropper
//! @expect handle-leak error exact type=display by=none history=adopted advice=display_free
//! @run wrong-type
//! @expect wrong-type error exact type=proplist expected-type=display call=custody_check history=adopted
//! @run never
//! @expect[custody=both] handle-leak error exact type=proplist owner=$prog/rust/rust by=none size=56 align=8 history=adopted advice=proplist_free
//! @expect[custody=shared,static] handle-leak error exact type=proplist owner=$prog/rust/unknown by=none size=none history=adopted advice=proplist_free
//! @run closure-dropped-twice
//! @expect stale-handle error exact type=on_change call=custody_callback_drop history=registered>dropped
//! @run closure-never
//! @expect handle-leak error exact type=on_change by=none history=registered
//! @run good

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::hint::black_box;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

extern "C" {
    fn custody_side_of_code(function: *const c_void, out_side: *mut u16) -> c_int;
    fn custody_type_register(
        side: u16,
        name: *const c_char,
        destroy: *const c_char,
        flags: c_uint,
        out: *mut u32,
    ) -> c_int;
    fn custody_adopt(kind: u32, object: *mut c_void) -> c_int;
    fn custody_check(kind: u32, object: *const c_void) -> c_int;
    fn custody_end(kind: u32, object: *mut c_void) -> c_int;
    fn custody_callback_register(
        keeper: u16,
        name: *const c_char,
        data: *mut c_void,
        drop: Option<unsafe extern "C" fn(*mut c_void)>,
        out: *mut u64,
    ) -> c_int;
    fn custody_callback_enter(callback: u64, out_data: *mut *mut c_void) -> c_int;
    fn custody_callback_leave(callback: u64) -> c_int;
    fn custody_callback_drop(callback: u64) -> c_int;
}

const ENDED: c_int = 2;
static PROPLIST: AtomicU32 = AtomicU32::new(0);
static DISPLAY: AtomicU32 = AtomicU32::new(0);
static HELD: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
static DROPS: AtomicUsize = AtomicUsize::new(0);

/// The library's side of it: an object is a Box that C sees as a pointer.
fn make<T>(kind: &AtomicU32, value: T) -> *mut c_void {
    let object = Box::into_raw(black_box(Box::new(value))).cast();
    // SAFETY: the object lives until `take` takes it back.
    unsafe { custody_adopt(kind.load(Ordering::Relaxed), object) };
    object
}

fn take<T>(kind: &AtomicU32, object: *mut c_void) {
    // SAFETY: what has ended was a Box of this type, and is nobody's any more.
    unsafe {
        if custody_end(kind.load(Ordering::Relaxed), object) == ENDED {
            drop(Box::from_raw(object.cast::<T>()));
        }
    }
}

type Proplist = [u64; 7];
type Display = [u64; 9];

/// A wrapper that owns what it wraps, whoever else does.
struct Owned(*mut c_void);

impl Drop for Owned {
    fn drop(&mut self) {
        take::<Proplist>(&PROPLIST, self.0);
    }
}

struct Sent(*mut c_void);
// SAFETY: none: the display belongs to one thread.
unsafe impl Send for Sent {}

fn drop_elsewhere() {
    let display = Sent(make(&DISPLAY, [1u64; 9]));
    HELD.store(display.0, Ordering::Relaxed);
    let body = move || {
        let display = display;
        take::<Display>(&DISPLAY, display.0);
    };
    std::thread::Builder::new()
        .name("dropper".into())
        .spawn(body)
        .unwrap()
        .join()
        .unwrap();
}

unsafe extern "C" fn drop_closure(data: *mut c_void) {
    DROPS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the data of a callback is such a Box, and is dropped once.
    drop(unsafe { Box::from_raw(data.cast::<Box<dyn Fn(u32) -> u32>>()) });
}

fn listen(side: u16, seed: Vec<u32>) -> u64 {
    let closure: Box<dyn Fn(u32) -> u32> = Box::new(move |at| seed[at as usize % seed.len()]);
    let mut callback = 0;
    // SAFETY: `drop_closure` takes the closure back.
    unsafe {
        custody_callback_register(
            side,
            c"on_change".as_ptr(),
            Box::into_raw(Box::new(closure)).cast(),
            Some(drop_closure),
            &mut callback,
        );
    }
    callback
}

fn tell(callback: u64, at: u32) -> Option<u32> {
    let mut data = std::ptr::null_mut();
    // SAFETY: between the two calls the closure lives.
    unsafe {
        if custody_callback_enter(callback, &mut data) == 0 {
            return None;
        }
        let answer = (*data.cast::<Box<dyn Fn(u32) -> u32>>())(at);
        custody_callback_leave(callback);
        Some(answer)
    }
}

fn good(side: u16) {
    for _ in 0..100 {
        let list = make(&PROPLIST, [1u64; 7]);
        let display = make(&DISPLAY, [1u64; 9]);
        // SAFETY: a check only looks the address up.
        let both = unsafe {
            custody_check(PROPLIST.load(Ordering::Relaxed), list)
                + custody_check(DISPLAY.load(Ordering::Relaxed), display)
        };
        assert_eq!(both, 2);
        take::<Proplist>(&PROPLIST, list);
        take::<Display>(&DISPLAY, display);
        let callback = listen(side, vec![5, 6, 7]);
        assert_eq!(tell(callback, 1), Some(6));
        // SAFETY: it is dropped once.
        assert_eq!(unsafe { custody_callback_drop(callback) }, 1);
    }
    assert_eq!(DROPS.load(Ordering::Relaxed), 100);
}

fn main() {
    let mut side = 0;
    black_box(&HELD);
    let (mut proplist, mut display) = (0, 0);
    // SAFETY: all texts are terminated.
    unsafe {
        custody_side_of_code(main as *const c_void, &mut side);
        custody_type_register(
            side,
            c"proplist".as_ptr(),
            c"proplist_free".as_ptr(),
            0,
            &mut proplist,
        );
        custody_type_register(
            side,
            c"display".as_ptr(),
            c"display_free".as_ptr(),
            1,
            &mut display,
        );
    }
    PROPLIST.store(proplist, Ordering::Relaxed);
    DISPLAY.store(display, Ordering::Relaxed);
    match std::env::args().nth(1).unwrap_or_default().as_str() {
        "wrapped-twice" => {
            let one = Owned(make(&PROPLIST, [1u64; 7]));
            drop(Owned(one.0));
        }
        "other-thread" => drop_elsewhere(),
        "wrong-type" => {
            let list = make(&PROPLIST, [1u64; 7]);
            // SAFETY: a check only looks the address up.
            assert_eq!(unsafe { custody_check(display, list) }, 0);
            take::<Proplist>(&PROPLIST, list);
        }
        "never" => HELD.store(make(&PROPLIST, [1u64; 7]), Ordering::Relaxed),
        "closure-dropped-twice" => {
            let callback = listen(side, vec![1]);
            // SAFETY: the second drop drops nothing.
            assert_eq!(
                unsafe { custody_callback_drop(callback) + custody_callback_drop(callback) },
                1
            );
        }
        "closure-never" => {
            assert_eq!(tell(listen(side, vec![1]), 0), Some(1));
        }
        _ => good(side),
    }
    println!("done");
}
