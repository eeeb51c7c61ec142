//! The bugs by name, with what Custody is expected to say of each: one table for people, scripts and the dispatcher.

use crate::bugs::{boundary, from_c, from_rust, handles, layout, never};
use crate::Outcome;

/// A bug, its correct twin, and what is found in it.
pub struct Bug {
    /// The subcommand.
    pub name: &'static str,
    /// Which family it belongs to; a heading of [`GROUPS`].
    pub group: char,
    /// One line on what is done wrong.
    pub summary: &'static str,
    /// The findings, each of which is in the log once, beside no other error or warning.
    pub findings: &'static [Finding],
    /// The work done wrong.
    pub bad: fn() -> Outcome,
    /// The same work done right.
    pub good: fn() -> Outcome,
}

/// One expected finding, in the words of the audit log.
pub struct Finding {
    pub kind: &'static str,
    pub severity: &'static str,
    /// Who owns the block and who releases it, as side/contract; `-` where there is none. The side is `client`, or
    /// `ledger` or `till`, which is the client itself when the libraries are linked into it.
    pub owner: &'static str,
    pub by: &'static str,
    /// Bytes of the block; 0 where there is none.
    pub size: usize,
}

/// The families of bugs.
const GROUPS: [(char, &str); 6] = [
    ('A', "allocated by Rust, released by C or C++"),
    ('B', "allocated by C, released by Rust"),
    ('C', "released by its own side, with the wrong layout"),
    ('E', "handles, loans, buffers and threads"),
    ('F', "never released"),
    ('U', "a panic that goes through C"),
];

const RUST: &str = "client/rust";
const CLIENT_C: &str = "client/malloc";
const CLIENT_CXX: &str = "client/new";
const LEDGER: &str = "ledger/malloc";
const TILL: &str = "till/malloc";
const TILL_OBJECT: &str = "till/custody";
const NOBODY: &str = "-";

const fn error(kind: &'static str, owner: &'static str, by: &'static str, size: usize) -> Finding {
    Finding { kind, severity: "error", owner, by, size }
}

const fn crossing(owner: &'static str, by: &'static str, size: usize) -> Finding {
    error("cross-allocator-free", owner, by, size)
}

const fn wrong_layout(size: usize) -> Finding {
    error("layout-mismatch", RUST, RUST, size)
}

const fn leak(owner: &'static str, size: usize) -> Finding {
    error("leak", owner, NOBODY, size)
}

/// What the till told of on entry: an object of its own, and the library itself that checked.
const fn misuse(kind: &'static str, size: usize) -> Finding {
    error(kind, TILL_OBJECT, TILL_OBJECT, size)
}

/// A till or a drawer that was never released.
const fn handle_leak(size: usize) -> Finding {
    error("handle-leak", TILL_OBJECT, NOBODY, size)
}

/// Builds one row. Sizes come from the module that makes the block, so that table and bug cannot drift apart.
macro_rules! bug {
    ($name:literal, $group:literal, $module:ident :: $function:ident, $summary:literal, [$($finding:expr),* $(,)?]) => {
        Bug {
            name: $name,
            group: $group,
            summary: $summary,
            findings: &[$($finding),*],
            bad: $module::$function::bad,
            good: $module::$function::good,
        }
    };
}

