//! Where the library and its headers are.

use std::env;
use std::path::{Path, PathBuf};

/// How the library is linked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Into the program: libcustody.a.
    Static,
    /// At run time: libcustody.so.
    Dynamic,
    /// Not at all.
    Disabled,
}

impl Kind {
    /// What the features ask for. Of several kinds the later in this list wins: features of a crate add up over all
    /// that depend on it, and whoever compiles Custody out means it.
    pub fn of_features() -> Self {
        if env::var_os("CARGO_FEATURE_DISABLED").is_some() {
            Kind::Disabled
        } else if env::var_os("CARGO_FEATURE_DYNAMIC").is_some() {
            Kind::Dynamic
        } else {
            Kind::Static
        }
    }

    /// The feature's name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Static => "static",
            Kind::Dynamic => "dynamic",
            Kind::Disabled => "disabled",
        }
    }

    /// The file that is linked.
    pub fn file(self) -> &'static str {
        match self {
            Kind::Dynamic => "libcustody.so",
            _ => "libcustody.a",
        }
    }
}

/// The library as it was found.
pub struct Library {
    /// Its file.
    pub file: PathBuf,
    /// The directory of the file.
    pub directory: PathBuf,
    /// The directory in which `custody/custody.h` is, if it is known.
    pub include: Option<PathBuf>,
}

/// Finds the library, or answers with the places in which it is not.
pub fn library(kind: Kind) -> Result<Library, Vec<String>> {
    let mut places = Vec::new();
    if let Some(directory) = env::var_os("CUSTODY_LIB_DIR") {
        // Who names a directory means it: no other one is looked at.
        let directory = PathBuf::from(directory);
        places.push(format!("{} (CUSTODY_LIB_DIR)", directory.display()));
        return in_directory(&directory, kind).ok_or(places);
    }
    let config =
        pkg_config::Config::new().cargo_metadata(false).atleast_version("0.1").probe("custody").map_err(|error| {
            let lines = error.to_string();
            places.push(format!("pkg-config ({})", lines.lines().next().unwrap_or("failed")));
        });
    if let Ok(found) = config {
        for directory in &found.link_paths {
            if let Some(library) = in_directory(directory, kind) {
                let include = found.include_paths.iter().find(|path| has_headers(path)).cloned();
                return Ok(Library { include: include.or(library.include), ..library });
            }
            places.push(format!("{} (pkg-config)", directory.display()));
        }
    }
    let build = repository().join("build");
    places.push(format!("{} (the repository's)", build.display()));
    in_directory(&build, kind).ok_or(places)
}

/// The directory of the headers, for builds without a library.
pub fn headers() -> Option<PathBuf> {
    let named = env::var_os("CUSTODY_INCLUDE_DIR").map(PathBuf::from);
    let installed =
        || pkg_config::Config::new().cargo_metadata(false).probe("custody").ok().map(|found| found.include_paths);
    let own = repository().join("include");
    let of_library = env::var_os("CUSTODY_LIB_DIR").map(|directory| PathBuf::from(directory).join("../include"));
    named
        .into_iter()
        .chain(of_library)
        .chain([own])
        .find(|path| has_headers(path))
        .or_else(|| installed()?.into_iter().find(|path| has_headers(path)))
}

fn in_directory(directory: &Path, kind: Kind) -> Option<Library> {
    let directory = directory.canonicalize().ok()?;
    let file = directory.join(kind.file());
    let beside = directory.parent().map(|parent| parent.join("include")).filter(|path| has_headers(path));
    let named = env::var_os("CUSTODY_INCLUDE_DIR").map(PathBuf::from);
    file.exists().then(|| Library { file, include: named.or(beside).or_else(headers), directory })
}

fn has_headers(directory: &Path) -> bool {
    directory.join("custody/custody.h").exists()
}

/// The repository, if this crate is in one.
fn repository() -> PathBuf {
    let crate_directory = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let root = crate_directory.join("../..");
    root.canonicalize().unwrap_or(root)
}
