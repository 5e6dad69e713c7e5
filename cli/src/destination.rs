//! Files that commands write after long work.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A file to be written. It is opened before the work, so that nobody waits for what can not be kept, and what is in it
/// stays until there is something to take its place.
pub struct Destination {
    path: PathBuf,
    file: File,
    /// It was made for this and nothing is in it yet.
    is_new: bool,
}

impl Destination {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let fail = |why| Failure::io(path, why);
        let is_new = !path.exists();
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(fail)?;
        Ok(Self { path: path.to_owned(), file, is_new })
    }

    /// Writes it.
    pub fn write(mut self, text: &str) -> Result<(), Failure> {
        let is_file = self.file.metadata().is_ok_and(|metadata| metadata.is_file());
        // Pipes and devices have no length.
        let emptied = if is_file { self.file.set_len(0) } else { Ok(()) };
        emptied
            .and_then(|()| self.file.write_all(text.as_bytes()))
            .map_err(|why| Failure::io(&self.path, why))?;
        self.is_new = false;
        Ok(())
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        if self.is_new {
            // An empty file is no result.
            let _ = fs::remove_file(&self.path);
        }
    }
}
