//! Handles, leases, loans, transfers and callbacks done right: the same linked and compiled out. What is done wrong is in
//! `findings.rs`.

use std::ffi::{c_char, c_void, CString};
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;

use custody::callback::{call, Callback};
use custody::handle::{AnyThread, Handle, HandleRef, Movable, Object, OneThread};
use custody::lease::{ask_then_fill, check_retained, Lease, Terms, GUARD_SIZE};
use custody::{transfer, CBox, Contract, Error, Lang, Side, Transfer};

fn library() -> Side {
    Side::register("object-library", Lang::C).unwrap()
}

fn client() -> Side {
    Side::register("object-client", Lang::Rust).unwrap()
}

/// Objects of a library, and how many of them have ended.
struct Raw {
    value: u32,
    ends: Arc<AtomicUsize>,
}

fn raw(value: u32) -> (*mut Raw, Arc<AtomicUsize>) {
    let ends = Arc::new(AtomicUsize::new(0));
    (Box::into_raw(Box::new(Raw { value, ends: Arc::clone(&ends) })), ends)
}

macro_rules! object {
    ($name:ident, $threads:ty, $is_counted:literal) => {
        enum $name {}

        // SAFETY: `destroy` ends what `raw` made; the values are only read.
        unsafe impl Object for $name {
            type Raw = Raw;
            type Threads = $threads;
            const NAME: &'static str = stringify!($name);
            const DESTROY: &'static str = "raw_close";
            const IS_COUNTED: bool = $is_counted;

            fn library() -> Side {
                library()
            }

            unsafe fn destroy(object: NonNull<Raw>) {
                // SAFETY: the caller ends an object, once.
                let object = unsafe { Box::from_raw(object.as_ptr()) };
                object.ends.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
}

object!(Plain, Movable, false);
object!(Bound, OneThread, false);
object!(Counted, AnyThread, true);

fn value_of<T: Object<Raw = Raw>>(object: HandleRef<'_, T>) -> u32 {
    // SAFETY: it is borrowed, so it lives.
    unsafe { (*object.as_ptr()).value }
}

#[test]
fn a_handle_ends_its_object_when_dropped() {
    let (raw, ends) = raw(5);
    // SAFETY: it is new.
    let handle = unsafe { Handle::<Plain>::adopt(raw) }.unwrap();
    assert_eq!(value_of(handle.borrow()), 5);
    assert_eq!(ends.load(Ordering::Relaxed), 0);
    drop(handle);
    assert_eq!(ends.load(Ordering::Relaxed), 1);
}

#[test]
fn null_is_no_object() {
    // SAFETY: null is refused.
    let refused = unsafe { Handle::<Plain>::adopt(std::ptr::null_mut()) };
    assert_eq!(refused.map(drop), Err(Error::InvalidArgument));
}

#[test]
fn a_handle_goes_through_c_and_comes_back() {
    let (raw, ends) = raw(6);
    // SAFETY: it is new.
    let given = unsafe { Handle::<Bound>::adopt(raw) }.unwrap().into_raw();
    assert_eq!(ends.load(Ordering::Relaxed), 0);
    // SAFETY: it lives until the handle below is dropped.
    assert_eq!(value_of(unsafe { HandleRef::<Bound>::from_raw(given) }.unwrap()), 6);
    // SAFETY: given away above.
    drop(unsafe { Handle::<Bound>::from_raw(given) }.unwrap());
    assert_eq!(ends.load(Ordering::Relaxed), 1);
}

#[test]
fn a_movable_handle_may_be_ended_by_another_thread() {
    let (raw, ends) = raw(7);
    // SAFETY: it is new.
    let handle = unsafe { Handle::<Plain>::adopt(raw) }.unwrap();
    thread::spawn(move || drop(handle)).join().unwrap();
    assert_eq!(ends.load(Ordering::Relaxed), 1);
}

#[test]
fn a_counted_object_ends_with_its_last_reference() {
    let (raw, ends) = raw(8);
    // SAFETY: it is new.
    let first = unsafe { Handle::<Counted>::adopt(raw) }.unwrap();
    let second = first.try_clone().unwrap();
    let third = second.try_clone().unwrap();
    drop(first);
    thread::scope(|scope| {
        scope.spawn(|| assert_eq!(value_of(second.borrow()), 8));
        scope.spawn(|| assert_eq!(value_of(third.borrow()), 8));
    });
    drop(third);
    assert_eq!(ends.load(Ordering::Relaxed), 0);
    drop(second);
    assert_eq!(ends.load(Ordering::Relaxed), 1);
}

/// Writes as much of `text` as there is room for, as a library would.
fn write_at(memory: *mut c_void, capacity: usize, text: &[u8]) -> usize {
    // SAFETY: the tests pass memory of this capacity.
    unsafe { memory.cast::<u8>().copy_from(text.as_ptr(), text.len().min(capacity)) };
    text.len()
}

#[test]
fn a_lease_gives_what_the_library_reports() {
    let every = [Terms::new(), Terms::new().guarded(), Terms::new().copied(), Terms::new().copied().guarded()];
    for terms in every {
        let mut buffer = [0; 64];
        let mut lease = Lease::output(library(), &mut buffer, terms).unwrap();
        assert!(lease.capacity() == 64 || lease.capacity() == 64 - GUARD_SIZE);
        write_at(lease.as_mut_ptr(), 64, b"written");
        assert_eq!(lease.end(7).unwrap(), b"written", "{terms:?}");
    }
    assert_eq!(check_retained(), 0);
}

#[test]
fn a_lease_of_text_ends_at_its_terminator() {
    let mut buffer = [b'x'; 16];
    let mut lease = Lease::output(library(), &mut buffer, Terms::new().nul()).unwrap();
    write_at(lease.as_mut_ptr(), 16, b"text\0");
    assert_eq!(lease.end_text().unwrap(), c"text");
}

#[test]
fn both_directions_go_through_a_copy() {
    let mut buffer = *b"abc";
    let mut lease = Lease::in_out(library(), &mut buffer, Terms::new().copied()).unwrap();
    // SAFETY: the library reads and writes three bytes.
    unsafe { std::slice::from_raw_parts_mut(lease.as_mut_ptr().cast::<u8>(), 3) }.make_ascii_uppercase();
    assert_eq!(lease.end(3).unwrap(), b"ABC");
    assert_eq!(&buffer, b"ABC");
}

#[test]
fn memory_that_is_not_initialised_is_so_after_the_lease() {
    let mut buffer = [MaybeUninit::uninit(); 32];
    let mut lease = Lease::output_uninit(library(), &mut buffer, Terms::new()).unwrap();
    write_at(lease.as_mut_ptr(), 32, b"made");
    // SAFETY: four bytes were written.
    assert_eq!(unsafe { lease.end_init(4) }.unwrap(), b"made");
}

#[test]
fn a_buffer_that_is_read_stays_as_it_is() {
    let lease = Lease::input(library(), b"read", Terms::new()).unwrap();
    // SAFETY: the library reads four bytes.
    assert_eq!(unsafe { std::slice::from_raw_parts(lease.as_ptr().cast::<u8>(), 4) }, b"read");
    lease.end().unwrap();
    assert_eq!(Lease::input(library(), b"x", Terms::new().guarded()).map(drop), Err(Error::InvalidArgument));
}

#[test]
fn buffers_of_no_bytes_are_leased() {
    let lease = Lease::output(library(), &mut [], Terms::new()).unwrap();
    assert_eq!(lease.capacity(), 0);
    assert_eq!(lease.end(0).unwrap(), b"");
    assert_eq!(Lease::output(library(), &mut [0; 4], Terms::new().guarded()).map(drop), Err(Error::InvalidArgument));
}

#[test]
fn the_need_that_a_library_reports_is_no_fault() {
    let mut buffer = [0; 4];
    let lease = Lease::output(library(), &mut buffer, Terms::new().nul().reports_need()).unwrap();
    assert_eq!(lease.end(9), Err(Error::TooSmall { needed: 9 }));
}

#[test]
fn a_size_is_asked_for_before_it_is_filled() {
    for terms in [Terms::new(), Terms::new().nul(), Terms::new().nul().copied(), Terms::new().guarded()] {
        let mut calls = Vec::new();
        let text = ask_then_fill(library(), terms, |memory, capacity| {
            calls.push(capacity);
            if !memory.is_null() {
                write_at(memory, capacity, b"a text\0");
            }
            6
        });
        assert_eq!(text.unwrap(), b"a text");
        assert_eq!((calls.len(), calls[0]), (2, 0));
    }
}

#[test]
fn what_grows_between_the_calls_is_asked_for_again() {
    let mut need = 3;
    let text = ask_then_fill(library(), Terms::new(), |memory, capacity| {
        if !memory.is_null() && need < 20 {
            need += 10;
        }
        if need <= capacity {
            write_at(memory, capacity, &b"x".repeat(need));
        }
        need
    });
    assert_eq!(text.unwrap(), b"x".repeat(23));
    let mut need = 0;
    let never = ask_then_fill(library(), Terms::new(), |_, capacity| {
        need = capacity + 1;
        need
    });
    assert!(matches!(never, Err(Error::TooSmall { .. })), "{never:?}");
}

#[test]
fn loans_come_back_and_may_be_lent_on() {
    let third = Side::register("object-third", Lang::C).unwrap();
    let mut table = vec![1, 2, 3];
    let loan = client().lend(&table, library()).unwrap();
    let second = client().lend(&table, third).unwrap();
    let on = loan.lend(third).unwrap();
    assert_eq!((on[0], loan.holder(), on.holder()), (1, library(), third));
    on.give_back().unwrap();
    second.give_back().unwrap();
    drop(loan);
    let mut loan = client().lend_mut(table.as_mut_slice(), library()).unwrap();
    loan[0] = 9;
    let mut on = loan.lend_mut(third).unwrap();
    on[1] = 8;
    assert_eq!(on.lend(library()).unwrap().len(), 3);
    on.give_back().unwrap();
    loan.give_back().unwrap();
    assert_eq!(table, [9, 8, 3]);
}

#[test]
fn values_are_handed_over_and_taken_back() {
    /// There and back.
    fn round_trip<V: Transfer>(value: V) -> V {
        let raw = value.into_raw_for(client(), library()).unwrap();
        // SAFETY: given away above.
        unsafe { V::from_raw_of(raw, library(), client()) }.unwrap()
    }

    assert_eq!(*round_trip(Box::new(5u64)), 5);
    assert_eq!(*round_trip(Box::<[u8]>::from(*b"slice")), *b"slice");
    assert_eq!(round_trip(vec![1, 2, 3]), [1, 2, 3]);
    assert!(round_trip(Vec::<u8>::new()).is_empty());
    assert_eq!(round_trip(CString::new("text").unwrap()), CString::new("text").unwrap());
    assert_eq!(*round_trip(CBox::new(client(), 7u16).unwrap()), 7);
    round_trip(Box::new(()));
}

#[test]
fn a_block_of_c_is_handed_over_to_rust() {
    extern "C" {
        fn strdup(text: *const c_char) -> *mut c_char;
        fn free(block: *mut c_void);
    }
    // SAFETY: a C string.
    let made = unsafe { strdup(c"made by C".as_ptr()) };
    transfer::hand_over(made, library(), client(), Contract::Malloc).unwrap();
    transfer::releasing(client(), made).unwrap();
    // SAFETY: made by strdup, and released once.
    unsafe { free(made.cast()) };
}

/// The function that C gets for a callback.
unsafe extern "C" fn on_number<F: Fn(usize) -> usize + Send + Sync + 'static>(user: *mut c_void, n: usize) -> usize {
    // SAFETY: the tests pass the user data of this very type.
    unsafe { Callback::<F>::enter(user, usize::MAX, |function| function(n)) }
}

fn trampoline<F: Fn(usize) -> usize + Send + Sync + 'static>(
    _: &Callback<F>,
) -> unsafe extern "C" fn(*mut c_void, usize) -> usize {
    on_number::<F>
}

#[test]
fn a_callback_is_called_and_dropped_once() {
    let kept = Arc::new(());
    let callback = Callback::register(library(), "add", {
        let kept = Arc::clone(&kept);
        move |n| n + Arc::strong_count(&kept)
    })
    .unwrap();
    let function = trampoline(&callback);
    let user = callback.user_data() as usize;
    // SAFETY: the user data of this callback.
    assert_eq!(thread::spawn(move || unsafe { function(user as *mut c_void, 40) }).join().unwrap(), 42);
    callback.withdraw().unwrap();
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
fn a_callback_that_was_given_is_dropped_by_the_library() {
    let kept = Arc::new(());
    let callback = Callback::register(library(), "given", {
        let kept = Arc::clone(&kept);
        move |n| n + Arc::strong_count(&kept)
    })
    .unwrap();
    let function = trampoline(&callback);
    let (user, drop_user) = callback.give();
    // SAFETY: the user data of this callback, and its drop function.
    unsafe {
        assert_eq!(function(user, 1), 3);
        drop_user(user);
    }
    assert_eq!(Arc::strong_count(&kept), 1);
}

#[test]
fn closing_a_library_drops_its_callbacks() {
    let library = Side::register("closing-library", Lang::C).unwrap();
    let kept = Arc::new(());
    for _ in 0..3 {
        let kept = Arc::clone(&kept);
        let callback = Callback::register(library, "closing", move |n: usize| n + Arc::strong_count(&kept)).unwrap();
        let _ = trampoline(&callback);
        callback.give();
    }
    assert_eq!(library.close(), 3);
    assert_eq!(Arc::strong_count(&kept), 1);
    let late = Callback::register(library, "late", |n: usize| n);
    assert_eq!(late.map(|_| ()), Err(Error::InvalidArgument));
}

#[test]
fn a_panic_of_a_callback_goes_on_behind_c() {
    let callback =
        Callback::register(library(), "panics", |n: usize| if n > 1 { panic!("at {n}") } else { n }).unwrap();
    let function = trampoline(&callback);
    // SAFETY: the user data of this callback.
    let run = |n| call(|| unsafe { function(callback.user_data(), n) });
    assert_eq!(run(1), 1);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(2))).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "at 2");
    assert!(callback.take_panic().is_none());
}

#[test]
fn a_panic_in_a_thread_of_c_is_kept() {
    let callback = Callback::register(library(), "panics in C", |_: usize| -> usize { panic!("kept") }).unwrap();
    let function = trampoline(&callback);
    // SAFETY: the user data of this callback.
    assert_eq!(unsafe { function(callback.user_data(), 0) }, usize::MAX);
    assert_eq!(*callback.take_panic().unwrap().downcast_ref::<&str>().unwrap(), "kept");
    assert!(callback.take_panic().is_none());
}
