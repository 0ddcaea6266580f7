//! Says in `PREAU_MODELS` which sources decide what a read model holds: a snapshot that others wrote is not used.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut hash = DefaultHasher::new();
    for folder in ["../domain/src", "../migrations/src", "src"] {
        println!("cargo::rerun-if-changed={folder}");
        let mut files = vec![];
        list(&here.join(folder), &mut files)?;
        files.sort();
        for file in files {
            fs::read(&file)?.hash(&mut hash);
        }
    }
    println!("cargo::rustc-env=PREAU_MODELS={:016x}", hash.finish());
    Ok(())
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { list(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
