//! Group A: memory that Rust allocated, released by C or C++.

/// A C API returns `CString::into_raw`, and its C callers `free` it (jyt 0.1.1). Right: an exported function takes it back.
pub mod cstring_to_free {
    use crate::{api, Outcome};

    /// Bytes of the string, its NUL counted.
    pub const SIZE: usize = 1031;

    pub fn bad() -> Outcome {
        // SAFETY: none: C gives to free() what Rust allocated.
        let length = unsafe { api::caller_greeting_to_free(SIZE - 1) };
        println!("a C caller released a CString of {length} letters with free()");
        Ok(())
    }

    pub fn good() -> Outcome {
        // SAFETY: the caller gives the string back to Rust.
        let length = unsafe { api::caller_greeting_back(SIZE - 1) };
        println!("a C caller gave a CString of {length} letters back to Rust");
        Ok(())
    }
}

/// The same in a C++ wrapper, whose smart pointer has the wrong deleter (brave/adblock-rust-ffi PR 13).
pub mod cstring_to_wrapper {
    use crate::{api, Outcome};

    /// Bytes of the string, its NUL counted.
    pub const SIZE: usize = 1033;

    pub fn bad() -> Outcome {
        // SAFETY: none: the smart pointer gives to std::free what Rust allocated.
        let length = unsafe { api::wrapper_greeting_to_free(SIZE - 1) };
        println!("a std::unique_ptr released a CString of {length} letters with std::free");
        Ok(())
    }

    pub fn good() -> Outcome {
        // SAFETY: the smart pointer gives the string back to Rust.
        let length = unsafe { api::wrapper_greeting_back(SIZE - 1) };
        println!("a std::unique_ptr gave a CString of {length} letters back to Rust");
        Ok(())
    }
}

/// A Box handed to a release function that is `free`. Right: `Box::from_raw`.
pub mod box_to_free {
    use std::hint::black_box;

    use crate::Outcome;

    /// Bytes of the box.
    pub const SIZE: usize = 1037;

    pub fn bad() -> Outcome {
        let receipt = Box::into_raw(black_box(Box::new([1u8; SIZE])));
        // SAFETY: none: the library releases with free() what Rust allocated.
        unsafe { ledger_sys::ledger_bytes_free(receipt.cast()) };
        println!("the library released a Box of {SIZE} bytes with free()");
        Ok(())
    }

    pub fn good() -> Outcome {
        let receipt = Box::into_raw(black_box(Box::new([1u8; SIZE])));
        // SAFETY: the pointer came from `Box::into_raw` of the same type.
        drop(unsafe { Box::from_raw(receipt) });
        println!("Rust released its Box of {SIZE} bytes");
        Ok(())
    }
}

/// A merge result is `Box<[u8]>::into_raw`, the delete callback NULL, so C++ frees it (rust-rocksdb issue 500).
pub mod boxed_slice_to_free {
    use std::hint::black_box;

    use ledger::Account;

    use crate::Outcome;

    /// Bytes of the slice.
    pub const SIZE: usize = 1041;

    pub fn bad() -> Outcome {
        let account = Account::open("Ada", 0)?;
        let bytes = Box::into_raw(black_box(vec![1u8; SIZE].into_boxed_slice()));
        // SAFETY: none: without a callback the library releases with free() what Rust allocated.
        unsafe { ledger_sys::ledger_account_attach(account.as_ptr(), bytes.cast(), SIZE, None) };
        println!("the library will free() a boxed slice that adds up to {}", account.attachment_sum());
        Ok(())
    }

    pub fn good() -> Outcome {
        let mut account = Account::open("Ada", 0)?;
        account.attach(black_box(vec![1u8; SIZE].into_boxed_slice()));
        println!("the library will give back a boxed slice that adds up to {}", account.attachment_sum());
        Ok(())
    }
}

/// A C++ object in Rust's storage is given to its deleting destructor (rust-bindgen issue 1133).
pub mod rust_to_operator_delete {
    use std::alloc::{alloc, dealloc, handle_alloc_error, Layout};
    use std::hint::black_box;

    use crate::{api, Outcome};

    /// Bytes of the object.
    pub const SIZE: usize = 1048;

    /// Room for an instrument, from Rust's allocator.
    fn storage() -> (*mut u8, Layout) {
        // SAFETY: these only return numbers.
        let (size, align) = unsafe { (api::instrument_size(), api::instrument_align()) };
        assert_eq!(size, SIZE, "the class has the size that the table expects");
        let layout = Layout::from_size_align(size, align).expect("C++ aligns to powers of two");
        // SAFETY: the size is not zero.
        let storage = unsafe { alloc(layout) };
        if storage.is_null() {
            handle_alloc_error(layout);
        }
        (black_box(storage), layout)
    }

    pub fn bad() -> Outcome {
        let (storage, _) = storage();
        // SAFETY: none: the deleting destructor gives Rust's storage to operator delete.
        unsafe {
            api::instrument_construct(storage.cast());
            api::instrument_delete(storage.cast());
        }
        println!("C++ deleted an object of {SIZE} bytes in Rust's memory");
        Ok(())
    }

    pub fn good() -> Outcome {
        let (storage, layout) = storage();
        // SAFETY: C++ ends the object, and the storage goes back to the allocator and with the layout that made it.
        unsafe {
            api::instrument_construct(storage.cast());
            api::instrument_destruct(storage.cast());
            dealloc(storage, layout);
        }
        println!("C++ ended an object of {SIZE} bytes, Rust released its memory");
        Ok(())
    }
}

/// A Rust function replaces one that returned `strdup`, while its callers go on to `free` (systemd PR 19598).
pub mod strdup_contract {
    use std::ffi::{c_char, c_void};
    use std::ptr;

    use ledger::Account;

    use crate::Outcome;

    /// Bytes of the name, its NUL counted.
    pub const SIZE: usize = 1051;

    /// A namer that returns what Rust allocated.
    unsafe extern "C" fn name(_: *mut c_void) -> *mut c_char {
        crate::text(SIZE - 1).into_raw()
    }

    pub fn bad() -> Outcome {
        let account = Account::open("Ada", 0)?;
        // SAFETY: none: the library will release the name with free().
        unsafe { ledger_sys::ledger_account_rename(account.as_ptr(), Some(name), ptr::null_mut()) };
        println!("the library will free() a CString of {} letters", account.owner().count_bytes());
        Ok(())
    }

    pub fn good() -> Outcome {
        let mut account = Account::open("Ada", 0)?;
        account.rename(crate::text(SIZE - 1).to_str()?)?;
        println!("the library will free() its own copy of {} letters", account.owner().count_bytes());
        Ok(())
    }
}
