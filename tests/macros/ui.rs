//! What compiles, and what the macros say about what does not.

#[test]
fn the_macros_say_what_is_wrong_and_what_to_write_instead() {
    let cases = trybuild::TestCases::new();
    cases.pass("macros/ui/pass/*.rs");
    cases.compile_fail("macros/ui/fail/*.rs");
}
