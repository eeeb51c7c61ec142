//! The safe crate against the real library: both models, errors, callbacks, and a library that lies.

use std::ffi::{c_char, c_void};
use std::ops::ControlFlow;
use std::panic::{catch_unwind, AssertUnwindSafe};

use ledger::{Account, Error};
use ledger_sys::{ledger_account, ledger_status};

fn account() -> Account {
    let mut account = Account::open("Ada Lovelace", 10_000).expect("an account");
    account.post(-2_550, "tea").expect("a post");
    account
}

#[test]
fn an_account_keeps_its_balance_and_entries() {
    let account = account();
    assert_eq!(account.balance(), 7_450);
    assert_eq!(account.entry_count(), 2);
    assert_eq!(account.owner(), c"Ada Lovelace");
}

#[test]
fn errors_of_the_library_become_results() {
    let mut account = account();
    assert_eq!(account.post(-7_451, "boat"), Err(Error::Funds));
    assert_eq!(account.post(i64::MAX, "gift"), Err(Error::Argument("the balance would overflow".into())));
    assert!(matches!(account.post(1, &"x".repeat(32)), Err(Error::Argument(_))));
    assert!(matches!(account.post(1, "a\0b"), Err(Error::Nul(_))));
    assert!(matches!(Account::open("Ada", -1), Err(Error::Argument(_))));
    assert_eq!(account.balance(), 7_450);
}

#[test]
fn a_statement_fits_exactly_or_says_what_it_needs() {
    let account = account();
    let text = account.statement().expect("a statement");
    let mut exact = vec![0; text.len() + 1];
    assert_eq!(account.statement_into(&mut exact), Ok(text.as_str()));
    let mut short = vec![0; text.len()];
    assert_eq!(account.statement_into(&mut short), Err(Error::Capacity { needed: text.len() + 1 }));
    assert_eq!(account.statement_into(&mut []), Err(Error::Capacity { needed: text.len() + 1 }));
}

unsafe extern "C" fn liar(
    _: *const ledger_account,
    _: *mut c_char,
    capacity: usize,
    out_length: *mut usize,
    _: *mut c_void,
) -> ledger_status {
    // SAFETY: the library passes a place for the length.
    unsafe { *out_length = capacity + 7 };
    ledger_status::LEDGER_OK
}

#[test]
fn a_reported_length_above_the_capacity_is_an_error() {
    let account = account();
    // SAFETY: `liar` keeps to the signature and uses no user data.
    unsafe { ledger_sys::ledger_account_set_renderer(account.as_ptr(), Some(liar), std::ptr::null_mut()) };
    assert_eq!(account.statement_into(&mut [0; 8]), Err(Error::OverClaim { reported: 15, capacity: 8 }));
    assert_eq!(account.statement(), Err(Error::OverClaim { reported: 7, capacity: 0 }));
}

unsafe extern "C" fn mute(
    _: *const ledger_account,
    _: *mut c_char,
    _: usize,
    _: *mut usize,
    _: *mut c_void,
) -> ledger_status {
    ledger_status(77)
}

#[test]
fn an_unknown_status_is_an_error() {
    let account = account();
    // SAFETY: `mute` keeps to the signature and uses no user data.
    unsafe { ledger_sys::ledger_account_set_renderer(account.as_ptr(), Some(mute), std::ptr::null_mut()) };
    assert_eq!(account.statement(), Err(Error::Unknown(77)));
}

#[test]
fn visits_see_each_entry_and_stop_when_told() {
    let account = account();
    let mut seen = Vec::new();
    account.for_each(|entry| {
        seen.push((entry.cents, entry.memo.to_owned()));
        ControlFlow::Continue(())
    });
    assert_eq!(seen, [(10_000, c"opening".into()), (-2_550, c"tea".into())]);
    let mut visits = 0;
    account.for_each(|_| {
        visits += 1;
        ControlFlow::Break(())
    });
    assert_eq!(visits, 1);
}

#[test]
fn a_panic_in_a_visit_reaches_the_caller_and_not_the_library() {
    let account = account();
    let panic = catch_unwind(AssertUnwindSafe(|| account.for_each(|_| panic!("halt")))).expect_err("a panic");
    assert_eq!(panic.downcast_ref(), Some(&"halt"));
    assert_eq!(account.entry_count(), 2);
}

#[test]
fn exports_are_read_in_place() {
    let account = account();
    assert_eq!(&*account.journal().expect("a journal"), b"10000 opening\n-2550 tea\n");
    assert_eq!(&*account.balances().expect("balances"), [10_000, 7_450]);
    let columns = account.columns().expect("columns");
    assert_eq!(columns.cents(), [10_000, -2_550]);
    assert_eq!(columns.numbers(), [1, 2]);
    assert_eq!(columns.memo_lengths(), [7, 3]);
    assert_eq!(columns.incoming(), [1, 0]);
    assert!((columns.shares().iter().sum::<f64>() - 1.0).abs() < 1e-9);
}

#[test]
fn what_is_given_away_comes_back_or_goes_with_the_account() {
    let mut account = account();
    account.attach(vec![1; 100].into_boxed_slice());
    account.attach(vec![2; 21].into_boxed_slice());
    assert_eq!(account.attachment_sum(), 42);
    account.set_note("first").expect("a note");
    account.set_note("second").expect("a note");
    account.rename("Grace").expect("a name");
    assert_eq!(account.owner(), c"Grace");
    assert!(account.statement().expect("a statement").ends_with("Note: second\n"));
}

#[test]
fn the_version_is_the_headers() {
    assert_eq!(ledger::version(), "1.0.0");
}
