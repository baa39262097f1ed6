//! Writes the input of the IR benchmark to standard output: `ir_gen MEGABYTES [SEED]`.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1).map(|a| a.parse::<u64>());
    let (Some(Ok(size)), seed @ (None | Some(Ok(_)))) = (args.next(), args.next()) else {
        eprintln!("usage: ir_gen MEGABYTES [SEED]");
        return ExitCode::from(2);
    };
    let seed = seed.and_then(Result::ok).unwrap_or(1);
    let all = cim_test::ir_gen::generate(seed, size as usize * 1_000_000);
    eprintln!("{} bytes, {} operations, {} bytes of dense literals", all.text.len(), all.operations, all.dense_bytes);
    match std::io::stdout().write_all(all.text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("output: {e}");
            ExitCode::FAILURE
        }
    }
}
