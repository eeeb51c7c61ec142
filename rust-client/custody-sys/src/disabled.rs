//! Custody compiled out: the functions of the C interface in Rust. Blocks are malloc's, nothing is checked and nothing is
//! told. What a program rests on stays: references are counted, and the data of callbacks is dropped, once.

use core::ffi::{c_char, c_int, c_uint, c_void};
use core::ptr::null_mut;

use crate::bindings::*;
use list::List;

mod libc {
    use super::{c_int, c_void};

    extern "C" {
        pub fn malloc(size: usize) -> *mut c_void;
        pub fn calloc(count: usize, size: usize) -> *mut c_void;
        pub fn realloc(block: *mut c_void, size: usize) -> *mut c_void;
        pub fn posix_memalign(out_block: *mut *mut c_void, align: usize, size: usize) -> c_int;
        pub fn free(block: *mut c_void);
        pub fn __errno_location() -> *mut c_int;
    }

    pub const ENOMEM: c_int = 12;
    pub const EINVAL: c_int = 22;
}

/// A few things that are kept: nodes of malloc's behind a lock. What is done under the lock calls nobody.
mod list {
    use core::cell::UnsafeCell;
    use core::hint::spin_loop;
    use core::ptr::null_mut;
    use core::sync::atomic::{AtomicBool, Ordering};

    pub struct Node<T> {
        next: *mut Node<T>,
        pub value: T,
    }

    pub struct List<T> {
        is_locked: AtomicBool,
        first: UnsafeCell<*mut Node<T>>,
    }

    // SAFETY: nodes are reached under the lock only.
    unsafe impl<T: Send> Sync for List<T> {}

    impl<T: Copy> List<T> {
        pub const fn new() -> Self {
            List { is_locked: AtomicBool::new(false), first: UnsafeCell::new(null_mut()) }
        }

        fn locked<R>(&self, work: impl FnOnce(&mut *mut Node<T>) -> R) -> R {
            while self.is_locked.swap(true, Ordering::Acquire) {
                spin_loop();
            }
            // SAFETY: the lock is held, and `work` does not come here again.
            let result = work(unsafe { &mut *self.first.get() });
            self.is_locked.store(false, Ordering::Release);
            result
        }

        /// Adds a value; false when memory is out.
        pub fn add(&self, value: T) -> bool {
            // SAFETY: malloc may be called with any size.
            let node: *mut Node<T> = unsafe { super::libc::malloc(size_of::<Node<T>>()) }.cast();
            if node.is_null() {
                return false;
            }
            self.locked(|first| {
                // SAFETY: `node` is a new block that is large enough.
                unsafe { node.write(Node { next: *first, value }) };
                *first = node;
            });
            true
        }

        /// Shows the values to `pick` until it wants one, changes it, and takes it out if `pick` answers `Some(true)`. The
        /// value as it then is.
        pub fn find(&self, mut pick: impl FnMut(&mut T) -> Option<bool>) -> Option<T> {
            let (value, unused) = self.locked(|first| {
                let mut place: *mut *mut Node<T> = first;
                loop {
                    // SAFETY: `place` is the list's beginning or a node's link; nodes live as long as they are linked.
                    let node = unsafe { *place };
                    if node.is_null() {
                        return (None, null_mut());
                    }
                    // SAFETY: as above.
                    let node_ref = unsafe { &mut *node };
                    match pick(&mut node_ref.value) {
                        None => place = &mut node_ref.next,
                        Some(false) => return (Some(node_ref.value), null_mut()),
                        Some(true) => {
                            // SAFETY: as above; the node is out of the list from here on.
                            unsafe { *place = node_ref.next };
                            return (Some(node_ref.value), node);
                        }
                    }
                }
            });
            // SAFETY: NULL, or a node of malloc's that is in no list any more.
            unsafe { super::libc::free(unused.cast()) };
            value
        }
    }
}

fn set_errno(errno: c_int) {
    // SAFETY: libc gives the place of this thread's errno.
    unsafe { *libc::__errno_location() = errno };
}

/// Writes a result where the caller wants it.
///
/// # Safety
/// `out` is valid for writing.
unsafe fn give<T>(out: *mut T, value: T) -> custody_status {
    // SAFETY: the caller says so.
    unsafe { out.write(value) };
    CUSTODY_STATUS_OK
}

