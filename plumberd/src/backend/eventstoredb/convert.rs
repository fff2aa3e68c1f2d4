//! Between the words of the `eventstore` crate and plumberd's.
