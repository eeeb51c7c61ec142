//! Both ownership models as they should be: nothing for Custody to find.

use std::ops::ControlFlow;

use ledger::Account;

use crate::Outcome;

/// Runs the library-owned model and then the caller-provided one.
pub fn run() -> Outcome {
    let mut account = library_owned()?;
    callbacks(&mut account)?;
    exports(&account)?;
    caller_provided(&account)
}

/// What the library creates, the library destroys: when `account` is dropped.
fn library_owned() -> Result<Account, ledger::Error> {
    let mut account = Account::open("Ada Lovelace", 100_000)?;
    account.post(-2_550, "tea")?;
    account.post(12_000, "lecture")?;
    account.set_note("thank you")?;
    println!("library-owned: an account with {} entries and {} cents", account.entry_count(), account.balance());
    Ok(account)
}

/// Closures called by C; memory that Rust gives away and gets back; a name that the library releases.
fn callbacks(account: &mut Account) -> Outcome {
    let mut spent = 0;
    account.for_each(|entry| {
        spent += entry.cents.min(0).abs();
        ControlFlow::Continue(())
    });
    account.attach(vec![3; 100].into_boxed_slice());
    account.rename("Augusta Ada King")?;
    println!("callbacks: {spent} cents spent, attachment adds up to {}", account.attachment_sum());
    Ok(())
}

/// Copies that the library made, given back to the release function of each.
fn exports(account: &Account) -> Outcome {
    let journal = account.journal()?;
    let balances = account.balances()?;
    let columns = account.columns()?;
    println!(
        "exports: a journal of {} bytes, last balance {}, {} columns of {}",
        journal.len(),
        balances.last().copied().unwrap_or(0),
        5,
        columns.cents().len()
    );
    Ok(())
}

/// Buffers of ours that the library fills: one on the stack, one on the heap.
fn caller_provided(account: &Account) -> Outcome {
    let mut page = [0; 512];
    let on_stack = account.statement_into(&mut page)?;
    let on_heap = account.statement()?;
    if on_stack != on_heap {
        return Err("the two statements differ".into());
    }
    println!("caller-provided: a statement of {} bytes, rendered twice\n{on_heap}", on_heap.len());
    Ok(())
}
