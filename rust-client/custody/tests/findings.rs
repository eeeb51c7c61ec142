//! What is done wrong is found, with a correct twin in `objects.rs` for each. Every part runs in a process of its own, linked
//! with Custody alone and under `custody run`; its return values are the same in both.

mod common;

use std::ffi::c_void;
use std::mem;
use std::ptr::{self, NonNull};
use std::thread;

use common::{audited, Outcome};
use custody::audit::{Kind, Severity};
use custody::callback::Callback;
use custody::handle::{Handle, HandleRef, Object, OneThread};
use custody::lease::{Lease, Terms};
use custody::{transfer, CBox, Contract, Error, Lang, Side, Transfer, IS_DISABLED};

fn library() -> Side {
    Side::register("finding-library", Lang::C).unwrap()
}

fn client() -> Side {
    Side::register("finding-client", Lang::Rust).unwrap()
}

/// Says that there is one finding of each of these kinds, all of them errors, and no other.
fn exactly(kinds: &'static [Kind]) -> impl Fn(&Outcome) {
    move |outcome| compare(outcome, kinds, Severity::Error)
}

/// The same, of memory of Rust's allocator: linked alone Custody does not see its release, and concludes.
fn exactly_of_rust(kinds: &'static [Kind]) -> impl Fn(&Outcome) {
    move |outcome| {
        let severity = if outcome.how == "linked alone" { Severity::Warning } else { Severity::Error };
        compare(outcome, kinds, severity);
    }
}

fn compare(outcome: &Outcome, kinds: &[Kind], severity: Severity) {
    let mut found: Vec<_> = outcome.findings.iter().map(|finding| finding.kind.clone()).collect();
    let mut wanted = kinds.to_vec();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted, "{}: {:#?}", outcome.how, outcome.findings);
    for finding in &outcome.findings {
        assert_eq!(finding.severity, severity, "{}: {finding:#?}", outcome.how);
    }
}

/// What a call that is found answers; compiled out nothing is judged.
#[track_caller]
fn refused<T>(result: Result<T, Error>) {
    let wanted = if IS_DISABLED { Ok(()) } else { Err(Error::Misuse) };
    assert_eq!(result.map(|_| ()), wanted);
}

macro_rules! object {
    ($name:ident) => {
        enum $name {}

        // SAFETY: `destroy` drops the box that the tests make.
        unsafe impl Object for $name {
            type Raw = u64;
            type Threads = OneThread;
            const NAME: &'static str = stringify!($name);
            const DESTROY: &'static str = "close";

            fn library() -> Side {
                library()
            }

            unsafe fn destroy(object: NonNull<u64>) {
                // SAFETY: the caller ends an object, once.
                drop(unsafe { Box::from_raw(object.as_ptr()) });
            }
        }
    };
}

object!(Account);
object!(Statement);

fn account() -> Handle<Account> {
    // SAFETY: it is new.
    unsafe { Handle::adopt(Box::into_raw(Box::new(5))) }.unwrap()
}

#[test]
fn a_handle_of_another_type() {
    let part = || {
        let account = account();
        // SAFETY: it lives.
        refused(unsafe { HandleRef::<Statement>::from_raw(account.as_ptr()) });
    };
    audited("a_handle_of_another_type", part, exactly(&[Kind::WrongType]));
}

#[test]
fn a_handle_after_its_end() {
    let part = || {
        let account = account();
        let raw = account.as_ptr();
        drop(account);
        if !IS_DISABLED {
            // SAFETY: it is refused.
            refused(unsafe { Handle::<Account>::from_raw(raw) });
        }
    };
    audited("a_handle_after_its_end", part, exactly(&[Kind::StaleHandle]));
}

#[test]
fn a_handle_in_a_foreign_thread() {
    let part = || {
        let account = account();
        let raw = account.as_ptr() as usize;
        // SAFETY: it lives.
        let in_thread = move || refused(unsafe { HandleRef::<Account>::from_raw(raw as *mut u64) });
        thread::spawn(in_thread).join().unwrap();
    };
    audited("a_handle_in_a_foreign_thread", part, exactly(&[Kind::WrongThread]));
}

