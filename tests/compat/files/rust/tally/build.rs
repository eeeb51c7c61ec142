use std::{env, fs, path::Path};

fn main() {
    let words: Vec<String> = (0..500).map(|n| format!("\"w{n}\"")).collect();
    let text = format!("pub const WORDS: [&str; {}] = [{}];", words.len(), words.join(","));
    fs::write(Path::new(&env::var("OUT_DIR").unwrap()).join("words.rs"), text).unwrap();
    println!("cargo:rerun-if-changed=build.rs");
}
