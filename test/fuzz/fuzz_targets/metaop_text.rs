//! Program text: any text is refused with a place or is a program, whose binary form reads back when it is valid.
#![no_main]

use bytes::Bytes;
use cim_isa::{TextOptions, decode, encode, from_text, to_text, validate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(program) = from_text(text, None) else { return };
    let printed = to_text(&program, &TextOptions::default());
    let again = from_text(&printed, None).expect("printed text");
    assert_eq!(to_text(&again, &TextOptions::default()), printed);
    if validate(&program).is_ok() {
        let file = encode(&program);
        let back = decode(Bytes::from(file.clone())).expect("file of a valid program");
        assert_eq!(encode(&back), file);
    }
});
