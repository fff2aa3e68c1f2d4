//! What the settings of a group do.
