#[test]
fn mistakes_are_told_where_they_are() {
    let cases = trybuild::TestCases::new();
    cases.pass("macros/ui/pass/*.rs");
    cases.compile_fail("macros/ui/fail/*.rs");
}
