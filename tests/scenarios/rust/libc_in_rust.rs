//! Rust that uses libc's memory rightly: libc::free on malloc's blocks, fs::canonicalize (std frees what realpath made),
//! environment, threads, files, processes. Nothing of it crosses anything.
//!
//! @run good
//! @origin correct libc::free called from Rust on a block of malloc, and std::fs::canonicalize
//! @forbid cross-side-free
//! @forbid cross-allocator-free

use std::collections::HashMap;
use std::ffi::{c_char, c_void, CStr};
use std::hint::black_box;
use std::io::Read;
use std::net::ToSocketAddrs;
use std::process::Command;

extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
    fn strdup(text: *const c_char) -> *mut c_char;
    fn realpath(path: *const c_char, resolved: *mut c_char) -> *mut c_char;
}

fn libc_blocks() {
    // SAFETY: every block is malloc's and goes to free once.
    unsafe {
        free(black_box(malloc(57)));
        free(black_box(strdup(c"a copy".as_ptr())).cast());
        let path = realpath(c"/usr/bin/../lib".as_ptr(), std::ptr::null_mut());
        assert!(!CStr::from_ptr(path).to_bytes().is_empty());
        free(path.cast());
    }
}

fn files() {
    let path = std::fs::canonicalize("/usr/bin/../lib").unwrap();
    assert!(path.starts_with("/usr"));
    let mut text = String::new();
    std::fs::File::open("/proc/self/maps").unwrap().read_to_string(&mut text).unwrap();
    assert!(std::fs::read_dir("/usr").unwrap().count() > 2 && text.len() > 100);
    assert!(std::env::current_dir().is_ok() && std::env::vars().count() > 0);
    assert!(("127.0.0.1", 80).to_socket_addrs().unwrap().count() == 1);
}

fn threads() {
    let workers: Vec<_> = (0..8).map(|n| std::thread::spawn(move || vec![n; 1000 * (n + 1)])).collect();
    let total: usize = workers.into_iter().map(|worker| worker.join().unwrap().len()).sum();
    assert_eq!(total, 36000);
    let caught = std::panic::catch_unwind(|| panic!("{}", black_box("a panic with a text")));
    assert!(caught.is_err());
}

fn processes() {
    let output = Command::new("/bin/echo").arg("child").output().unwrap();
    assert_eq!(output.stdout, b"child\n");
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    libc_blocks();
    files();
    threads();
    processes();
    let words: HashMap<String, usize> = (0..500).map(|n| (format!("word {n}"), n)).collect();
    assert_eq!(words["word 321"], 321);
    println!("done");
}
