//! The port over the connection.