const NAMES: [(&core::ffi::CStr, &core::ffi::CStr); 5] = [
    (c"ok", c"done"),
    (c"invalid-argument", c"an argument is NULL, empty or out of range"),
    (c"not-running", c"Custody is compiled out"),
    (c"exhausted", c"no more memory"),
    (c"unknown-address", c"no block that Custody knows lies at this address"),
];

/// The version of this crate.
pub unsafe extern "C" fn custody_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The name of a status; "unknown" when out of range.
pub unsafe extern "C" fn custody_status_name(status: custody_status) -> *const c_char {
    NAMES.get(status as usize).map_or(c"unknown", |names| names.0).as_ptr()
}

/// One line that explains a status; "" when out of range.
pub unsafe extern "C" fn custody_status_text(status: custody_status) -> *const c_char {
    NAMES.get(status as usize).map_or(c"", |names| names.1).as_ptr()
}

/// A number that stands for the name, and for few others.
pub unsafe extern "C" fn custody_side_register(
    name: *const c_char,
    lang: custody_lang,
    out_side: *mut custody_side,
) -> custody_status {
    if name.is_null() || lang >= CUSTODY_LANG_COUNT || out_side.is_null() {
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    }
    // SAFETY: the caller passes a C string.
    let name = unsafe { core::ffi::CStr::from_ptr(name) };
    if name.is_empty() {
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    }
    let hash = name.to_bytes().iter().fold(lang, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let side = ((hash >> 16) ^ hash) as u16;
    // SAFETY: the caller passes a place for the result.
    unsafe { give(out_side, side.max(1)) }
}

/// The unknown side.
pub unsafe extern "C" fn custody_side_of_caller(out_side: *mut custody_side) -> custody_status {
    if out_side.is_null() {
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    }
    // SAFETY: the caller passes a place for the result.
    unsafe { give(out_side, 0) }
}

/// The unknown side.
pub unsafe extern "C" fn custody_side_of_code(
    function: *const c_void,
    out_side: *mut custody_side,
) -> custody_status {
    if function.is_null() || out_side.is_null() {
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    }
    // SAFETY: the caller passes a place for the result.
    unsafe { give(out_side, 0) }
}

/// "unknown", whatever the side.
pub unsafe extern "C" fn custody_side_name(_side: custody_side) -> *const c_char {
    c"unknown".as_ptr()
}

/// A block of malloc's, or of posix_memalign's.
pub unsafe extern "C" fn custody_alloc(_side: custody_side, size: usize, align: usize) -> *mut c_void {
    if align & align.wrapping_sub(1) != 0 && align != 0 {
        set_errno(libc::EINVAL);
        return null_mut();
    }
    if align <= 16 {
        // SAFETY: malloc may be called with any size.
        return unsafe { libc::malloc(size) };
    }
    let mut block = null_mut();
    // SAFETY: the alignment is a power of two above the size of a pointer.
    let status = unsafe { libc::posix_memalign(&mut block, align, size) };
    if status == 0 {
        return block;
    }
    set_errno(libc::ENOMEM);
    null_mut()
}

/// realloc, which keeps an alignment of 16 bytes at most.
pub unsafe extern "C" fn custody_resize(_side: custody_side, block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the caller passes a block of custody_alloc, which is malloc's. Size 0 would release it.
    unsafe { libc::realloc(block, size.max(1)) }
}

/// free.
pub unsafe extern "C" fn custody_release(_side: custody_side, block: *mut c_void) {
    // SAFETY: the caller passes a block of custody_alloc, which is malloc's, or NULL.
    unsafe { libc::free(block) }
}

/// NOT_RUNNING: nothing is known.
pub unsafe extern "C" fn custody_describe(
    _address: *const c_void,
    _out_description: *mut custody_description,
) -> custody_status {
    CUSTODY_STATUS_NOT_RUNNING
}

/// NOT_RUNNING: nothing is known.
pub unsafe extern "C" fn custody_owner(_address: *const c_void, _out_side: *mut custody_side) -> custody_status {
    CUSTODY_STATUS_NOT_RUNNING
}

/// Nothing.
pub unsafe extern "C" fn custody_print(_address: *const c_void) {}

/// NOT_RUNNING: nothing is looked for.
pub unsafe extern "C" fn custody_find_leaks(_out_leaks: *mut custody_leaks) -> custody_status {
    CUSTODY_STATUS_NOT_RUNNING
}

/// A number that is no type's alone.
pub unsafe extern "C" fn custody_type_register(
    _side: custody_side,
    _name: *const c_char,
    _destroy: *const c_char,
    _flags: c_uint,
    out_type: *mut custody_type,
) -> custody_status {
    if out_type.is_null() {
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    }
    // SAFETY: the caller passes a place for the result.
    unsafe { give(out_type, 1) }
}

/// Further references to objects: one for each.
static REFERENCES: List<usize> = List::new();

/// calloc.
pub unsafe extern "C" fn custody_create(_type_: custody_type, size: usize) -> *mut c_void {
    // SAFETY: calloc may be called with any size.
    unsafe { libc::calloc(1, size) }
}

/// Nothing.
pub unsafe extern "C" fn custody_adopt(_type_: custody_type, object: *mut c_void) -> custody_status {
    if object.is_null() {
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    }
    CUSTODY_STATUS_OK
}

/// 1, but for NULL.
pub unsafe extern "C" fn custody_check(_type_: custody_type, object: *const c_void) -> c_int {
    c_int::from(!object.is_null())
}

/// One more reference.
pub unsafe extern "C" fn custody_retain(_type_: custody_type, object: *mut c_void) -> c_int {
    c_int::from(!object.is_null() && REFERENCES.add(object as usize))
}

/// One reference less.
pub unsafe extern "C" fn custody_end(_type_: custody_type, object: *mut c_void) -> custody_ending {
    let is_of_object = |reference: &mut usize| (*reference == object as usize).then_some(true);
    if object.is_null() || REFERENCES.find(is_of_object).is_some() {
        return CUSTODY_KEPT;
    }
    CUSTODY_ENDED
}

/// One reference less; free with the last.
pub unsafe extern "C" fn custody_destroy(type_: custody_type, object: *mut c_void) -> custody_ending {
    // SAFETY: as this function.
    let ending = unsafe { custody_end(type_, object) };
    if ending == CUSTODY_ENDED {
        // SAFETY: the caller passes an object of custody_create, to which there is no reference any more.
        unsafe { libc::free(object) };
    }
    ending
}

/// The buffer's address stands for the lease.
pub unsafe extern "C" fn custody_lease_begin(
    _to: custody_side,
    buffer: *mut c_void,
    _capacity: usize,
    _flags: c_uint,
    out_lease: *mut custody_lease,
) -> custody_status {
    if out_lease.is_null() {
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    }
    // SAFETY: the caller passes a place for the result.
    unsafe { give(out_lease, buffer as usize as custody_lease) }
}

/// The buffer.
pub unsafe extern "C" fn custody_lease_memory(lease: custody_lease) -> *mut c_void {
    lease as usize as *mut c_void
}

/// 1.
pub unsafe extern "C" fn custody_lease_end(_lease: custody_lease, _length: usize) -> c_int {
    1
}

/// 0.
pub unsafe extern "C" fn custody_lease_check() -> usize {
    0
}

/// 1.
pub unsafe extern "C" fn custody_transfer(
    _block: *mut c_void,
    _from: custody_side,
    _to: custody_side,
    _release: custody_contract,
) -> c_int {
    1
}

/// 1, and no loan.
pub unsafe extern "C" fn custody_lend(
    _block: *const c_void,
    _from: custody_side,
    _to: custody_side,
    _kind: custody_loan_kind,
    out_loan: *mut custody_loan,
) -> c_int {
    if out_loan.is_null() {
        return 0;
    }
    // SAFETY: the caller passes a place for the result.
    unsafe { give(out_loan, 0) };
    1
}

/// 1.
pub unsafe extern "C" fn custody_return(_loan: custody_loan) -> c_int {
    1
}

/// 1.
pub unsafe extern "C" fn custody_releasing(_side: custody_side, _block: *const c_void) -> c_int {
    1
}

/// A callback that was registered and not dropped yet.
#[derive(Clone, Copy)]
struct Callback {
    number: custody_callback,
    keeper: custody_side,
    data: *mut c_void,
    drop: Option<unsafe extern "C" fn(data: *mut c_void)>,
    entered: usize,
    is_dropped: bool,
}

// SAFETY: data is only handed to the functions that came with it, as the header says of any thread.
unsafe impl Send for Callback {}

static CALLBACKS: List<Callback> = List::new();
static LAST: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);

