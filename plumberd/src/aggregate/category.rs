use crate::event::has_control;

/// A category that is a constant, when it can be one; else it does not compile.
#[doc(hidden)]
#[track_caller]
pub const fn checked_category(category: &'static str) -> &'static str {
    assert!(!category.is_empty(), "a category is not empty");
    let bytes = category.as_bytes();
    assert!(
        bytes[0] != b'$',
        "a category does not begin with `$`: those streams are the store's own, and readers of \
         all streams pass over them"
    );
    let mut i = 0;
    while i < bytes.len() {
        assert!(
            bytes[i] != b'-',
            "a category has no `-`: the stream of an aggregate is named `category-id`, and is \
             taken apart at the first `-`"
        );
        i += 1;
    }
    assert!(
        !has_control(category),
        "a category has no control characters"
    );
    category
}
