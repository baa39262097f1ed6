//! Program files: any bytes are refused or are the only form of a valid program.
#![no_main]

use bytes::Bytes;
use cim_isa::testing::mend;
use cim_isa::{TextOptions, decode, encode, from_text, to_text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = decode(Bytes::copy_from_slice(data));
    // With right checksums, so that what they protect is reached.
    let mut file = data.to_vec();
    mend(&mut file);
    if let Ok(program) = decode(Bytes::from(file.clone())) {
        assert_eq!(encode(&program), file);
        let text = to_text(&program, &TextOptions::default());
        let again = from_text(&text, None).expect("text of a valid program");
        assert_eq!(encode(&again), file);
    }
});
