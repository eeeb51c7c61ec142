//! Gives the tests of this package the run path of `libledger.so`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let libdir = std::env::var("DEP_LEDGER_LIBDIR").expect("ledger-sys says where its library is");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{libdir}");
}
