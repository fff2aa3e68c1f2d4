//! What the test binaries of plumberd share.
