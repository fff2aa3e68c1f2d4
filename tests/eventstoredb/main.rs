//! The backend, against the server in this process.

mod projections;
