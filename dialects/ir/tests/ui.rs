//! Bad declarations are refused with errors that say what to do.

#[test]
fn declarations() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
