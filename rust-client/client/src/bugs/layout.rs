//! Group C: memory that Rust allocated and Rust releases, under another layout than it was made with.

/// A Vec with spare capacity crosses C and is taken back as `from_raw_parts(p, len, len)` (dashpay/platform issue 3289).
pub mod wrong_capacity {
    use std::ffi::c_void;
    use std::hint::black_box;
    use std::mem::ManuallyDrop;

    use ledger::Account;

    use crate::Outcome;

    /// Bytes that the Vec has room for.
    pub const SIZE: usize = 1103;
    const LENGTH: usize = 600;

    /// Takes the Vec back. Its capacity did not cross the boundary.
    unsafe extern "C" fn take_back(data: *mut c_void, length: usize) {
        // SAFETY: none: the capacity was not `length`.
        drop(unsafe { Vec::from_raw_parts(data.cast::<u8>(), length, length) });
    }

    /// A Vec that has more room than it needs.
    fn roomy() -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SIZE);
        bytes.resize(LENGTH, 1);
        black_box(bytes)
    }

    pub fn bad() -> Outcome {
        let account = Account::open("Ada", 0)?;
        let mut bytes = ManuallyDrop::new(roomy());
        let data = bytes.as_mut_ptr().cast();
        // SAFETY: the account is live and becomes the owner of the bytes; what `take_back` does is the bug.
        unsafe { ledger_sys::ledger_account_attach(account.as_ptr(), data, bytes.len(), Some(take_back)) };
        println!("a Vec with room for {SIZE} bytes will be taken back as one of {LENGTH}");
        Ok(())
    }

    pub fn good() -> Outcome {
        let mut account = Account::open("Ada", 0)?;
        account.attach(roomy().into_boxed_slice());
        println!("a Vec gave up its spare room and will be taken back as a slice of {LENGTH}");
        Ok(())
    }
}

/// A `Box<[T]>` released as a `Box<T>` (vllm semantic-router issue 2163).
pub mod boxed_slice_as_box {
    use std::hint::black_box;

    use crate::Outcome;

    const COUNT: usize = 139;
    /// Bytes of the slice.
    pub const SIZE: usize = COUNT * size_of::<u64>();

    fn scores() -> Box<[u64]> {
        black_box(vec![7; COUNT].into_boxed_slice())
    }

    pub fn bad() -> Outcome {
        let first: *mut u64 = Box::into_raw(scores()).cast();
        // SAFETY: none: there are more elements than the one.
        drop(unsafe { Box::from_raw(first) });
        println!("a slice of {COUNT} elements was released as one element");
        Ok(())
    }

    pub fn good() -> Outcome {
        let slice = Box::into_raw(scores());
        // SAFETY: the pointer came from `Box::into_raw` and knows its length.
        drop(unsafe { Box::from_raw(slice) });
        println!("a slice of {COUNT} elements was released as such");
        Ok(())
    }
}

/// A `Box<[u8]>` released as a CString, whose length is measured anew and ends at the first NUL (libdatadog issue 1698).
pub mod cstring_of_binary {
    use std::ffi::CString;
    use std::hint::black_box;

    use crate::Outcome;

    /// Bytes of the data.
    pub const SIZE: usize = 1117;
    const NUL_AT: usize = 500;

    fn data() -> Box<[u8]> {
        let mut data = vec![1; SIZE];
        data[NUL_AT] = 0;
        black_box(data.into_boxed_slice())
    }

    pub fn bad() -> Outcome {
        let data = Box::into_raw(data());
        // SAFETY: none: the data has bytes behind its first NUL.
        drop(unsafe { CString::from_raw(data.cast()) });
        println!("{SIZE} bytes with a NUL at {NUL_AT} were released as a CString");
        Ok(())
    }

    pub fn good() -> Outcome {
        let data = Box::into_raw(data());
        // SAFETY: the pointer came from `Box::into_raw` and knows its length.
        drop(unsafe { Box::from_raw(data) });
        println!("{SIZE} bytes with a NUL at {NUL_AT} were released as a slice");
        Ok(())
    }
}

/// An over-aligned allocation released with the alignment of the Vec's element (maligned, RUSTSEC-2023-0017).
pub mod overaligned_as_vec {
    use std::alloc::{alloc_zeroed, dealloc, handle_alloc_error, Layout};
    use std::hint::black_box;

    use crate::Outcome;

    /// Bytes of the buffer.
    pub const SIZE: usize = 1152;
    const LAYOUT: Layout = match Layout::from_size_align(SIZE, 128) {
        Ok(layout) => layout,
        Err(_) => panic!("128 is a power of two"),
    };

    fn buffer() -> *mut u8 {
        // SAFETY: the size is not zero.
        let buffer = unsafe { alloc_zeroed(LAYOUT) };
        if buffer.is_null() {
            handle_alloc_error(LAYOUT);
        }
        black_box(buffer)
    }

    pub fn bad() -> Outcome {
        // SAFETY: none: a Vec<u8> is released with an alignment of 1.
        let bytes = unsafe { Vec::from_raw_parts(buffer(), SIZE, SIZE) };
        println!("{} bytes aligned to {} will be dropped as a Vec<u8>", bytes.len(), LAYOUT.align());
        Ok(())
    }

    pub fn good() -> Outcome {
        let buffer = buffer();
        // SAFETY: the buffer goes back with the layout that made it.
        unsafe { dealloc(buffer, LAYOUT) };
        println!("{SIZE} bytes aligned to {} were released as such", LAYOUT.align());
        Ok(())
    }
}

/// What `collect` made is taken back as if it had no spare capacity (crossbeam-channel before 0.4.4, RUSTSEC-2020-0052).
pub mod capacity_as_length {
    use std::hint::black_box;
    use std::mem::ManuallyDrop;

    use crate::Outcome;

    const COUNT: usize = 150;
    /// Bytes that the Vec has room for: it doubles its room as it grows, to 256 elements.
    pub const SIZE: usize = 256 * size_of::<u64>();

    /// The slots of a channel, from an iterator that does not know its length.
    fn slots() -> Vec<u64> {
        black_box((0..2 * COUNT as u64).filter(|number| number % 2 == 0).collect())
    }

    pub fn bad() -> Outcome {
        let mut slots = ManuallyDrop::new(slots());
        let (data, length) = (slots.as_mut_ptr(), slots.len());
        // SAFETY: none: nobody said that the capacity is the length.
        drop(unsafe { Vec::from_raw_parts(data, 0, length) });
        println!("a Vec of {length} elements was released as if it had no more room");
        Ok(())
    }

    pub fn good() -> Outcome {
        let slots = Box::into_raw(slots().into_boxed_slice());
        // SAFETY: the pointer came from `Box::into_raw` and knows its length.
        let slots = unsafe { Box::from_raw(slots) };
        println!("a slice of {} elements is released as such", slots.len());
        Ok(())
    }
}
