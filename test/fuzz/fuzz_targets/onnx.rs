//! ONNX models: any bytes are refused with a diagnostic or import to a module that verifies.
#![no_main]

use bytes::Bytes;
use cim_driver::registry::register_all;
use cim_ir::Context;
use cim_ir::verify::verify;
use cim_pass::PassRegistry;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let ctx = Context::new(|dialects| register_all(dialects, &mut PassRegistry::new()));
    if let Ok((ir, top)) = cim_onnx::import_bytes(&ctx, Bytes::copy_from_slice(data), "fuzz.onnx", None) {
        verify(&ir, top).expect("what the importer makes verifies");
    }
});