/// Every bug, by group.
#[rustfmt::skip]
pub const BUGS: &[Bug] = &[
    bug!("cstring-to-free", 'A', from_rust::cstring_to_free,
        "a CString from a Rust API is given to free() by its C caller",
        [crossing(RUST, CLIENT_C, from_rust::cstring_to_free::SIZE)]),
    bug!("cstring-to-wrapper", 'A', from_rust::cstring_to_wrapper,
        "a CString from a Rust API is released with std::free by a C++ smart pointer",
        [crossing(RUST, CLIENT_C, from_rust::cstring_to_wrapper::SIZE)]),
    bug!("box-to-free", 'A', from_rust::box_to_free,
        "a Box is given to the library's release function, which is free()",
        [crossing(RUST, LEDGER, from_rust::box_to_free::SIZE)]),
    bug!("boxed-slice-to-free", 'A', from_rust::boxed_slice_to_free,
        "a Box<[u8]> is attached without a release callback, so the library uses free()",
        [crossing(RUST, LEDGER, from_rust::boxed_slice_to_free::SIZE)]),
    bug!("rust-to-operator-delete", 'A', from_rust::rust_to_operator_delete,
        "a C++ object in Rust's memory is ended by its deleting destructor",
        [crossing(RUST, CLIENT_CXX, from_rust::rust_to_operator_delete::SIZE)]),
    bug!("strdup-contract", 'A', from_rust::strdup_contract,
        "a callback that should return a library string returns a CString",
        [crossing(RUST, LEDGER, from_rust::strdup_contract::SIZE)]),

    bug!("realloc-to-vec", 'B', from_c::realloc_to_vec,
        "a buffer grown with realloc() becomes a Vec",
        [crossing(LEDGER, RUST, from_c::realloc_to_vec::SIZE)]),
    bug!("malloc-to-vec", 'B', from_c::malloc_to_vec,
        "an array from malloc() becomes a Vec",
        [crossing(LEDGER, RUST, from_c::malloc_to_vec::SIZE)]),
    bug!("arrays-to-vec", 'B', from_c::arrays_to_vec,
        "five arrays from malloc() become Vecs; the library's release function is not called",
        [crossing(LEDGER, RUST, 8 * from_c::arrays_to_vec::COUNT),
         crossing(LEDGER, RUST, 4 * from_c::arrays_to_vec::COUNT),
         crossing(LEDGER, RUST, 8 * from_c::arrays_to_vec::COUNT),
         crossing(LEDGER, RUST, 2 * from_c::arrays_to_vec::COUNT),
         crossing(LEDGER, RUST, from_c::arrays_to_vec::COUNT)]),
    bug!("strdup-to-cstring", 'B', from_c::strdup_to_cstring,
        "a string from strdup() becomes a CString",
        [crossing(LEDGER, RUST, from_c::strdup_to_cstring::SIZE)]),
    bug!("library-string-to-cstring", 'B', from_c::library_string_to_cstring,
        "a string that the library still owns becomes a CString, and the library releases it again",
        [crossing(LEDGER, RUST, from_c::library_string_to_cstring::SIZE),
         error("double-free", LEDGER, LEDGER, from_c::library_string_to_cstring::SIZE)]),
    bug!("literal-to-cstring", 'B', from_c::literal_to_cstring,
        "a string literal of the library becomes a CString",
        [error("invalid-free", NOBODY, RUST, 0)]),

    bug!("wrong-capacity", 'C', layout::wrong_capacity,
        "a Vec with spare capacity is taken back as if it had none",
        [wrong_layout(layout::wrong_capacity::SIZE)]),
    bug!("boxed-slice-as-box", 'C', layout::boxed_slice_as_box,
        "a Box<[T]> is released as a Box<T>",
        [wrong_layout(layout::boxed_slice_as_box::SIZE)]),
    bug!("cstring-of-binary", 'C', layout::cstring_of_binary,
        "binary data with a NUL inside is released as a CString",
        [wrong_layout(layout::cstring_of_binary::SIZE)]),
    bug!("overaligned-as-vec", 'C', layout::overaligned_as_vec,
        "an over-aligned buffer is released as a Vec<u8>",
        [wrong_layout(layout::overaligned_as_vec::SIZE)]),
    bug!("capacity-as-length", 'C', layout::capacity_as_length,
        "a collected Vec is taken back as if its capacity were its length",
        [wrong_layout(layout::capacity_as_length::SIZE)]),

    bug!("buffer-overclaim", 'E', boundary::buffer_overclaim,
        "a renderer reports a length above the capacity of the caller's buffer",
        []),

    bug!("wrong-thread", 'E', handles::wrong_thread,
        "a handle that belongs to one thread is used on another",
        [misuse("wrong-thread", handles::TILL_SIZE)]),
    bug!("handles-confused", 'E', handles::handles_confused,
        "a drawer is given to the function that closes tills: both are void *",
        [misuse("wrong-type", handles::DRAWER_SIZE)]),
    bug!("closed-twice", 'E', handles::closed_twice,
        "a handle is closed twice",
        [misuse("stale-handle", handles::TILL_SIZE)]),
    bug!("borrowed-as-owned", 'E', handles::borrowed_as_owned,
        "what the library only lends is released, and then again by the library",
        [misuse("stale-handle", handles::DRAWER_SIZE)]),
    bug!("buffer-too-small", 'E', handles::buffer_too_small,
        "a buffer is said to be larger than it is",
        [error("buffer-overrun", RUST, TILL_OBJECT, handles::buffer_too_small::SIZE)]),
    bug!("dropped-while-lent", 'E', handles::dropped_while_lent,
        "a buffer is dropped while the library goes on writing to it",
        [error("released-while-lent", RUST, RUST, handles::dropped_while_lent::SIZE),
         error("lend-outlived", "client/unknown", TILL_OBJECT, 0)]),
    bug!("data-dropped-early", 'E', handles::data_dropped_early,
        "the user data of a callback is dropped while the callback is registered",
        [error("released-while-lent", RUST, RUST, handles::data_dropped_early::SIZE)]),

    bug!("enum-without-repr", 'C', handles::enum_without_repr,
        "an enum with data is released as one that is not laid out as C's",
        [wrong_layout(handles::enum_without_repr::SIZE)]),

    bug!("never-closed", 'F', handles::never_closed,
        "a handle is never closed",
        [handle_leak(handles::TILL_SIZE), handle_leak(handles::DRAWER_SIZE)]),
    bug!("destructor-never-called", 'F', never::destructor_never_called,
        "an account of the library is created and never destroyed",
        [leak(LEDGER, never::destructor_never_called::SIZE)]),
    bug!("into-raw-forgotten", 'F', never::into_raw_forgotten,
        "a CString is turned into a pointer that nobody takes back",
        [leak(RUST, never::into_raw_forgotten::SIZE)]),

    bug!("panic-through-c", 'U', handles::panic_through_c,
        "a callback panics, and the frame of C that called it is unwound with what it holds",
        [leak(TILL, handles::panic_through_c::SIZE)]),
];

