//! The subset of the ONNX backend tests that the project keeps, through the kernels alone and through the product.

use cim_test::onnx_backend::{DISPUTED, Outcome, cases, direct, judge, product};
use std::path::Path;

/// Cases that are kept to be refused, with a part of the reason.
const REFUSED: [(&str, &str); 2] =
    [("node/test_nonzero_example", "NonZero"), ("node/test_strnormalizer_nostopwords_nochangecase", "string")];

#[test]
fn kept_cases_pass_both_ways() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/onnx-backend");
    let all = cases::all(&data).expect("models");
    assert!(all.len() >= 40, "{} cases", all.len());
    let mut wrong = Vec::new();
    for case in &all {
        for (way, outcome) in [("kernels", judge(case, direct::run)), ("product", judge(case, product::run))] {
            let refused = REFUSED.iter().find(|r| r.0 == case.name);
            let fine = match (&outcome, refused) {
                (Outcome::Refused(why), Some((_, part))) => why.contains(part),
                (Outcome::Wrong(_), None) => DISPUTED.iter().any(|d| d.0 == case.name),
                (outcome, None) => *outcome == Outcome::Pass,
                _ => false,
            };
            if !fine {
                wrong.push(format!("{} {way}: {outcome:?}", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