/// Drops the data of a callback that is in no list any more.
///
/// # Safety
/// It is done once.
unsafe fn drop_data(callback: &Callback) {
    if let Some(drop) = callback.drop {
        // SAFETY: the data is what came with this function, and nobody else has it any more.
        unsafe { drop(callback.data) };
    }
}

/// Keeps the data until the callback is dropped.
pub unsafe extern "C" fn custody_callback_register(
    keeper: custody_side,
    _name: *const c_char,
    data: *mut c_void,
    drop: Option<unsafe extern "C" fn(data: *mut c_void)>,
    out_callback: *mut custody_callback,
) -> custody_status {
    if out_callback.is_null() {
        return CUSTODY_STATUS_INVALID_ARGUMENT;
    }
    let number = LAST.fetch_add(1, core::sync::atomic::Ordering::Relaxed) + 1;
    if !CALLBACKS.add(Callback { number, keeper, data, drop, entered: 0, is_dropped: false }) {
        return CUSTODY_STATUS_EXHAUSTED;
    }
    // SAFETY: the caller passes a place for the result.
    unsafe { give(out_callback, number) }
}

/// 1 and the data; 0 when it was dropped.
pub unsafe extern "C" fn custody_callback_enter(callback: custody_callback, out_data: *mut *mut c_void) -> c_int {
    let found = CALLBACKS.find(|known| {
        (known.number == callback && !known.is_dropped).then(|| {
            known.entered += 1;
            false
        })
    });
    match found {
        Some(known) if !out_data.is_null() => {
            // SAFETY: the caller passes a place for the result.
            unsafe { *out_data = known.data };
            1
        }
        found => c_int::from(found.is_some()),
    }
}

