//! The bridge done right, and, on request, what is done wrong at it: the same words as the client's.
//!
//! ```text
//! album clean          both ways, as they should be
//! album list --tsv     the bugs, as `client list --tsv`
//! album BUG            one bug
//! album good BUG       the same work done rightly
//! ```

use std::process::ExitCode;

use cxx::UniquePtr;
use stamps::{ffi, Stamp};

/// Bytes of an album and of a stamp.
const ALBUM_SIZE: usize = 1264;
const STAMP_SIZE: usize = size_of::<Stamp>();

/// A finding, in the words of the client's table: kind, owner, by, bytes.
type Finding = (&'static str, &'static str, &'static str, usize);

/// A bug: its name, what is found, what is wrong, and the work, which is told whether to do it wrong.
type Bug = (&'static str, &'static [Finding], &'static str, fn(bool));

const BUGS: &[Bug] = &[
    (
        "unique-ptr-forgotten",
        &[("handle-leak", "album/new", "-", ALBUM_SIZE), ("leak", "album/new", "-", ALBUM_SIZE)],
        "a UniquePtr is turned into a pointer that nobody takes back",
        unique_ptr_forgotten,
    ),
    (
        "box-to-delete",
        &[("cross-allocator-free", "album/rust", "album/new", STAMP_SIZE)],
        "a Box that Rust handed to C++ is given to operator delete",
        box_to_delete,
    ),
    (
        "used-after-delete",
        &[("stale-handle", "album/new", "album/custody", ALBUM_SIZE)],
        "an album is used by a pointer that outlived its UniquePtr",
        used_after_delete,
    ),
];

fn unique_ptr_forgotten(is_bad: bool) {
    let album = ffi::album_new("blue ones").into_raw();
    if !is_bad {
        // SAFETY: the pointer came from `into_raw`, and is taken back once.
        drop(unsafe { UniquePtr::from_raw(album) });
    }
    println!("an album was given up by its UniquePtr");
}

fn box_to_delete(is_bad: bool) {
    let stamp = Box::into_raw(Box::new(Stamp::worth(20)));
    // SAFETY: right only when C++ takes it for the box that it is.
    unsafe {
        if is_bad {
            ffi::delete_stamp(stamp);
        } else {
            ffi::drop_stamp(stamp);
        }
    }
    println!("C++ released a stamp of {STAMP_SIZE} bytes");
}

fn used_after_delete(is_bad: bool) {
    let mut album = Some(ffi::album_new("blue ones"));
    let kept: *const ffi::Album = &**album.as_ref().expect("it was just made");
    if is_bad {
        album = None;
    }
    // SAFETY: right only while the album lives, which it asks Custody.
    let worth = unsafe { &*kept }.worth();
    println!("an album is worth {worth}");
    drop(album);
}

fn clean() {
    let mut album = ffi::album_new("blue ones");
    for cents in 0..10 {
        album.pin_mut().add(Box::new(Stamp::worth(cents))).expect("there is room");
    }
    let stamp = album.pin_mut().take().expect("there is a stamp");
    println!("{} and {} cents, receipt of {}", album.worth(), stamp.cents(), ffi::receipt_in_cxx(&album));
}

fn print_table() {
    for (name, findings, summary, _) in BUGS {
        for (kind, owner, by, size) in *findings {
            println!("{name}\tX\t{kind}\terror\t{owner}\t{by}\t{size}\t{summary}");
        }
    }
}

fn run_bug(name: &str, is_bad: bool) -> ExitCode {
    match BUGS.iter().find(|bug| bug.0 == name) {
        Some((.., work)) => work(is_bad),
        None => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["clean"] => clean(),
        ["list", ..] => print_table(),
        ["good", name] => return run_bug(name, false),
        [name] => return run_bug(name, true),
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}
