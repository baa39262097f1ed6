//! MLIR text: any bytes are refused with a diagnostic or print to a text that reads and prints the same.
#![no_main]

use bytes::Bytes;
use cim_driver::registry::register_all;
use cim_ir::Context;
use cim_ir::text::{ParseOptions, PrintOptions, Source, parse_module, print_module};
use cim_ir::verify::verify;
use cim_pass::PassRegistry;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let options = PrintOptions { generic: true, ..PrintOptions::default() };
    let print = |text: &[u8]| {
        let ctx = Context::new(|dialects| register_all(dialects, &mut PassRegistry::new()));
        ctx.allow_unregistered(true);
        let source = Source::new("fuzz.mlir", Bytes::copy_from_slice(text));
        let (ir, top) = parse_module(&ctx, &source, &ParseOptions::default()).ok()?;
        verify(&ir, top).ok()?;
        Some(print_module(&ir, top, &options))
    };
    if let Some(text) = print(data) {
        assert_eq!(print(text.as_bytes()).as_deref(), Some(text.as_str()));
    }
});
