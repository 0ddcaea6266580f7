//! Matrices of an operator's own, from a file.
//!
//! Invariant: what ships keeps its name: a file that takes it is refused.

use std::path::Path;

use anyhow::Result;
use domain::structure::Matrix;

use crate::failed;

/// Returns the shipped matrix of this name, or the one in this file.
pub fn named(named: &str) -> Result<Matrix> {
    match Matrix::shipped(named) {
        Some(matrix) => Ok(matrix),
        None => in_file(Path::new(named)),
    }
}

/// Reads the matrix in a file.
pub fn in_file(path: &Path) -> Result<Matrix> {
    let refused = |why: String| failed::input(format!("matrix `{}`: {why}", path.display()));
    let shipped = Matrix::SHIPPED.map(|(name, _)| name).join(", ");
    let text = std::fs::read_to_string(path).map_err(|error| {
        refused(format!("neither a shipped matrix ({shipped}) nor a file that can be read: {error}"))
    })?;
    let matrix = Matrix::parse(&text).map_err(|error| refused(error.to_string()))?;
    if Matrix::shipped(matrix.name.as_str()).is_some_and(|known| known != matrix) {
        return Err(refused(format!(
            "it is called `{}` like one that ships, and says something else: give it another name",
            matrix.name
        )));
    }
    Ok(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("own.json");
        std::fs::write(&file, text).unwrap();
        in_file(&file).map_or_else(|error| error.to_string(), |matrix| matrix.name.to_string())
    }

    #[test]
    fn a_matrix_of_ones_own_is_read_and_a_bad_file_is_refused_with_its_place() {
        let (_, published) = Matrix::SHIPPED[0];
        assert_eq!(told(published), "published-2025", "a copy is what it is a copy of");
        let own = published.replace("\"published-2025\"", "\"ours\"");
        assert_eq!(told(&own), "ours");
        for (text, said) in [
            (own.replace("structure STAFF", "structure STAR"), "no profile is called STAR at line"),
            (own.replace("\"facts\"", "\"fact\""), "unknown field `fact`"),
            (published.replace("\"INTERNAL\"", "\"USES\""), "like one that ships"),
            ("{".to_owned(), "at line 1 column 1"),
        ] {
            let sentence = told(&text);
            assert!(sentence.contains(said) && sentence.contains("own.json"), "{sentence}");
        }
        assert!(named("nowhere.json").unwrap_err().to_string().contains("published-2025, classic"));
    }
}
