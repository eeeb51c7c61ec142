//! Group E: handles of a C library that Rust wraps wrongly. Without the ownership API the blocks behind the handles speak
//! for them: what is released twice or never is told, a wrong thread is not.
//!
//! @libs harp
//! @run borrowed
//! @origin E libpulse-binding < 1.2.1, RUSTSEC-2018-0021
//! @expect double-free error exact owner=$harp/c/malloc by=$harp/c/malloc call=free size=94 alloc=$harp release=* first=*
//! @run array-as-element
//! @origin E rust-libxml issue 214
//! @expect leak error exact owner=$harp/c/malloc class=definite blocks=4 bytes=64
//! @expect leak error exact owner=$harp/c/malloc class=definite blocks=1 bytes=7
//! @expect leak error exact owner=$harp/c/malloc class=indirect blocks=4 bytes=28
//! @run release-twice
//! @origin E arrow-adbc issue 4178
//! @expect double-free error exact owner=$harp/c/malloc by=$harp/c/malloc call=free size=95 alloc=$harp release=* first=*
//! @run wrong-thread
//! @origin E wayland-rs issue 290
//! @run good

use std::ffi::c_void;
use std::hint::black_box;

extern "C" {
    fn harp_stream_open() -> *mut c_void;
    fn harp_stream_props(stream: *mut c_void) -> *mut c_void;
    fn harp_stream_close(stream: *mut c_void);
    fn harp_props_new() -> *mut c_void;
    fn harp_props_free(props: *mut c_void);
    fn harp_nodes_new(count: usize) -> *mut *mut c_void;
    fn harp_nodes_free(nodes: *mut *mut c_void, count: usize);
    fn harp_node_free(node: *mut c_void);
    fn harp_table_fill(table: *mut Table);
    fn harp_surface_new() -> *mut c_void;
    fn harp_surface_destroy(surface: *mut c_void);
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Table {
    rows: *mut c_void,
    release: Option<unsafe extern "C" fn(*mut Table)>,
}

/// Properties as the binding has them: whoever made them, dropping them releases them.
struct Props(*mut c_void);

impl Drop for Props {
    fn drop(&mut self) {
        // SAFETY: as good as whoever made this.
        unsafe { harp_props_free(self.0) }
    }
}

/// A surface that may be sent to other threads, which its library forbids.
struct Surface(*mut c_void);

// SAFETY: none: that is the bug.
unsafe impl Send for Surface {}

impl Surface {
    fn destroy(self) {
        // SAFETY: made by harp_surface_new, and this consumes it.
        unsafe { harp_surface_destroy(self.0) }
    }
}

unsafe fn filled() -> Table {
    let mut table = Table { rows: std::ptr::null_mut(), release: None };
    harp_table_fill(&mut table);
    table
}

unsafe fn release(mut table: Table) {
    if let Some(release) = black_box(table.release) {
        release(&mut table);
    }
}

unsafe fn borrowed() {
    let stream = harp_stream_open();
    drop(black_box(Props(harp_stream_props(stream))));
    harp_stream_close(stream);
}

unsafe fn good() {
    let stream = harp_stream_open();
    black_box(harp_stream_props(stream));
    harp_stream_close(stream);
    drop(black_box(Props(harp_props_new())));
    harp_nodes_free(black_box(harp_nodes_new(5)), 5);
    release(black_box(filled()));
    Surface(harp_surface_new()).destroy();
}

fn main() {
    let what = std::env::args().nth(1).unwrap_or_default();
    // SAFETY: none: all but the last break what the library asks for.
    unsafe {
        match what.as_str() {
            "borrowed" => borrowed(),
            "array-as-element" => harp_node_free(black_box(harp_nodes_new(5)).cast()),
            "release-twice" => {
                let table = black_box(filled());
                release(table);
                release(table);
            }
            "wrong-thread" => {
                let surface = Surface(harp_surface_new());
                std::thread::spawn(move || surface.destroy()).join().unwrap();
            }
            _ => good(),
        }
    }
    black_box(&mut [0u8; 1 << 12]); // no remains of a pointer on the stack
    println!("done");
}
