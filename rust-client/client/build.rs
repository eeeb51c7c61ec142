//! Builds the C and C++ parts of the client, and gives it the run path of the libraries that it may need.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=native");
    for place in ["DEP_LEDGER_LIBDIR", "DEP_TILL_LIBDIR", "DEP_TILL_CUSTODY"] {
        if let Ok(libdir) = env::var(place) {
            println!("cargo:rustc-link-arg=-Wl,-rpath,{libdir}");
        }
    }
    common().file("native/callers.c").file("native/renderers.c").std("c11").compile("client_c");
    common().cpp(true).file("native/wrapper.cc").file("native/instrument.cc").std("c++17").compile("client_cxx");
}

/// A compiler with what both languages share: optimised, so that calls in last place become jumps, and with frame
/// pointers, so that stacks are whole.
fn common() -> cc::Build {
    let mut build = cc::Build::new();
    build.include("native").include("../ledger").opt_level(2).debug(true).warnings(true).extra_warnings(true);
    build
}
