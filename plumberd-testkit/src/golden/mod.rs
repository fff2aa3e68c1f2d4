//! G
/// G
pub fn golden() {}