/// The bug of this name.
pub fn find(name: &str) -> Option<&'static Bug> {
    BUGS.iter().find(|bug| bug.name == name)
}

/// Prints the bugs for people.
pub fn print_list() -> Outcome {
    for (group, heading) in GROUPS {
        println!("{group}  {heading}");
        for bug in BUGS.iter().filter(|bug| bug.group == group) {
            println!("   {:<26} {:<28} {}", bug.name, said_of(bug), bug.summary);
        }
    }
    Ok(())
}

/// Kind and severity of what is found first.
fn said_of(bug: &Bug) -> String {
    bug.findings.first().map_or("no finding".into(), |finding| format!("{} ({})", finding.kind, finding.severity))
}

/// Prints the bugs for scripts, one line a finding, tab-separated: name, group, the fields of [`Finding`], summary.
/// A bug without findings has one line with `-` for them.
pub fn print_table() -> Outcome {
    for Bug { name, group, summary, findings, .. } in BUGS {
        if findings.is_empty() {
            println!("{name}\t{group}\t-\t-\t-\t-\t0\t{summary}");
        }
        for Finding { kind, severity, owner, by, size } in *findings {
            println!("{name}\t{group}\t{kind}\t{severity}\t{owner}\t{by}\t{size}\t{summary}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bug_has_a_name_of_its_own_and_a_known_group() {
        for (i, bug) in BUGS.iter().enumerate() {
            assert_eq!(BUGS.iter().position(|other| other.name == bug.name), Some(i), "{}", bug.name);
            assert!(GROUPS.iter().any(|(group, _)| *group == bug.group), "{}", bug.name);
        }
    }

    #[test]
    fn no_two_bugs_have_blocks_of_the_same_size() {
        for (i, bug) in BUGS.iter().enumerate() {
            for finding in bug.findings.iter().filter(|finding| finding.size > 0 && finding.owner != TILL_OBJECT) {
                let others = BUGS.iter().enumerate().filter(|(j, _)| *j != i).flat_map(|(_, other)| other.findings);
                assert!(!others.into_iter().any(|other| other.size == finding.size), "{}", bug.name);
            }
        }
    }

    #[test]
    fn bugs_are_found_by_name() {
        assert_eq!(find("box-to-free").map(|bug| bug.group), Some('A'));
        assert!(find("box").is_none());
    }
}
