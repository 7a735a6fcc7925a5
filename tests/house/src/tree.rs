//! The files of the repository, without what tools have put there.

use std::path::{Path, PathBuf};

/// Folders that no rule looks into.
const SKIPPED: [&str; 8] =
    [".git", "target", "node_modules", "vendor", ".venv", "__pycache__", "offtake-demo", "test-tools"];

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_path_buf).unwrap_or_default()
}

/// Every file below `folder` in a stable order, as paths from `root` with `/` between the parts.
///
/// # Errors
/// When a folder cannot be listed.
pub fn files(root: &Path, folder: &str) -> std::io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut waiting = vec![root.join(folder)];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(next)? {
            let entry = entry?;
            let name = entry.file_name();
            if entry.file_type()?.is_dir() {
                if !SKIPPED.iter().any(|skipped| name == *skipped) {
                    waiting.push(entry.path());
                }
            } else if let Ok(path) = entry.path().strip_prefix(root) {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    Ok(found)
}
