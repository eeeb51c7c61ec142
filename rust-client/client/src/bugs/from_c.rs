//! Group B: memory that C allocated, released by Rust.

use ledger::Account;

/// An account with `count` entries, each but the first of 1 cent and with a memo as long as can be.
fn account_of(count: usize) -> ledger::Result<Account> {
    let mut account = Account::open("Ada", 0)?;
    for _ in 1..count {
        account.post(1, &"m".repeat(ledger_sys::LEDGER_MEMO_MAX as usize))?;
    }
    Ok(account)
}

/// A buffer grown with `realloc` becomes `Vec::from_raw_parts(p, len, len)` (quickjs_regex 0.2.3). Right: read it in place.
pub mod realloc_to_vec {
    use super::account_of;
    use crate::Outcome;

    const ENTRIES: usize = 41;
    /// Bytes of the journal: "0 opening\n", and "1 ", a memo and "\n" for each further entry.
    pub const SIZE: usize = 10 + (ENTRIES - 1) * (ledger_sys::LEDGER_MEMO_MAX as usize + 3);

    pub fn bad() -> Outcome {
        let account = account_of(ENTRIES)?;
        let mut length = 0;
        // SAFETY: the account is live.
        let bytes = unsafe { ledger_sys::ledger_account_journal(account.as_ptr(), &mut length) };
        // SAFETY: none: the buffer is not from Rust's allocator.
        let journal = unsafe { Vec::from_raw_parts(bytes.cast::<u8>(), length, length) };
        println!("Rust will drop a Vec of {} bytes that C made", journal.len());
        Ok(())
    }

    pub fn good() -> Outcome {
        let journal = account_of(ENTRIES)?.journal()?;
        println!("the library will release its {} bytes", journal.len());
        Ok(())
    }
}

/// A `malloc`ed array dropped as a Vec: silent on Linux, heap corruption on Windows (gphoto2-rs issue 4).
pub mod malloc_to_vec {
    use super::account_of;
    use crate::Outcome;

    const ENTRIES: usize = 149;
    /// Bytes of the array.
    pub const SIZE: usize = ENTRIES * size_of::<i64>();

    pub fn bad() -> Outcome {
        let account = account_of(ENTRIES)?;
        let mut count = 0;
        // SAFETY: the account is live.
        let values = unsafe { ledger_sys::ledger_account_balances(account.as_ptr(), &mut count) };
        // SAFETY: none: the array is not from Rust's allocator.
        let balances = unsafe { Vec::from_raw_parts(values, count, count) };
        println!("Rust will drop a Vec of {} balances that C made", balances.len());
        Ok(())
    }

    pub fn good() -> Outcome {
        let balances = account_of(ENTRIES)?.balances()?;
        println!("the library will release its {} balances", balances.len());
        Ok(())
    }
}

/// Five arrays become Vecs, and the library's own release function is never called (triangle-rs 0.1.2).
pub mod arrays_to_vec {
    use super::account_of;
    use crate::Outcome;

    /// Elements of each array.
    pub const COUNT: usize = 137;

    pub fn bad() -> Outcome {
        let account = account_of(COUNT)?;
        let mut raw = ledger_sys::ledger_columns::default();
        // SAFETY: the account is live and `raw` is ours to fill.
        unsafe { ledger_sys::ledger_account_columns(account.as_ptr(), &mut raw) };
        // SAFETY: none: the arrays are not from Rust's allocator.
        let columns = unsafe {
            (
                Vec::from_raw_parts(raw.cents, raw.count, raw.count),
                Vec::from_raw_parts(raw.numbers, raw.count, raw.count),
                Vec::from_raw_parts(raw.shares, raw.count, raw.count),
                Vec::from_raw_parts(raw.memo_lengths, raw.count, raw.count),
                Vec::from_raw_parts(raw.incoming, raw.count, raw.count),
            )
        };
        println!("Rust will drop five Vecs of {} elements that C made", columns.0.len());
        Ok(())
    }

    pub fn good() -> Outcome {
        let columns = account_of(COUNT)?.columns()?;
        println!("the library will release its five arrays of {} elements", columns.cents().len());
        Ok(())
    }
}

/// The result of `strdup` taken with `CString::from_raw` (wxDragon issue 201).
pub mod strdup_to_cstring {
    use std::ffi::{CStr, CString};

    use ledger::Account;

    use crate::Outcome;

    /// Bytes of the string, its NUL counted.
    pub const SIZE: usize = 1071;

    pub fn bad() -> Outcome {
        let account = Account::open(crate::text(SIZE - 1).to_str()?, 0)?;
        // SAFETY: the account is live.
        let copy = unsafe { ledger_sys::ledger_account_owner_copy(account.as_ptr()) };
        // SAFETY: none: the string is not from Rust's allocator.
        let owner = unsafe { CString::from_raw(copy) };
        println!("Rust will drop a CString of {} letters that strdup() made", owner.count_bytes());
        Ok(())
    }

    pub fn good() -> Outcome {
        let account = Account::open(crate::text(SIZE - 1).to_str()?, 0)?;
        // SAFETY: the account is live; the copy is read, and given back to the library that made it.
        let length = unsafe {
            let copy = ledger_sys::ledger_account_owner_copy(account.as_ptr());
            let length = CStr::from_ptr(copy).count_bytes();
            ledger_sys::ledger_string_free(copy);
            length
        };
        println!("the library released its copy of {length} letters");
        Ok(())
    }
}

/// A string that the library still owns is taken with `CString::from_raw` (libcue.rs issue 6, onnxruntime-rs issue 49).
pub mod library_string_to_cstring {
    use std::ffi::CString;

    use ledger::Account;

    use crate::Outcome;

    /// Bytes of the string, its NUL counted.
    pub const SIZE: usize = 1087;

    pub fn bad() -> Outcome {
        let account = Account::open(crate::text(SIZE - 1).to_str()?, 0)?;
        let owner = account.owner().as_ptr().cast_mut();
        // SAFETY: none: the string belongs to the account, which will release it again.
        drop(unsafe { CString::from_raw(owner) });
        drop(account);
        println!("Rust dropped the name of an account, and then the library released it");
        Ok(())
    }

    pub fn good() -> Outcome {
        let account = Account::open(crate::text(SIZE - 1).to_str()?, 0)?;
        let owner = account.owner().to_owned();
        drop(account);
        println!("Rust kept a copy of {} letters, the library released its own", owner.count_bytes());
        Ok(())
    }
}

/// A string literal taken with `CString::from_raw` (rust-lang/rust issue 120680). It is turned into a String at once,
/// because a CString overwrites its first byte when dropped, and literals cannot be written.
pub mod literal_to_cstring {
    use std::ffi::CString;

    use crate::Outcome;

    pub fn bad() -> Outcome {
        // SAFETY: none: the version is static data of the library.
        let version = unsafe { CString::from_raw(ledger_sys::ledger_version().cast_mut()) }.into_string()?;
        println!("Rust will drop the string literal {version}");
        Ok(())
    }

    pub fn good() -> Outcome {
        println!("Rust borrowed the string literal {}", ledger::version());
        Ok(())
    }
}