/// 1; drops the data when it was to be dropped during the call.
pub unsafe extern "C" fn custody_callback_leave(callback: custody_callback) -> c_int {
    let found = CALLBACKS.find(|known| {
        (known.number == callback && known.entered > 0).then(|| {
            known.entered -= 1;
            known.is_dropped && known.entered == 0
        })
    });
    if let Some(known) = found.filter(|known| known.is_dropped && known.entered == 0) {
        // SAFETY: it is out of the list.
        unsafe { drop_data(&known) };
    }
    c_int::from(found.is_some())
}

/// Drops the data, now or when the last call is left.
pub unsafe extern "C" fn custody_callback_drop(callback: custody_callback) -> c_int {
    let found = CALLBACKS.find(|known| {
        (known.number == callback && !known.is_dropped).then(|| {
            known.is_dropped = true;
            known.entered == 0
        })
    });
    if let Some(known) = found.filter(|known| known.entered == 0) {
        // SAFETY: it is out of the list.
        unsafe { drop_data(&known) };
    }
    c_int::from(callback == 0 || found.is_some())
}

/// Drops the data of all callbacks that the side keeps.
pub unsafe extern "C" fn custody_close(side: custody_side) -> usize {
    let mut count = 0;
    while let Some(known) = CALLBACKS.find(|known| {
        (known.keeper == side && !known.is_dropped).then(|| {
            known.is_dropped = true;
            known.entered == 0
        })
    }) {
        if known.entered == 0 {
            // SAFETY: it is out of the list.
            unsafe { drop_data(&known) };
        }
        count += 1;
    }
    count
}

/// Both have the same signatures: arrays have elements of one type.
#[allow(unused)]
fn signatures() {
    macro_rules! same {
        ($($name:ident),* $(,)?) => { $( let _ = [crate::bindings::$name, $name]; )* };
    }
    same!(
        custody_version, custody_status_name, custody_status_text, custody_side_register, custody_side_of_caller,
        custody_side_of_code, custody_side_name, custody_alloc, custody_resize, custody_release, custody_describe,
        custody_owner, custody_print, custody_find_leaks, custody_type_register, custody_create, custody_adopt,
        custody_check, custody_retain, custody_end, custody_destroy, custody_lease_begin, custody_lease_memory,
        custody_lease_end, custody_lease_check, custody_transfer, custody_lend, custody_return, custody_releasing,
        custody_callback_register, custody_callback_enter, custody_callback_leave, custody_callback_drop, custody_close,
    );
}
