//! What the test binaries of plumberd share.

pub mod counter;
#[cfg(any(feature = "eventstoredb", feature = "eventstore-v1"))]
pub mod http2;
pub mod random;
pub mod subscriber;
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
        Self::under(&std::env::temp_dir())
    }

    /// A new, empty folder that every user of the machine can get to. It may
    /// lie elsewhere than others, since a temporary folder may be private.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    #[cfg(unix)]
    pub fn open_to_all() -> Self {
        let places = [std::env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
        let place = places.iter().find(|place| is_open_to_all(place));
        Self::under(place.expect("a temporary folder that is not private"))
    }

    fn under(place: &Path) -> Self {
        let path = place.join(format!("plumberd-{}", new_event_id()));
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

/// How much of a long test is done: so many of `full` as `PLUMBERD_TEST_SCALE`
/// says in per cent, 1 of a hundred where it does not, and one at least.
///
/// # Panics
///
/// When `PLUMBERD_TEST_SCALE` is no whole number from 1 to 100.
pub fn scaled(full: u64) -> u64 {
    let percent = std::env::var("PLUMBERD_TEST_SCALE").map_or(1, |percent| {
        let percent = percent.trim_end_matches([' ', '%']).parse().ok();
        percent
            .filter(|percent| (1..=100).contains(percent))
            .expect("PLUMBERD_TEST_SCALE is a whole number from 1 to 100")
    });
    (full * percent).div_ceil(100)
}

/// Whether every user of the machine can get to the file or folder.
#[cfg(unix)]
pub fn is_open_to_all(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    path.canonicalize().is_ok_and(|path| {
        path.ancestors().all(|part| {
            part.metadata()
                .is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0)
        })
    })
}
