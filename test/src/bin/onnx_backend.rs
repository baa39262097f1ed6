//! Runs the backend tests of the `onnx` package: `onnx_backend DATA [--direct] [--only TEXT] [--verbose] [--markdown FILE]`.
//!
//! DATA is `onnx/backend/test/data` of an unpacked package. `--direct` runs the kernels only, `--only` the cases whose name holds the text,
//! `--verbose` prints a line per case that did not pass. The exit code is 1 when something is wrong or crashed, disputed cases apart.

use cim_test::onnx_backend::report::{Row, markdown, short};
use cim_test::onnx_backend::{DISPUTED, Outcome, cases, direct, judge, product};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, String> {
    let mut args = std::env::args().skip(1);
    let data = args.next().ok_or("usage: onnx_backend DATA [--direct] [--only TEXT] [--verbose] [--markdown FILE]")?;
    let (mut only_direct, mut verbose, mut only, mut page) = (false, false, String::new(), None);
    while let Some(a) = args.next() {
        match a.as_str() {
            "--direct" => only_direct = true,
            "--verbose" => verbose = true,
            "--only" => only = args.next().ok_or("--only needs a text")?,
            "--markdown" => page = Some(args.next().ok_or("--markdown needs a file")?),
            a => return Err(format!("unknown argument '{a}'")),
        }
    }
    // A panic is an outcome; its text is in the table.
    std::panic::set_hook(Box::new(|_| {}));
    let mut rows = Vec::new();
    for case in cases::all(data.as_ref())?.iter().filter(|c| c.name.contains(&only)) {
        let row = Row {
            name: case.name.clone(),
            operator: case.operator(),
            light: case.is_light(),
            direct: judge(case, direct::run),
            product: (!only_direct).then(|| judge(case, product::run)),
        };
        if verbose {
            for (way, o) in [("kernels", Some(&row.direct)), ("product", row.product.as_ref())] {
                if let Some(o) = o.filter(|o| **o != Outcome::Pass) {
                    println!("{} {way}: {}", row.name, short(o));
                }
            }
        }
        rows.push(row);
    }
    let text = markdown(&rows);
    print!("{text}");
    if let Some(page) = page {
        let head = "# ONNX backend tests\n\nWritten by `test/onnx-backend.sh`, which fetches the `onnx` package, unpacks it and runs its backend tests.\n\n";
        std::fs::write(&page, format!("{head}{text}")).map_err(|e| format!("cannot write '{page}': {e}"))?;
    }
    let bad = |o: &Outcome| matches!(o, Outcome::Wrong(_) | Outcome::Crash(_));
    let disputed = |r: &Row| DISPUTED.iter().any(|d| d.0 == r.name);
    Ok(!rows.iter().filter(|r| !disputed(r)).any(|r| bad(&r.direct) || r.product.as_ref().is_some_and(bad)))
}
