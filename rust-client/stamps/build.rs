//! Builds the C++ side of the bridge, which uses `custody/custody.hpp`. `CUSTODY_LIB_DIR` names the directory of `libcustody.so`;
//! without it, C++ is compiled with `CUSTODY_DISABLE`.

use std::env;

fn main() {
    let custody = env::var("CUSTODY_LIB_DIR").ok();
    for place in ["src/lib.rs", "src/album.cc", "include/album.h"] {
        println!("cargo:rerun-if-changed={place}");
    }
    println!("cargo:rerun-if-env-changed=CUSTODY_LIB_DIR");

    let mut build = cxx_build::bridge("src/lib.rs");
    build.file("src/album.cc").include("include").include("../../include").std("c++17").debug(true).warnings(true);
    if custody.is_none() {
        build.define("CUSTODY_DISABLE", None);
    }
    build.compile("stamps");
    if let Some(custody) = custody {
        println!("cargo:rustc-link-search=native={custody}");
        println!("cargo:rustc-link-lib=dylib=custody");
        println!("cargo:rustc-link-arg=-Wl,-rpath,{custody}");
    }
}
