//! Receipts: a Rust library with a C API, of which cbindgen makes `include/receipts.h`.
//!
//! What it hands out goes back to it, each kind to its own function; what C gives it, it copies. Nothing unwinds into C: a
//! panic becomes the answer that the function gives on failure.

use std::ffi::{c_char, c_void, CStr, CString};
use std::mem::ManuallyDrop;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

/// Most lines of a receipt.
#[no_mangle]
pub static RECEIPTS_LINES_MAX: u32 = 64;

/// A receipt. Opaque: made by receipts_open, released by receipts_close.
#[derive(Debug)]
pub struct Receipt {
    shop: CString,
    lines: Vec<(CString, i64)>,
    discount: Discount,
}

/// What a receipt adds up to.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Lines.
    pub count: usize,
    /// Cents, the discount taken off.
    pub cents: i64,
}

/// What is taken off.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    /// Nothing.
    Nothing,
    /// An amount.
    Amount {
        /// Cents.
        cents: i64,
    },
    /// A part.
    Percent {
        /// Of a hundred.
        percent: u8,
    },
}

/// Bytes that Rust made for C, with all that Rust must know to release them: receipts_bytes_free takes all three back
/// unchanged.
#[repr(C)]
#[derive(Debug)]
pub struct Bytes {
    /// The bytes.
    pub data: *mut u8,
    /// How many they are.
    pub length: usize,
    /// How many there is room for.
    pub capacity: usize,
}

/// What `work` answers; `failed` when it panics.
fn guarded<R>(failed: R, work: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(failed)
}

impl Receipt {
    /// An empty receipt.
    pub fn new(shop: CString) -> Self {
        Receipt { shop, lines: Vec::new(), discount: Discount::Nothing }
    }

    /// Adds a line; false when the receipt is full.
    pub fn add(&mut self, what: CString, cents: i64) -> bool {
        let fits = self.lines.len() < RECEIPTS_LINES_MAX as usize;
        if fits {
            self.lines.push((what, cents));
        }
        fits
    }

    /// What it adds up to.
    pub fn totals(&self) -> Totals {
        let sum: i64 = self.lines.iter().map(|(_, cents)| cents).sum();
        let cents = match self.discount {
            Discount::Nothing => sum,
            Discount::Amount { cents } => sum - cents,
            Discount::Percent { percent } => sum - sum * i64::from(percent) / 100,
        };
        Totals { count: self.lines.len(), cents }
    }

    /// It as a text.
    pub fn text(&self) -> Vec<u8> {
        let mut text = self.shop.to_bytes().to_vec();
        for (what, cents) in &self.lines {
            text.extend_from_slice(format!("\n{cents} ").as_bytes());
            text.extend_from_slice(what.to_bytes());
        }
        text
    }
}

/// Opens a receipt of `shop` (copied). NULL when `shop` is. The caller releases it with receipts_close.
///
/// # Safety
/// `shop` is NULL or a C string.
#[no_mangle]
pub unsafe extern "C" fn receipts_open(shop: *const c_char) -> *mut Receipt {
    if shop.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the caller's promise.
    let shop = unsafe { CStr::from_ptr(shop) };
    guarded(ptr::null_mut(), || Box::into_raw(Box::new(Receipt::new(shop.to_owned()))))
}

/// Closes a receipt. NULL is allowed.
///
/// # Safety
/// `receipt` is NULL, or came from receipts_open and was not closed before.
#[export_name = "receipts_close"]
pub unsafe extern "C" fn close(receipt: *mut Receipt) {
    if !receipt.is_null() {
        // SAFETY: the caller's promise.
        guarded((), || drop(unsafe { Box::from_raw(receipt) }));
    }
}

