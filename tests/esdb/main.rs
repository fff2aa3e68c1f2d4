//! The in-process server, spoken to as clients do.
