/* Made of custody.h by bindgen; tests/bindings.rs says how it is made anew. */

pub const CUSTODY_FRAMES_MAX: u32 = 64;
/// not known, or does not apply
pub const CUSTODY_LANG_NONE: custody_lang = 0;
pub const CUSTODY_LANG_C: custody_lang = 1;
pub const CUSTODY_LANG_CXX: custody_lang = 2;
pub const CUSTODY_LANG_RUST: custody_lang = 3;
pub const CUSTODY_LANG_COUNT: custody_lang = 4;
/// Language of a side.
pub type custody_lang = core::ffi::c_uint;
pub const CUSTODY_CONTRACT_UNKNOWN: custody_contract = 0;
pub const CUSTODY_CONTRACT_MALLOC: custody_contract = 1;
pub const CUSTODY_CONTRACT_NEW: custody_contract = 2;
pub const CUSTODY_CONTRACT_NEW_ARRAY: custody_contract = 3;
pub const CUSTODY_CONTRACT_RUST: custody_contract = 4;
pub const CUSTODY_CONTRACT_MALLOC_OR_RUST: custody_contract = 5;
pub const CUSTODY_CONTRACT_LIBC: custody_contract = 6;
pub const CUSTODY_CONTRACT_CUSTODY: custody_contract = 7;
pub const CUSTODY_CONTRACT_OPENSSL: custody_contract = 8;
pub const CUSTODY_CONTRACT_GLIB: custody_contract = 9;
pub const CUSTODY_CONTRACT_GLIB_ALIGNED: custody_contract = 10;
pub const CUSTODY_CONTRACT_GLIB_SLICE: custody_contract = 11;
pub const CUSTODY_CONTRACT_SQLITE: custody_contract = 12;
pub const CUSTODY_CONTRACT_LIBPQ: custody_contract = 13;
pub const CUSTODY_CONTRACT_LIBPQ_BUFFER: custody_contract = 14;
pub const CUSTODY_CONTRACT_LIBXML: custody_contract = 15;
pub const CUSTODY_CONTRACT_LIBCURL: custody_contract = 16;
pub const CUSTODY_CONTRACT_JEMALLOC: custody_contract = 17;
pub const CUSTODY_CONTRACT_MIMALLOC: custody_contract = 18;
pub const CUSTODY_CONTRACT_TCMALLOC: custody_contract = 19;
pub const CUSTODY_CONTRACT_COUNT: custody_contract = 20;
/// Ways of making and releasing blocks; see contracts.def.
pub type custody_contract = core::ffi::c_uint;
pub const CUSTODY_STATUS_OK: custody_status = 0;
pub const CUSTODY_STATUS_INVALID_ARGUMENT: custody_status = 1;
pub const CUSTODY_STATUS_NOT_RUNNING: custody_status = 2;
pub const CUSTODY_STATUS_EXHAUSTED: custody_status = 3;
pub const CUSTODY_STATUS_UNKNOWN_ADDRESS: custody_status = 4;
/// Results; statuses.def says what each means.
pub type custody_status = core::ffi::c_uint;
/// A side's number; 0 is the unknown side. Valid for the life of the process.
pub type custody_side = u16;
/// What is known of an address. Strings are static or live as long as the process.
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct custody_description {
    /// "heap", "stack", "static", "mapping", "foreign" (another allocator's, perhaps) or "wild"
    pub place: *const core::ffi::c_char,
    /// first address of the block; 0: no block is known there, and only `place` says something
    pub start: usize,
    /// bytes asked for
    pub size: usize,
    /// bytes
    pub align: usize,
    /// 1: live; 0: released, and its address not used since
    pub live: core::ffi::c_int,
    /// owner; "unknown" when it could not be told
    pub side: *const core::ffi::c_char,
    pub lang: custody_lang,
    pub contract: custody_contract,
    /// of the object that begins at the block's start, or at the address; NULL: no object
    pub type_: *const core::ffi::c_char,
    /// that are out, of the block
    pub loans: usize,
    /// return addresses of the allocation in `frames`, innermost first
    pub frame_count: usize,
    pub frames: [usize; 64usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of custody_description",
    ][::core::mem::size_of::<custody_description>() - 592usize];
    [
        "Alignment of custody_description",
    ][::core::mem::align_of::<custody_description>() - 8usize];
    [
        "Offset of field: custody_description::place",
    ][::core::mem::offset_of!(custody_description, place) - 0usize];
    [
        "Offset of field: custody_description::start",
    ][::core::mem::offset_of!(custody_description, start) - 8usize];
    [
        "Offset of field: custody_description::size",
    ][::core::mem::offset_of!(custody_description, size) - 16usize];
    [
        "Offset of field: custody_description::align",
    ][::core::mem::offset_of!(custody_description, align) - 24usize];
    [
        "Offset of field: custody_description::live",
    ][::core::mem::offset_of!(custody_description, live) - 32usize];
    [
        "Offset of field: custody_description::side",
    ][::core::mem::offset_of!(custody_description, side) - 40usize];
    [
        "Offset of field: custody_description::lang",
    ][::core::mem::offset_of!(custody_description, lang) - 48usize];
    [
        "Offset of field: custody_description::contract",
    ][::core::mem::offset_of!(custody_description, contract) - 52usize];
    [
        "Offset of field: custody_description::type_",
    ][::core::mem::offset_of!(custody_description, type_) - 56usize];
    [
        "Offset of field: custody_description::loans",
    ][::core::mem::offset_of!(custody_description, loans) - 64usize];
    [
        "Offset of field: custody_description::frame_count",
    ][::core::mem::offset_of!(custody_description, frame_count) - 72usize];
    [
        "Offset of field: custody_description::frames",
    ][::core::mem::offset_of!(custody_description, frames) - 80usize];
};
impl Default for custody_description {
    fn default() -> Self {
        let mut s = ::core::mem::MaybeUninit::<Self>::uninit();
        unsafe {
            ::core::ptr::write_bytes(s.as_mut_ptr(), 0, 1);
            s.assume_init()
        }
    }
}
/// Live blocks by class: docs/findings.md, `leak`.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct custody_leaks {
    /// nothing leads to them
    pub definite_blocks: usize,
    /// nothing leads to them
    pub definite_bytes: usize,
    /// only lost blocks lead to them
    pub indirect_blocks: usize,
    /// only lost blocks lead to them
    pub indirect_bytes: usize,
    /// something leads to them, but only into their middle
    pub possible_blocks: usize,
    /// something leads to them, but only into their middle
    pub possible_bytes: usize,
    /// something leads to them
    pub reachable_blocks: usize,
    /// something leads to them
    pub reachable_bytes: usize,
    /// it could not be examined which of the above they are
    pub live_blocks: usize,
    /// it could not be examined which of the above they are
    pub live_bytes: usize,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of custody_leaks"][::core::mem::size_of::<custody_leaks>() - 80usize];
    ["Alignment of custody_leaks"][::core::mem::align_of::<custody_leaks>() - 8usize];
    [
        "Offset of field: custody_leaks::definite_blocks",
    ][::core::mem::offset_of!(custody_leaks, definite_blocks) - 0usize];
    [
        "Offset of field: custody_leaks::definite_bytes",
    ][::core::mem::offset_of!(custody_leaks, definite_bytes) - 8usize];
    [
        "Offset of field: custody_leaks::indirect_blocks",
    ][::core::mem::offset_of!(custody_leaks, indirect_blocks) - 16usize];
    [
        "Offset of field: custody_leaks::indirect_bytes",
    ][::core::mem::offset_of!(custody_leaks, indirect_bytes) - 24usize];
    [
        "Offset of field: custody_leaks::possible_blocks",
    ][::core::mem::offset_of!(custody_leaks, possible_blocks) - 32usize];
    [
        "Offset of field: custody_leaks::possible_bytes",
    ][::core::mem::offset_of!(custody_leaks, possible_bytes) - 40usize];
    [
        "Offset of field: custody_leaks::reachable_blocks",
    ][::core::mem::offset_of!(custody_leaks, reachable_blocks) - 48usize];
    [
        "Offset of field: custody_leaks::reachable_bytes",
    ][::core::mem::offset_of!(custody_leaks, reachable_bytes) - 56usize];
    [
        "Offset of field: custody_leaks::live_blocks",
    ][::core::mem::offset_of!(custody_leaks, live_blocks) - 64usize];
    [
        "Offset of field: custody_leaks::live_bytes",
    ][::core::mem::offset_of!(custody_leaks, live_bytes) - 72usize];
};
/// A lease's number; 0 is none, and every function takes it for a lease in which nothing is checked. Never given twice.
pub type custody_lease = u64;
/// the library reads what the caller has put there
pub const CUSTODY_LEASE_IN: custody_lease_flags = 1;
/// the library writes; without it, a write is a buffer-overrun
pub const CUSTODY_LEASE_OUT: custody_lease_flags = 2;
pub const CUSTODY_LEASE_GUARD: custody_lease_flags = 4;
/// the library gets a guarded copy: custody_lease_memory. No further guard is laid
pub const CUSTODY_LEASE_COPY: custody_lease_flags = 8;
/// what is written ends with a NUL of one byte, which the length leaves out
pub const CUSTODY_LEASE_NUL: custody_lease_flags = 16;
/// with one of two bytes; lengths are in bytes still
pub const CUSTODY_LEASE_NUL16: custody_lease_flags = 32;
/// with one of four
pub const CUSTODY_LEASE_NUL32: custody_lease_flags = 64;
pub const CUSTODY_LEASE_REPORTS_NEED: custody_lease_flags = 128;
/// What may be said of a lease; or them together.
pub type custody_lease_flags = core::ffi::c_uint;
/// A callback's number; 0 is none, which may be dropped and does nothing. Never given twice.
pub type custody_callback = u64;
/// A loan's number; 0 is none, which may be returned and does nothing. Never given twice.
pub type custody_loan = u64;
/// any number of them at one time; nobody changes the block
pub const CUSTODY_LOAN_SHARED: custody_loan_kind = 0;
/// the only loan
pub const CUSTODY_LOAN_EXCLUSIVE: custody_loan_kind = 1;
pub type custody_loan_kind = core::ffi::c_uint;
/// A type's number; 0 is no type. Valid for the life of the process.
pub type custody_type = u32;
pub const CUSTODY_TYPE_PLAIN: custody_type_flags = 0;
/// an object may be used and ended by the thread that made it only
pub const CUSTODY_TYPE_THREAD_BOUND: custody_type_flags = 1;
/// an object has references: custody_retain makes one more
pub const CUSTODY_TYPE_COUNTED: custody_type_flags = 2;
/// What may be said of a type; or them together.
pub type custody_type_flags = core::ffi::c_uint;
/// told of: no such object; nothing was done
pub const CUSTODY_REFUSED: custody_ending = 0;
/// other references are left: the object lives on
pub const CUSTODY_KEPT: custody_ending = 1;
/// that was the last reference
pub const CUSTODY_ENDED: custody_ending = 2;
/// How custody_end and custody_destroy went.
pub type custody_ending = core::ffi::c_uint;
extern "C" {
    /// The version of the library that is running, such as "0.1.0". Static string.
    pub fn custody_version() -> *const core::ffi::c_char;
    /// The name of a status, such as "invalid-argument". Static string; "unknown" when out of range.
    pub fn custody_status_name(status: custody_status) -> *const core::ffi::c_char;
    /// One line that explains a status. Static string; "" when out of range.
    pub fn custody_status_text(status: custody_status) -> *const core::ffi::c_char;
    /** Registers the side `name` in `lang`, or finds it when it was registered before: equal names and languages are one side.
 The name is copied; at most 254 bytes of it count. INVALID_ARGUMENT, NOT_RUNNING or EXHAUSTED otherwise.*/
    pub fn custody_side_register(
        name: *const core::ffi::c_char,
        lang: custody_lang,
        out_side: *mut custody_side,
    ) -> custody_status;
    /** The side of the code that calls this: its module and language, as Custody attributes an allocation made there. The
 unknown side when that cannot be told. NOT_RUNNING, INVALID_ARGUMENT.*/
    pub fn custody_side_of_caller(out_side: *mut custody_side) -> custody_status;
    /** The same for code at `function`, such as a function of the library that is meant. UNKNOWN_ADDRESS when no module's code
 is there.*/
    pub fn custody_side_of_code(
        function: *const core::ffi::c_void,
        out_side: *mut custody_side,
    ) -> custody_status;
    /// The name of a side. Lives as long as the process; "unknown" for the unknown side and for numbers that are none.
    pub fn custody_side_name(side: custody_side) -> *const core::ffi::c_char;
    /** `size` bytes, uninitialised, aligned to `align` bytes (a power of two; 0 means 16), owned by `side`. The caller releases
 the block with custody_release. NULL with errno ENOMEM, or EINVAL for an impossible alignment. Size 0 gives a block
 that must be released too.*/
    pub fn custody_alloc(
        side: custody_side,
        size: usize,
        align: usize,
    ) -> *mut core::ffi::c_void;
    /** Resizes `block` to `size` bytes, moving it if need be; its alignment stays. NULL as `block` allocates. On NULL the old
 block is as it was; otherwise its address is no longer valid.*/
    pub fn custody_resize(
        side: custody_side,
        block: *mut core::ffi::c_void,
        size: usize,
    ) -> *mut core::ffi::c_void;
    /** Releases `block` for `side`; NULL does nothing. A block that this side may not release is reported, then released where
 it belongs; what is no block is reported and left alone. errno is as it was.*/
    pub fn custody_release(side: custody_side, block: *mut core::ffi::c_void);
    /// Describes `address` and the block that it points to or into. INVALID_ARGUMENT for NULL, NOT_RUNNING.
    pub fn custody_describe(
        address: *const core::ffi::c_void,
        out_description: *mut custody_description,
    ) -> custody_status;
    /// The owner of the block that `address` points to or into. UNKNOWN_ADDRESS when no live block is known there.
    pub fn custody_owner(
        address: *const core::ffi::c_void,
        out_side: *mut custody_side,
    ) -> custody_status;
    /** For a debugger: writes what custody_describe says of `address` to stderr, with what the ledger knows of it, in lines for
 people. (gdb) call (void)custody_print(p)*/
    pub fn custody_print(address: *const core::ffi::c_void);
    /** Looks for leaks now. They become findings in the audit log, with "when":"request", and what is still there at the end
 is told again then. `out_leaks` may be NULL. NOT_RUNNING when called from inside the runtime.*/
    pub fn custody_find_leaks(out_leaks: *mut custody_leaks) -> custody_status;
    /** Begins a lease of `capacity` bytes at `buffer` to the library `to`. A capacity that reaches beyond the end of the block
 that the buffer lies in is told of as buffer-overrun; the lease begins all the same, and what lies beyond is not
 touched. Capacity 0 asks for a size: the first call of the idiom "ask, then fill", whose length may be anything;
 `buffer` may be NULL then. INVALID_ARGUMENT (no direction, two terminators, NULL with a capacity), NOT_RUNNING,
 EXHAUSTED; *out_lease is 0 then.*/
    pub fn custody_lease_begin(
        to: custody_side,
        buffer: *mut core::ffi::c_void,
        capacity: usize,
        flags: core::ffi::c_uint,
        out_lease: *mut custody_lease,
    ) -> custody_status;
    /** What the library is to be given: the buffer, or its guarded copy. NULL for no lease, and, told of as stale-handle, for one
 that has ended.*/
    pub fn custody_lease_memory(lease: custody_lease) -> *mut core::ffi::c_void;
    /** Ends a lease: the library reports `length` bytes, without terminator, or CUSTODY_LENGTH_UNKNOWN; a call that failed
 reports 0, and owes no terminator. Of a copy, as much as was reported goes to the buffer, with the terminator (all of it
 where no length is known), never more than the capacity. For a buffer that is only read the length does not matter. 1
 when all was well; 0 when something was told of, and, as stale-handle, for a lease that has ended before.*/
    pub fn custody_lease_end(lease: custody_lease, length: usize) -> core::ffi::c_int;
    /** Looks now at all copies of past leases that are watched; else some are looked at whenever a lease ends, each before it
 gives way to others, and all at exit. The number of those that were found written to, or released, so far.*/
    pub fn custody_lease_check() -> usize;
    /** Registers a callback that the library `keeper` keeps, with its user data. `drop` releases the data, which is the
 library's to do from now on; NULL: the data stays the caller's, who must drop the callback before the data. `name` is
 copied, at most 254 bytes of it. INVALID_ARGUMENT, also when the library was closed; NOT_RUNNING; EXHAUSTED.
 *out_callback is 0 then.*/
    pub fn custody_callback_register(
        keeper: custody_side,
        name: *const core::ffi::c_char,
        data: *mut core::ffi::c_void,
        drop: ::core::option::Option<unsafe extern "C" fn(data: *mut core::ffi::c_void)>,
        out_callback: *mut custody_callback,
    ) -> custody_status;
    /** Before a call: 1 and the data, which is not dropped before custody_callback_leave; or 0, told of as stale-handle, when it
 was dropped or its library closed: then the function must not be called. May be entered again before it was left.
 `out_data` may be NULL.*/
    pub fn custody_callback_enter(
        callback: custody_callback,
        out_data: *mut *mut core::ffi::c_void,
    ) -> core::ffi::c_int;
    /// After a call, in the same thread. 0, told of as stale-handle, when it was not entered.
    pub fn custody_callback_leave(callback: custody_callback) -> core::ffi::c_int;
    /** Drops the callback and its data: 1. 0, told of as stale-handle, when that was done before; 0, told of as
 released-while-lent, while the callback runs: then no further call begins, and the data is dropped when the last one is
 left, by the thread that leaves it.*/
    pub fn custody_callback_drop(callback: custody_callback) -> core::ffi::c_int;
    /** The library `side` is closed: its callbacks that are left are dropped, and none may be entered any more. How many were
 dropped; those that run, too, as by custody_callback_drop. Registering the side again opens it (custody_side_register; the
 side of a module by the name that custody_side_name gives).*/
    pub fn custody_close(side: custody_side) -> usize;
    /** Hands the block at `block` over from its owner `from` to `to`, which is to release it under the contract `release`
 (CUSTODY_CONTRACT_UNKNOWN: as before). Told of: not-owner, when `from` does not own it; released-while-lent, while it is on
 loan. 1 when it was done, 0 when not. Who resizes the block afterwards must own it, too. A block that the receiver never
 releases is a transfer-leak at exit.*/
    pub fn custody_transfer(
        block: *mut core::ffi::c_void,
        from: custody_side,
        to: custody_side,
        release: custody_contract,
    ) -> core::ffi::c_int;
    /** Lends the block that `block` points to or into. `from` is its owner or has it on loan: who has an exclusive loan may lend
 anything on, who has a shared one may share it on. 1 and a loan; or 0 and none, told of as not-owner or lend-conflict.
 `out_loan` may not be NULL. A loan that is out when the process ends is lend-outlived.*/
    pub fn custody_lend(
        block: *const core::ffi::c_void,
        from: custody_side,
        to: custody_side,
        kind: custody_loan_kind,
        out_loan: *mut custody_loan,
    ) -> core::ffi::c_int;
    /** Gives a loan back, with all that was lent on from it. 0, told of as lend-outlived, when something was lent on from it and
 is still out, and when it had been returned before or the block is gone.*/
    pub fn custody_return(loan: custody_loan) -> core::ffi::c_int;
    /** `side` is about to release memory whose release Custody does not see: 1 when it may; 0, told of, otherwise. The ledger's
 entry is closed in either case. For memory that Custody sees this is not needed, and does no harm.*/
    pub fn custody_releasing(
        side: custody_side,
        block: *const core::ffi::c_void,
    ) -> core::ffi::c_int;
    /** Registers a type of the library `side`, or finds it when it was registered before with the same name, side and flags.
 `destroy` names the function that ends its objects, for advice in findings: "ledger_close", or says it in words: "the
 destructor of its owner"; it may be NULL. Both texts are copied, at most 254 bytes of each. INVALID_ARGUMENT, also when
 the name stands for a type with other flags; NOT_RUNNING; EXHAUSTED. *out_type is 0 then.*/
    pub fn custody_type_register(
        side: custody_side,
        name: *const core::ffi::c_char,
        destroy: *const core::ffi::c_char,
        flags: core::ffi::c_uint,
        out_type: *mut custody_type,
    ) -> custody_status;
    /** An object of `size` zeroed bytes, a block of the type's side (custody_alloc), with one reference. It ends by
 custody_destroy. NULL and errno ENOMEM, or EINVAL for what is no type.*/
    pub fn custody_create(type_: custody_type, size: usize) -> *mut core::ffi::c_void;
    /** Makes an object of memory that any allocator made, or of any address at all, with one reference; it ends by custody_end.
 INVALID_ARGUMENT for what is no type, for NULL, and when there is an object at this address that has not ended;
 NOT_RUNNING; EXHAUSTED.*/
    pub fn custody_adopt(
        type_: custody_type,
        object: *mut core::ffi::c_void,
    ) -> custody_status;
    /** Check on entry of a library function: 1 when `object` is a living object of `type` that this thread may use; 0, told of,
 otherwise. NULL is never one.*/
    pub fn custody_check(
        type_: custody_type,
        object: *const core::ffi::c_void,
    ) -> core::ffi::c_int;
    /// One more reference to an object of a counted type: 1; or 0, told of, as custody_check.
    pub fn custody_retain(
        type_: custody_type,
        object: *mut core::ffi::c_void,
    ) -> core::ffi::c_int;
    /** Gives up one reference to an object. With CUSTODY_ENDED it is no object any more, and the caller gives its memory back
 (custody_release, if custody_create made it). NULL does nothing and is CUSTODY_KEPT.*/
    pub fn custody_end(
        type_: custody_type,
        object: *mut core::ffi::c_void,
    ) -> custody_ending;
    /** As custody_end, and gives the memory of an object that custody_create made back with the last reference; that of an
 adopted one is left alone. The last 256 objects, of 1 MiB in all and 64 KiB each at most, are kept unused for a while, so
 that late uses of them can be told; they count as released.*/
    pub fn custody_destroy(
        type_: custody_type,
        object: *mut core::ffi::c_void,
    ) -> custody_ending;
}
