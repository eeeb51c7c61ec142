//! Gives the tests and examples of this package the run path of `libcustody.so`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let link = std::env::var("DEP_CUSTODY_LINK").expect("custody-sys says how Custody is linked");
    match std::env::var("DEP_CUSTODY_LIBDIR") {
        Ok(directory) if link == "dynamic" => println!("cargo:rustc-link-arg=-Wl,-rpath,{directory}"),
        _ => {}
    }
}
