//! MLIR text: whatever is accepted and valid must print, read again and print the same.
#![no_main]

use cim_ir::text::{ParseOptions, PrintOptions, Source, parse_module, print_module};
use cim_ir::{Context, verify};
use libfuzzer_sys::fuzz_target;

fn context() -> std::sync::Arc<Context> {
    let ctx = Context::new(|r| cim_upstream::register(r));
    ctx.allow_unregistered(true);
    ctx
}

fuzz_target!(|data: &[u8]| {
    let ctx = context();
    let source = Source::new("x", data.to_vec());
    let Ok((ir, op)) = parse_module(&ctx, &source, &ParseOptions::default()) else { return };
    if verify::verify(&ir, op).is_err() {
        return;
    }
    for generic in [true, false] {
        let options = PrintOptions { generic, debug_info: true, ..PrintOptions::default() };
        let first = print_module(&ir, op, &options);
        if first.contains("<<INVALID EMPTY SYMBOL>>") {
            continue;
        }
        let ctx = context();
        let again = Source::new("y", first.clone().into_bytes());
        match parse_module(&ctx, &again, &ParseOptions::default()) {
            Ok((ir, op)) => assert_eq!(print_module(&ir, op, &options), first),
            Err(d) => panic!("{}", d[0].render_with(&ctx, &[&again])),
        }
    }
});
