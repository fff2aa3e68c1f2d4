//! What the test binaries of plumberd share.

pub mod counter;
#[cfg(any(feature = "eventstoredb", feature = "eventstore-v1"))]
pub mod http2;
pub mod random;
pub mod vectors;

use plumberd::event::new_event_id;
use std::path::{Path, PathBuf};

/// A folder of one test, removed with the value.
#[derive(Debug)]
pub struct TempFolder(PathBuf);

impl TempFolder {
    /// A new, empty folder.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    #[expect(
        clippy::new_without_default,
        reason = "making a folder is not a default"
    )]
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("plumberd-{}", new_event_id()));
        std::fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The URL of a SQLite store in it.
    pub fn sqlite_url(&self, name: &str) -> String {
        format!("sqlite://{}", self.0.join(name).display())
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        // What is left behind is in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
