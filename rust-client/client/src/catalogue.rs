//! The bugs by name, with what Custody is expected to say of each: one table for people, scripts and the dispatcher.

use crate::bugs::{boundary, from_c, from_rust, layout, never};
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
    /// Contracts of the owner and of the releaser; `-` where there is none.
    pub owner: &'static str,
    pub by: &'static str,
    /// Bytes of the block; 0 where there is none.
    pub size: usize,
}

/// The families of bugs.
const GROUPS: [(char, &str); 5] = [
    ('A', "allocated by Rust, released by C or C++"),
    ('B', "allocated by C, released by Rust"),
    ('C', "released by its own side, with the wrong layout"),
    ('F', "never released"),
    (
        'E',
        "reported length above capacity; the safe crate refuses it, Custody has nothing to find",
    ),
];

const fn error(kind: &'static str, owner: &'static str, by: &'static str, size: usize) -> Finding {
    Finding {
        kind,
        severity: "error",
        owner,
        by,
        size,
    }
}

const fn rust_to_c(size: usize) -> Finding {
    error("cross-allocator-free", "rust", "malloc", size)
}

const fn c_to_rust(size: usize) -> Finding {
    error("cross-allocator-free", "malloc", "rust", size)
}

const fn layout_of(size: usize) -> Finding {
    error("layout-mismatch", "rust", "rust", size)
}

const fn leak(owner: &'static str, size: usize) -> Finding {
    Finding {
        kind: "leak",
        severity: "note",
        owner,
        by: "-",
        size,
    }
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
        [rust_to_c(from_rust::cstring_to_free::SIZE)]),
    bug!("cstring-to-wrapper", 'A', from_rust::cstring_to_wrapper,
        "a CString from a Rust API is released with std::free by a C++ smart pointer",
        [rust_to_c(from_rust::cstring_to_wrapper::SIZE)]),
    bug!("box-to-free", 'A', from_rust::box_to_free,
        "a Box is given to the library's release function, which is free()",
        [rust_to_c(from_rust::box_to_free::SIZE)]),
    bug!("boxed-slice-to-free", 'A', from_rust::boxed_slice_to_free,
        "a Box<[u8]> is attached without a release callback, so the library uses free()",
        [rust_to_c(from_rust::boxed_slice_to_free::SIZE)]),
    bug!("rust-to-operator-delete", 'A', from_rust::rust_to_operator_delete,
        "a C++ object in Rust's memory is ended by its deleting destructor",
        [error("cross-allocator-free", "rust", "new", from_rust::rust_to_operator_delete::SIZE)]),
    bug!("strdup-contract", 'A', from_rust::strdup_contract,
        "a callback that should return a library string returns a CString",
        [rust_to_c(from_rust::strdup_contract::SIZE)]),

    bug!("realloc-to-vec", 'B', from_c::realloc_to_vec,
        "a buffer grown with realloc() becomes a Vec",
        [c_to_rust(from_c::realloc_to_vec::SIZE)]),
    bug!("malloc-to-vec", 'B', from_c::malloc_to_vec,
        "an array from malloc() becomes a Vec",
        [c_to_rust(from_c::malloc_to_vec::SIZE)]),
    bug!("arrays-to-vec", 'B', from_c::arrays_to_vec,
        "five arrays from malloc() become Vecs; the library's release function is not called",
        [c_to_rust(8 * from_c::arrays_to_vec::COUNT), c_to_rust(4 * from_c::arrays_to_vec::COUNT),
         c_to_rust(8 * from_c::arrays_to_vec::COUNT), c_to_rust(2 * from_c::arrays_to_vec::COUNT),
         c_to_rust(from_c::arrays_to_vec::COUNT)]),
    bug!("strdup-to-cstring", 'B', from_c::strdup_to_cstring,
        "a string from strdup() becomes a CString",
        [c_to_rust(from_c::strdup_to_cstring::SIZE)]),
    bug!("library-string-to-cstring", 'B', from_c::library_string_to_cstring,
        "a string that the library still owns becomes a CString, and the library releases it again",
        [c_to_rust(from_c::library_string_to_cstring::SIZE),
         error("double-free", "malloc", "malloc", from_c::library_string_to_cstring::SIZE)]),
    bug!("literal-to-cstring", 'B', from_c::literal_to_cstring,
        "a string literal of the library becomes a CString",
        [error("invalid-free", "-", "rust", 0)]),

    bug!("wrong-capacity", 'C', layout::wrong_capacity,
        "a Vec with spare capacity is taken back as if it had none",
        [layout_of(layout::wrong_capacity::SIZE)]),
    bug!("boxed-slice-as-box", 'C', layout::boxed_slice_as_box,
        "a Box<[T]> is released as a Box<T>",
        [layout_of(layout::boxed_slice_as_box::SIZE)]),
    bug!("cstring-of-binary", 'C', layout::cstring_of_binary,
        "binary data with a NUL inside is released as a CString",
        [layout_of(layout::cstring_of_binary::SIZE)]),
    bug!("overaligned-as-vec", 'C', layout::overaligned_as_vec,
        "an over-aligned buffer is released as a Vec<u8>",
        [layout_of(layout::overaligned_as_vec::SIZE)]),
    bug!("capacity-as-length", 'C', layout::capacity_as_length,
        "a collected Vec is taken back as if its capacity were its length",
        [layout_of(layout::capacity_as_length::SIZE)]),

    bug!("destructor-never-called", 'F', never::destructor_never_called,
        "an account of the library is created and never destroyed",
        [leak("malloc", never::destructor_never_called::SIZE)]),
    bug!("into-raw-forgotten", 'F', never::into_raw_forgotten,
        "a CString is turned into a pointer that nobody takes back",
        [leak("rust", never::into_raw_forgotten::SIZE)]),

    bug!("buffer-overclaim", 'E', boundary::buffer_overclaim,
        "a renderer reports a length above the capacity of the caller's buffer",
        []),
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
    bug.findings.first().map_or("no finding".into(), |finding| {
        format!("{} ({})", finding.kind, finding.severity)
    })
}

/// Prints the bugs for scripts, one line a finding, tab-separated: name, group, kind, severity, contract of the owner,
/// contract of the releaser, bytes of the block. A bug without findings has one line with `-` for them.
pub fn print_table() -> Outcome {
    for bug in BUGS {
        if bug.findings.is_empty() {
            println!("{}\t{}\t-\t-\t-\t-\t0", bug.name, bug.group);
        }
        for Finding {
            kind,
            severity,
            owner,
            by,
            size,
        } in bug.findings
        {
            println!("{}\t{}\t{kind}\t{severity}\t{owner}\t{by}\t{size}", bug.name, bug.group);
        }
    }
    Ok(())
}
