//! `include/receipts.h` is what cbindgen makes of the sources. `RECEIPTS_WRITE_HEADER=1 cargo test -p receipts` writes it.

use std::env;
use std::fs;
use std::path::Path;

#[test]
fn the_header_is_the_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let mut made = Vec::new();
    cbindgen::Builder::new()
        .with_config(config)
        .with_src(root.join("src/lib.rs"))
        .generate()
        .expect("cbindgen reads src/lib.rs")
        .write(&mut made);
    let header = root.join("include/receipts.h");
    if env::var_os("RECEIPTS_WRITE_HEADER").is_some() {
        fs::write(&header, &made).expect("the header can be written");
    }
    let stands = fs::read(&header).unwrap_or_default();
    assert!(stands == made, "receipts.h differs: RECEIPTS_WRITE_HEADER=1 cargo test -p receipts writes it");
}