#[test]
fn a_handle_that_is_never_ended() {
    audited("a_handle_that_is_never_ended", || assert!(!account().into_raw().is_null()), exactly(&[Kind::HandleLeak]));
}

#[test]
fn a_library_that_writes_past_the_capacity() {
    let part = || {
        let mut buffer = [0u8; 48];
        let mut lease = Lease::output(library(), &mut buffer, Terms::new().guarded()).unwrap();
        // SAFETY: the guard is the buffer's, too.
        unsafe { lease.as_mut_ptr().cast::<u8>().add(lease.capacity()).write(1) };
        refused(lease.end(8));
    };
    audited("a_library_that_writes_past_the_capacity", part, exactly(&[Kind::BufferOverrun]));
}

#[test]
fn a_library_that_claims_more_than_there_is() {
    let part = || {
        let mut buffer = [0u8; 8];
        let lease = Lease::output(library(), &mut buffer, Terms::new().nul()).unwrap();
        assert_eq!(lease.end(8), Err(Error::Overclaim { reported: 8, capacity: 8 }));
    };
    audited("a_library_that_claims_more_than_there_is", part, exactly(&[Kind::BufferOverclaim]));
}

#[test]
fn a_library_that_keeps_a_buffer() {
    let part = || {
        let mut buffer = [0u8; 8];
        let mut lease = Lease::output(library(), &mut buffer, Terms::new().copied()).unwrap();
        let kept = lease.as_mut_ptr().cast::<u8>();
        lease.end(0).unwrap();
        if !IS_DISABLED {
            // SAFETY: the copy is kept for a while, to see just this.
            unsafe { kept.write(1) };
            assert_eq!(custody::lease::check_retained(), 1);
        }
    };
    audited("a_library_that_keeps_a_buffer", part, exactly(&[Kind::BufferRetained]));
}

#[test]
fn a_library_that_writes_what_it_should_read() {
    let part = || {
        let buffer = vec![7u8; 32];
        let lease = Lease::input(library(), &buffer, Terms::new().copied()).unwrap();
        let memory = lease.as_ptr().cast_mut().cast::<u8>();
        if !IS_DISABLED {
            // SAFETY: it is the copy.
            unsafe { memory.write(1) };
        }
        refused(lease.end());
        assert_eq!(buffer[0], 7);
    };
    audited("a_library_that_writes_what_it_should_read", part, exactly(&[Kind::BufferOverrun]));
}

#[test]
fn a_block_that_is_released_while_lent() {
    let part = || {
        let table = CBox::new(client(), [1u8; 77]).unwrap();
        mem::forget(client().lend(&*table, library()).unwrap());
        drop(table);
    };
    audited("a_block_that_is_released_while_lent", part, |outcome| {
        let kinds: Vec<_> = outcome.findings.iter().map(|finding| finding.kind.clone()).collect();
        assert!(kinds.contains(&Kind::ReleasedWhileLent), "{}: {kinds:?}", outcome.how);
        assert!(kinds.iter().all(|kind| matches!(kind, Kind::ReleasedWhileLent | Kind::LendOutlived)), "{kinds:?}");
    });
}

#[test]
fn loans_that_exclude_each_other() {
    let part = || {
        let mut table = CBox::new(client(), [1u8; 78]).unwrap();
        let loan = client().lend_mut(&mut *table, library()).unwrap();
        // The compiler knows of no second one, but the library may say so.
        // SAFETY: the address is looked up only.
        refused(client().lend(unsafe { &*ptr::from_ref(&*loan) }, library()));
    };
    audited("loans_that_exclude_each_other", part, exactly(&[Kind::LendConflict]));
}

#[test]
fn a_value_that_is_given_twice() {
    let part = || {
        let raw = Box::new([0u64; 9]).into_raw_for(client(), library()).unwrap();
        refused(transfer::hand_over(raw, client(), library(), Contract::Rust));
        // SAFETY: given away above.
        drop(unsafe { Box::from_raw_of(raw, library(), client()) }.unwrap());
    };
    audited("a_value_that_is_given_twice", part, exactly_of_rust(&[Kind::NotOwner]));
}

