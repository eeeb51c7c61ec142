//! Stamps and albums: a bridge between Rust and C++, made by cxx.
//!
//! Albums are objects of C++. Rust owns them by [`cxx::UniquePtr`], whose end is C++'s `delete`; Custody knows each by
//! `custody.hpp`. Stamps are Rust's. An album keeps them as boxes, and gives each back as one. Receipts are those of the
//! crate `receipts`, used from C++.
//!
//! ```
//! use stamps::{ffi, Stamp};
//!
//! let mut album = ffi::album_new("blue ones");
//! album.pin_mut().add(Box::new(Stamp::worth(120))).unwrap();
//! assert_eq!(album.worth(), 120);
//! ```

use std::ffi::CString;

/// What crosses, and how.
#[cxx::bridge(namespace = "stamps")]
#[allow(missing_docs, clippy::missing_safety_doc, reason = "what it expands to has no comments")]
pub mod ffi {
    extern "Rust" {
        /// A stamp, which C++ may own as a rust::Box.
        type Stamp;
        /// What it is worth.
        fn cents(self: &Stamp) -> i64;

        /// A receipt, of the crate `receipts`.
        type Receipt;
        /// A receipt of a shop.
        fn receipt_new(shop: &str) -> Box<Receipt>;
        /// Adds a line.
        fn line(self: &mut Receipt, what: &str, cents: i64);
        /// What it adds up to.
        fn cents(self: &Receipt) -> i64;
    }

    unsafe extern "C++" {
        include!("album.h");

        /// An album, which Rust may own as a UniquePtr.
        type Album;
        /// Makes an album.
        fn album_new(title: &str) -> UniquePtr<Album>;
        /// Puts a stamp in. An exception of C++ becomes an error of Rust.
        fn add(self: Pin<&mut Album>, stamp: Box<Stamp>) -> Result<()>;
        /// Takes the last stamp out.
        fn take(self: Pin<&mut Album>) -> Result<Box<Stamp>>;
        /// What the stamps are worth.
        fn worth(&self) -> i64;
        /// Writes a receipt of Rust's in C++: what it adds up to.
        fn receipt_in_cxx(album: &Album) -> i64;

        /// Gives a stamp to operator delete: wrong.
        ///
        /// # Safety
        /// There is none.
        unsafe fn delete_stamp(stamp: *mut Stamp);
        /// Drops a stamp as the box that it is.
        ///
        /// # Safety
        /// The pointer came from `Box::into_raw`, and is not used again.
        unsafe fn drop_stamp(stamp: *mut Stamp);
    }
}

/// A stamp. Its picture makes it as large as nothing else.
#[derive(Debug)]
pub struct Stamp {
    cents: i64,
    _picture: [u8; 1231],
}

impl Stamp {
    /// A stamp of this worth.
    pub fn worth(cents: i64) -> Self {
        Stamp { cents, _picture: [0; 1231] }
    }

    /// What it is worth.
    pub fn cents(&self) -> i64 {
        self.cents
    }
}

/// A receipt as C++ is shown it.
#[derive(Debug)]
pub struct Receipt(receipts::Receipt);

fn receipt_new(shop: &str) -> Box<Receipt> {
    Box::new(Receipt(receipts::Receipt::new(CString::new(shop).unwrap_or_default())))
}

impl Receipt {
    fn line(&mut self, what: &str, cents: i64) {
        self.0.add(CString::new(what).unwrap_or_default(), cents);
    }

    fn cents(&self) -> i64 {
        self.0.totals().cents
    }
}
