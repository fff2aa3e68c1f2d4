/// A category that is a constant, when it can be one; else it does not compile.
#[doc(hidden)]
#[track_caller]
pub const fn checked_category(category: &'static str) -> &'static str {
    assert!(!category.is_empty(), "a category is not empty");
    let bytes = category.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        assert!(
            bytes[i] != b'-',
            "a category has no `-`: the stream of an aggregate is named `category-id`, and is \
             taken apart at the first `-`"
        );
        // Of those beyond ASCII the store speaks: they are rare, and in UTF-8 not a byte.
        assert!(
            !bytes[i].is_ascii_control(),
            "a category has no control characters"
        );
        i += 1;
    }
    category
}