#[test]
fn a_value_that_is_taken_back_from_somebody_else() {
    let part = || {
        let stranger = Side::register("finding-stranger", Lang::C).unwrap();
        let raw = vec![5u32; 40].into_raw_for(client(), library()).unwrap();
        if !IS_DISABLED {
            // SAFETY: it is refused.
            refused(unsafe { Vec::from_raw_of(raw, stranger, client()) });
        }
        // SAFETY: given away above.
        drop(unsafe { Vec::from_raw_of(raw, library(), client()) }.unwrap());
    };
    audited("a_value_that_is_taken_back_from_somebody_else", part, exactly_of_rust(&[Kind::NotOwner]));
}

#[test]
fn a_value_that_is_never_taken_back() {
    let part = || {
        let raw = CBox::new(client(), [3u8; 79]).unwrap().into_raw_for(client(), library()).unwrap();
        assert!(!raw.is_null());
    };
    audited("a_value_that_is_never_taken_back", part, exactly(&[Kind::TransferLeak]));
}

unsafe extern "C" fn on_event<F: Fn() -> u8 + Send + Sync + 'static>(user: *mut c_void) -> u8 {
    // SAFETY: the tests pass the user data of this very type.
    unsafe { Callback::<F>::enter(user, 99, |function| function()) }
}

fn trampoline<F: Fn() -> u8 + Send + Sync + 'static>(_: &Callback<F>) -> unsafe extern "C" fn(*mut c_void) -> u8 {
    on_event::<F>
}

#[test]
fn a_callback_that_is_called_too_late() {
    let part = || {
        let callback = Callback::register(library(), "late", || 1).unwrap();
        let (function, user) = (trampoline(&callback), callback.user_data());
        drop(callback);
        // SAFETY: the user data of this callback, which finds nothing.
        assert_eq!(unsafe { function(user) }, 99);
    };
    audited("a_callback_that_is_called_too_late", part, exactly(&[Kind::StaleHandle]));
}

#[test]
fn a_callback_that_nobody_drops() {
    let part = || assert!(!Callback::register(library(), "never", || 1).unwrap().give().0.is_null());
    audited("a_callback_that_nobody_drops", part, exactly(&[Kind::HandleLeak]));
}

#[test]
fn a_box_that_c_releases() {
    extern "C" {
        fn free(block: *mut c_void);
    }
    let part = || {
        // Only a preload sees what free() is given; without one this would be a bug of its own.
        if std::env::var("LD_PRELOAD").is_ok_and(|preload| preload.contains("custody")) {
            let raw = Box::new([0u8; 81]).into_raw_for(client(), library()).unwrap();
            // SAFETY: none: that is the bug, which the preload takes the edge off.
            unsafe { free(raw.cast()) };
        }
    };
    audited("a_box_that_c_releases", part, |outcome| {
        let kinds: Vec<_> = outcome.findings.iter().map(|finding| finding.kind.clone()).collect();
        if outcome.how == "under custody run" {
            let crossed = [Kind::CrossAllocatorFree, Kind::MismatchedRelease, Kind::NotOwner];
            assert!(kinds.len() == 1 && crossed.contains(&kinds[0]), "{kinds:?}");
        } else {
            assert_eq!(kinds, []);
        }
    });
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let part = || {
        drop(account());
        let table = CBox::new(client(), [1u8; 80]).unwrap();
        client().lend(&*table, library()).unwrap().give_back().unwrap();
        let raw = Box::new([2u64; 10]).into_raw_for(client(), library()).unwrap();
        // SAFETY: given away above.
        drop(unsafe { Box::from_raw_of(raw, library(), client()) }.unwrap());
        let raw = table.into_raw_for(client(), library()).unwrap();
        // SAFETY: given away above.
        drop(unsafe { CBox::from_raw_of(raw, library(), client()) }.unwrap());
        let mut buffer = vec![0; 40];
        Lease::output(library(), &mut buffer, Terms::new().copied()).unwrap().end(0).unwrap();
        Callback::register(library(), "fine", || 1).unwrap().withdraw().unwrap();
    };
    audited("nothing_is_found_where_nothing_is_wrong", part, exactly(&[]));
}
