//! Builds the C library `till`. How it is linked say the `link` attributes of `src/sys.rs`; here is only where it is found.
//!
//! `CUSTODY_LIB_DIR` names the directory of `libcustody.so`, which the library then links; without it, it is compiled with
//! `CUSTODY_DISABLE`. Directories that a program needs in its run path are handed on as `DEP_TILL_LIBDIR` and
//! `DEP_TILL_CUSTODY`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let custody = env::var("CUSTODY_LIB_DIR").ok();
    println!("cargo:rerun-if-changed={}", root.join("till").display());
    println!("cargo:rerun-if-env-changed=CUSTODY_LIB_DIR");

    let mut build = cc::Build::new();
    build
        .file(root.join("till/till.c"))
        .include(root.join("till"))
        .include(root.join("../include"))
        .define("_GNU_SOURCE", None)
        .std("c11")
        .opt_level(2)
        .debug(true)
        .pic(true)
        .flag("-fvisibility=hidden")
        .flag("-fexceptions")
        .warnings(true)
        .extra_warnings(true)
        .cargo_metadata(false);
    if custody.is_none() {
        build.define("CUSTODY_DISABLE", None);
    }
    if env::var_os("CARGO_FEATURE_DYNAMIC").is_some() {
        link_dynamic(&build, &out, custody.as_deref());
    } else {
        build.compile("till");
    }
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:libdir={}", out.display());
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", out.display());
    if let Some(custody) = custody {
        println!("cargo:rustc-link-search=native={custody}");
        println!("cargo:rustc-link-lib=dylib=custody");
        println!("cargo:rustc-link-arg=-Wl,-rpath,{custody}");
        println!("cargo:custody={custody}");
    }
}

/// Builds `libtill.so`.
fn link_dynamic(build: &cc::Build, out: &Path, custody: Option<&str>) {
    let mut linker = Command::new(build.get_compiler().path());
    linker.args(["-shared", "-Wl,-soname,libtill.so", "-o"]).arg(out.join("libtill.so"));
    linker.args(build.compile_intermediates());
    if let Some(custody) = custody {
        linker.args([&format!("-L{custody}"), "-lcustody", &format!("-Wl,-rpath,{custody}")]);
    }
    let status = linker.status().expect("the C compiler starts");
    assert!(status.success(), "linking libtill.so failed: {status}");
}
