//! Finds the library and links it as the features say. Where it was found:
//!
//! 1. in `CUSTODY_LIB_DIR`, with headers in `CUSTODY_INCLUDE_DIR` (by itself `CUSTODY_LIB_DIR/../include`);
//! 2. through pkg-config;
//! 3. in `build/` of the repository that this crate lies in.
//!
//! Tells packages that depend on this one directly, as `DEP_CUSTODY_LINK` ("static", "dynamic" or "disabled"),
//! `DEP_CUSTODY_LIBDIR` and `DEP_CUSTODY_INCLUDE`. Those that link a program need the directory for its run path.

mod find;

#[cfg(feature = "bindgen")]
mod bindings;

use find::{Kind, Library};

fn main() {
    println!("cargo:rerun-if-changed=build");
    println!("cargo:rerun-if-changed=wrapper.h");
    for name in ["CUSTODY_LIB_DIR", "CUSTODY_INCLUDE_DIR"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    let kind = Kind::of_features();
    println!("cargo:link={}", kind.name());
    if kind == Kind::Disabled {
        compile_disabled();
        return;
    }
    match find::library(kind) {
        Ok(library) => {
            link(kind, &library);
            write_bindings(library.include.as_deref());
        }
        Err(places) => stop(kind, &places),
    }
}

/// The lines that cargo links by.
fn link(kind: Kind, library: &Library) {
    let directory = library.directory.display();
    println!("cargo:rerun-if-changed={}", library.file.display());
    println!("cargo:rustc-link-search=native={directory}");
    match kind {
        Kind::Dynamic => {
            println!("cargo:rustc-link-lib=dylib=custody");
            println!("cargo:rustc-link-arg=-Wl,-rpath,{directory}");
        }
        // Not bundled into the crate: it would be copied into every rlib on the way.
        _ => println!("cargo:rustc-link-lib=static:-bundle=custody"),
    }
    println!("cargo:libdir={directory}");
    if let Some(include) = &library.include {
        println!("cargo:include={}", include.display());
    }
}

/// Custody compiled out: its headers are all that is needed, and a C compiler.
fn compile_disabled() {
    let Some(include) = find::headers() else {
        eprintln!(
            "error: Custody's headers were not found, which compile it out; CUSTODY_INCLUDE_DIR says where they are"
        );
        std::process::exit(1)
    };
    println!("cargo:rerun-if-changed=src/disabled.c");
    println!("cargo:rerun-if-changed={}", include.join("custody").display());
    cc::Build::new()
        .file("src/disabled.c")
        .include(&include)
        .std("c11")
        .warnings(true)
        .extra_warnings(true)
        .compile("custody_disabled");
    println!("cargo:include={}", include.display());
    write_bindings(Some(&include));
}

#[cfg(feature = "bindgen")]
fn write_bindings(include: Option<&std::path::Path>) {
    let include = include.unwrap_or_else(|| {
        eprintln!("error: the feature `bindgen` needs Custody's headers; CUSTODY_INCLUDE_DIR says where they are");
        std::process::exit(1)
    });
    println!("cargo:rerun-if-changed={}", include.join("custody").display());
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let text = bindings::generate(include).expect("bindgen reads custody.h");
    std::fs::write(out.join("bindings.rs"), text).expect("bindings.rs can be written");
}

#[cfg(not(feature = "bindgen"))]
fn write_bindings(_include: Option<&std::path::Path>) {}

/// Ends the build with what was looked for, and what can be done.
fn stop(kind: Kind, places: &[String]) -> ! {
    eprintln!("error: Custody was not found: {} is in none of these places:", kind.file());
    for place in places {
        eprintln!("  - {place}");
    }
    eprintln!("Install Custody, or build it (`make` in its repository) and set CUSTODY_LIB_DIR to the directory of");
    eprintln!("{}. The feature `disabled` compiles Custody out, and needs no library.", kind.file());
    std::process::exit(1)
}
