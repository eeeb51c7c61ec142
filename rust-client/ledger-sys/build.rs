//! Builds the C library `ledger`, links it as the features say, and has bindgen write its Rust declarations.
//!
//! The directory of the library is handed on as `DEP_LEDGER_LIBDIR`, for packages that link a program: only they can
//! give it a run path.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCES: [&str; 5] = ["account.c", "error.c", "export.c", "memory.c", "statement.c"];

fn main() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ledger");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    println!("cargo:rerun-if-changed={}", library.display());

    if env::var_os("CARGO_FEATURE_DYNAMIC").is_some() {
        link_dynamic(&library, &out);
    } else {
        compiler(&library).compile("ledger");
    }
    println!("cargo:libdir={}", out.display());
    write_bindings(&library, &out);
}

/// The C compiler with the library's sources. Always optimised: only then do its release functions end in jumps, as
/// those of real libraries do.
fn compiler(library: &Path) -> cc::Build {
    let mut build = cc::Build::new();
    build
        .files(SOURCES.map(|source| library.join(source)))
        .include(library)
        .define("_GNU_SOURCE", None)
        .std("c11")
        .opt_level(2)
        .debug(true)
        .pic(true)
        .flag("-fvisibility=hidden")
        .warnings(true)
        .extra_warnings(true);
    build
}

/// Builds `libledger.so` and links it.
fn link_dynamic(library: &Path, out: &Path) {
    let build = compiler(library);
    let objects = build.compile_intermediates();
    let status = Command::new(build.get_compiler().path())
        .args(["-shared", "-Wl,-soname,libledger.so", "-o"])
        .arg(out.join("libledger.so"))
        .args(objects)
        .status()
        .expect("the C compiler starts");
    assert!(status.success(), "linking libledger.so failed: {status}");
    println!("cargo:rustc-link-search=native={}", out.display());
    println!("cargo:rustc-link-lib=dylib=ledger");
}

/// Writes `bindings.rs`. Status codes become a struct around an integer, because a value that a C library returns need
/// not be one of those that its header lists.
fn write_bindings(library: &Path, out: &Path) {
    bindgen::Builder::default()
        .header(library.join("ledger.h").display().to_string())
        .allowlist_item("(ledger|LEDGER)_.*")
        .default_enum_style(bindgen::EnumVariation::NewType { is_bitfield: false, is_global: false })
        .derive_default(true)
        .derive_eq(true)
        .rust_edition(bindgen::RustEdition::Edition2021)
        .formatter(bindgen::Formatter::None)
        .generate()
        .expect("bindgen reads ledger.h")
        .write_to_file(out.join("bindings.rs"))
        .expect("bindings.rs can be written");
}
