//! The decisions every backend that keeps its own streams must make alike.
//!
//! Pure functions: they see what a backend looked up and say what it must do.
//! The memory and SQLite stores have no other copy of these rules.

mod append;
mod deletion;
mod metadata;
mod reading;
mod window;

pub use append::{
    Admission, Deletion, Stored, StreamState, admit, check_batch, check_delete, check_expected,
    check_tombstone,
};
pub use deletion::{stream_deleted, truncated_before};
pub use metadata::{Visibility, read_metadata, revival_event, soft_delete_event, tombstone_event};
pub use reading::{
    END, Tenants, check_reached, check_readable, check_resumed, check_tenants, is_link,
    link_target, resolve_link,
};
pub use window::ReadWindow;