/// Adds a line (`what` is copied). False for a NULL, and when the receipt is full.
///
/// # Safety
/// `receipt` is NULL or an open receipt that nobody else uses meanwhile, `what` NULL or a C string.
#[no_mangle]
pub unsafe extern "C" fn receipts_add(receipt: Option<&mut Receipt>, what: *const c_char, cents: i64) -> bool {
    let Some(receipt) = receipt else { return false };
    if what.is_null() {
        return false;
    }
    // SAFETY: the caller's promise.
    let what = unsafe { CStr::from_ptr(what) };
    guarded(false, || receipt.add(what.to_owned(), cents))
}

/// Sets what is taken off.
///
/// # Safety
/// `receipt` is NULL or an open receipt that nobody else uses meanwhile; the tag of `discount` is one of its enum's.
#[no_mangle]
pub unsafe extern "C" fn receipts_set_discount(receipt: Option<&mut Receipt>, discount: Discount) {
    if let Some(receipt) = receipt {
        receipt.discount = discount;
    }
}

/// What a receipt adds up to; of NULL, nothing.
#[no_mangle]
pub extern "C" fn receipts_total(receipt: Option<&Receipt>) -> Totals {
    let nothing = Totals { count: 0, cents: 0 };
    receipt.map_or(nothing, |receipt| guarded(nothing, || receipt.totals()))
}

/// A receipt as a C string. NULL on failure. The caller releases it with receipts_text_free.
#[no_mangle]
pub extern "C" fn receipts_text(receipt: Option<&Receipt>) -> *mut c_char {
    let Some(receipt) = receipt else { return ptr::null_mut() };
    guarded(ptr::null_mut(), || CString::new(receipt.text()).map_or(ptr::null_mut(), CString::into_raw))
}

/// Releases a text. NULL is allowed.
///
/// # Safety
/// `text` is NULL, or came from receipts_text and was not released before.
#[no_mangle]
pub unsafe extern "C" fn receipts_text_free(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: the caller's promise.
        drop(unsafe { CString::from_raw(text) });
    }
}

/// A receipt as bytes, with room for as many again. Data is NULL on failure. The caller releases them with
/// receipts_bytes_free.
#[no_mangle]
pub extern "C" fn receipts_export(receipt: Option<&Receipt>) -> Bytes {
    let nothing = || Bytes { data: ptr::null_mut(), length: 0, capacity: 0 };
    let Some(receipt) = receipt else { return nothing() };
    guarded(nothing(), || {
        let text = receipt.text();
        let mut bytes = Vec::with_capacity(2 * text.len());
        bytes.extend_from_slice(&text);
        let mut bytes = ManuallyDrop::new(bytes);
        Bytes { data: bytes.as_mut_ptr(), length: bytes.len(), capacity: bytes.capacity() }
    })
}

/// Releases bytes.
///
/// # Safety
/// `bytes` came from receipts_export, is unchanged, and was not released before.
#[no_mangle]
pub unsafe extern "C" fn receipts_bytes_free(bytes: Bytes) {
    if !bytes.data.is_null() {
        // SAFETY: the caller's promise: these are the parts of a Vec.
        drop(unsafe { Vec::from_raw_parts(bytes.data, bytes.length, bytes.capacity) });
    }
}

/// Shows each line to `visit`, until it answers false. How many were shown. `user` is handed over as it is.
///
/// # Safety
/// `visit` is NULL, or a function that does not unwind and keeps nothing that it is shown.
#[no_mangle]
pub unsafe extern "C" fn receipts_each(
    receipt: Option<&Receipt>,
    visit: Option<unsafe extern "C" fn(what: *const c_char, cents: i64, user: *mut c_void) -> bool>,
    user: *mut c_void,
) -> usize {
    let (Some(receipt), Some(visit)) = (receipt, visit) else { return 0 };
    let mut shown = 0;
    for (what, cents) in &receipt.lines {
        shown += 1;
        // SAFETY: the caller's promise.
        if !unsafe { visit(what.as_ptr(), *cents, user) } {
            break;
        }
    }
    shown
}

/// The version of the library. Static data: never release it.
#[no_mangle]
pub extern "C" fn receipts_version() -> *const c_char {
    c"1.0.0".as_ptr()
}
