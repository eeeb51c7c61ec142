//! Group F: memory that nobody releases.

/// The C destructor is never called (libcmark-sys, tree-sitter-svelte, bchlib 0.2.1).
pub mod destructor_never_called {
    use std::mem::forget;

    use ledger::Account;

    use crate::Outcome;

    /// Bytes of the owner's name, which is lost with the account; its NUL counted.
    pub const SIZE: usize = 1147;

    pub fn bad() -> Outcome {
        let account = Account::open(crate::text(SIZE - 1).to_str()?, 0)?;
        println!("an account of {} entry will never be destroyed", account.entry_count());
        forget(account);
        Ok(())
    }

    pub fn good() -> Outcome {
        let account = Account::open(crate::text(SIZE - 1).to_str()?, 0)?;
        println!("an account of {} entry will be destroyed", account.entry_count());
        Ok(())
    }
}

/// `into_raw` without `from_raw` (zmq 0.10.0, libhydrogen 0.4.1). Right: lend the pointer and keep the CString.
pub mod into_raw_forgotten {
    use std::ffi::CStr;

    use crate::Outcome;

    /// Bytes of the string, its NUL counted.
    pub const SIZE: usize = 1163;

    pub fn bad() -> Outcome {
        let topic = crate::text(SIZE - 1).into_raw();
        // SAFETY: the string is live: it will be forever.
        let length = unsafe { CStr::from_ptr(topic) }.count_bytes();
        println!("nobody will take back a CString of {length} letters");
        Ok(())
    }

    pub fn good() -> Outcome {
        let topic = crate::text(SIZE - 1);
        // SAFETY: the pointer is lent while `topic` lives.
        let length = unsafe { CStr::from_ptr(topic.as_ptr()) }.count_bytes();
        println!("Rust will drop its CString of {length} letters");
        Ok(())
    }
}
