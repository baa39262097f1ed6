//! `cim run` on a small program: results, comparisons, reports.

use std::fs::File;
use std::path::Path;

use cim_driver::tensor_file::{self, Elements, write_npy_f32, write_npy_i64};
use cim_isa::Program;
use serde_json::Value;

use crate::program::{expected, program};
use crate::{run_in, stable, stderr, stdout};

const X: [[f32; 4]; 3] = [[0.0, 0.25, 1.0, 3.75], [9.0, -1.0, 0.375, 0.125], [2.0, 1.5, 0.5, 0.75]];

/// A folder with the program, its input and its true output.
fn folder(p: &Program) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tiny.cim"), cim_isa::encode(p)).unwrap();
    save(folder.path(), "x.npy", &[3, 4], X.as_flattened());
    save(folder.path(), "y.npy", &[3, 3], truth().as_flattened());
    folder
}

fn truth() -> [[f32; 3]; 3] {
    X.map(expected)
}

fn save(folder: &Path, name: &str, shape: &[usize], data: &[f32]) {
    write_npy_f32(&mut File::create(folder.join(name)).unwrap(), shape, data).unwrap();
}

fn json(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn computes_every_image_with_every_engine_and_any_threads() {
    let dir = folder(&program());
    let mut files = vec![];
    for engine in ["auto", "exact", "bit-sliced"] {
        for threads in ["1", "2", "5"] {
            let o = run_in(
                dir.path(),
                &["run", "tiny.cim", "--input", "x.npy", "-o", "out.npy", "--engine", engine, "--threads", threads],
            );
            assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
            files.push(std::fs::read(dir.path().join("out.npy")).unwrap());
        }
    }
    assert!(files.iter().all(|f| *f == files[0]));
    let y = tensor_file::parse_npy(&files[0]).unwrap();
    assert_eq!(y.shape, [3, 3]);
    assert_eq!(y.elements, Elements::F32(truth().concat()));
    // The program's own numpy file is what numpy.save would write.
    assert_eq!(files[0], std::fs::read(dir.path().join("y.npy")).unwrap());
}

#[test]
fn the_report_holds_every_field() {
    let dir = folder(&program());
    write_npy_i64(&mut File::create(dir.path().join("labels.npy")).unwrap(), &[3], &[0, 2, 1]).unwrap();
    let arguments = [
        "run",
        "tiny.cim",
        "--input",
        "x=x.npy",
        "--verify",
        "--expect",
        "y.npy",
        "--labels",
        "labels.npy",
        "--json",
        "r.json",
        "--seed",
        "3",
    ];
    let o = run_in(dir.path(), &arguments);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    insta::assert_snapshot!("table", stdout(&o));
    let text = std::fs::read_to_string(dir.path().join("r.json")).unwrap();
    insta::assert_snapshot!("json", stable(&text));
    // Quiet prints nothing, and the report is the same.
    let mut quiet = arguments.to_vec();
    quiet.push("-q");
    assert_eq!(stdout(&run_in(dir.path(), &quiet)), "");
    assert_eq!(std::fs::read_to_string(dir.path().join("r.json")).unwrap(), text);
}

#[test]
fn verification_names_the_first_difference() {
    // The multiplier of the program and of its reference are the same constant, so give the program another one.
    let mut p = program();
    let mut wrong = p.constants[1].clone();
    wrong.name = "m2".into();
    wrong.data = bytes::Bytes::from((1i64 << 8).to_le_bytes().to_vec());
    p.constants.push(wrong);
    let mut r = p.requants[0].clone();
    r.m = cim_isa::types::ConstId(4);
    p.requants.push(r);
    let Some(cim_isa::Instr::Requantise { requant, .. }) = p.main.get_mut(5) else { panic!("instruction 5") };
    *requant = cim_isa::types::RequantId(1);
    let dir = folder(&p);
    let o = run_in(dir.path(), &["run", "tiny.cim", "--input", "x.npy", "--verify", "--json", "r.json"]);
    assert_eq!(o.status.code(), Some(1), "{}", stderr(&o));
    let v = &json(dir.path(), "r.json")["verification"];
    // Image 0: accumulators 0*1+1*2+4*3+15*4 = 74, -74, -8+75 = 67; halves 37 -37 34, with the wrong multiplier 74 -74 67.
    assert_eq!(v["first_difference"]["layer"], "fc.requantise");
    assert_eq!(v["first_difference"]["image"], 0);
    assert_eq!(v["first_difference"]["position"], serde_json::json!([0, 0, 0]));
    assert_eq!(
        (v["first_difference"]["expected"].as_i64(), v["first_difference"]["found"].as_i64()),
        (Some(37), Some(74))
    );
    assert!(v["mismatches"].as_u64().unwrap() >= 7, "{v}");
    assert!(stderr(&o).contains("layer 'fc.requantise', (c 0, h 0, w 0): expected 37, found 74"), "{}", stderr(&o));
    // Without --verify nothing is compared.
    assert_eq!(run_in(dir.path(), &["run", "tiny.cim", "--input", "x.npy"]).status.code(), Some(0));
}

#[test]
fn a_clipping_program_is_compared_with_the_saturating_reference() {
    let mut p = program();
    let mut machine = cim_machine::Machine::preset("conv-relu-example").unwrap();
    machine.set_all(&[("crossbar.adc", "2 bit"), ("crossbar.dac", "1 bit")]).unwrap();
    p.machine = machine.to_yaml();
    p.lossy = true;
    let dir = folder(&p);
    let o =
        run_in(dir.path(), &["run", "tiny.cim", "--input", "x.npy", "--verify", "--json", "r.json", "-o", "out.npy"]);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let r = json(dir.path(), "r.json");
    assert_eq!(r["verification"]["mismatches"], 0);
    assert_eq!(r["verification"]["reference"], "saturating reference executor");
    assert_ne!(std::fs::read(dir.path().join("out.npy")).unwrap(), std::fs::read(dir.path().join("y.npy")).unwrap());
    // The same program without the mark does not equal the integers it claims.
    p.lossy = false;
    std::fs::write(dir.path().join("tiny.cim"), cim_isa::encode(&p)).unwrap();
    let o = run_in(dir.path(), &["run", "tiny.cim", "--input", "x.npy", "--verify"]);
    assert_eq!(o.status.code(), Some(1));
}

#[test]
fn the_checker_refuses_what_the_machine_cannot_do() {
    let mut p = program();
    p.init.clear();
    let dir = folder(&p);
    let o = run_in(dir.path(), &["run", "tiny.cim", "--input", "x.npy"]);
    assert_eq!(o.status.code(), Some(1));
    assert!(
        stderr(&o).starts_with("error: machine 'conv-relu-example' cannot run this program:\n  main[2]"),
        "{}",
        stderr(&o)
    );
    let dir = folder(&program());
    let o = run_in(dir.path(), &["run", "tiny.cim", "--input", "x.npy", "--max-steps", "6"]);
    assert_eq!(o.status.code(), Some(1));
    assert!(stderr(&o).contains("one inference executes 7 instructions, --max-steps allows 6"), "{}", stderr(&o));
    let o = run_in(dir.path(), &["run", "tiny.cim", "--input", "x.npy", "--max-memory", "1 KiB"]);
    assert_eq!(o.status.code(), Some(1));
    assert!(stderr(&o).contains("--max-memory"), "{}", stderr(&o));
}

#[test]
fn verification_needs_a_reference() {
    let mut p = program();
    p.reference = None;
    let dir = folder(&p);
    let o = run_in(dir.path(), &["run", "tiny.cim", "--input", "x.npy", "--verify"]);
    assert_eq!(o.status.code(), Some(1));
    assert!(stderr(&o).contains("no reference section"), "{}", stderr(&o));
}

#[test]
fn expectations_have_tolerances() {
    let dir = folder(&program());
    let mut y = truth();
    y[1][2] += 0.5;
    save(dir.path(), "off.npy", &[3, 3], y.as_flattened());
    let go = |more: &[&str]| {
        let mut a = vec!["run", "tiny.cim", "--input", "x.npy", "--expect", "off.npy", "--json", "r.json"];
        a.extend(more);
        let o = run_in(dir.path(), &a);
        (o.status.code(), stderr(&o), json(dir.path(), "r.json")["expectation"].clone())
    };
    let (code, message, e) = go(&[]);
    assert_eq!(code, Some(1));
    assert!(message.contains("first difference: output 'y' at [1, 2]"), "{message}");
    assert_eq!((e["compared"].as_u64(), e["worst"].as_f64()), (Some(9), Some(0.5)));
    assert_eq!(e["first_difference"]["index"], serde_json::json!([1, 2]));
    assert_eq!(go(&["--atol", "0.5"]).0, Some(0));
    assert_eq!(go(&["--atol", "0.49"]).0, Some(1));
    // The difference is in image 1; image 0 alone agrees, and the expectation is cut with the input.
    let (code, _, e) = go(&["--count", "1"]);
    assert_eq!((code, e["compared"].as_u64()), (Some(0), Some(3)));
    save(dir.path(), "off.npy", &[3, 2], &[0.0; 6]);
    let o = run_in(dir.path(), &["run", "tiny.cim", "--input", "x.npy", "--expect", "off.npy"]);
    assert_eq!(o.status.code(), Some(1));
    assert!(stderr(&o).contains("shape [3, 3], the expected array [3, 2]"), "{}", stderr(&o));
}

#[test]
fn accuracy_counts_the_labels_met() {
    let dir = folder(&program());
    let best = truth().map(|y| cim_driver::expect::argmax(&y) as i64);
    let mut labels = best;
    labels[2] = (labels[2] + 1) % 3;
    write_npy_i64(&mut File::create(dir.path().join("l.npy")).unwrap(), &[3], &labels).unwrap();
    let o = run_in(dir.path(), &["run", "tiny.cim", "--input", "x.npy", "--labels", "l.npy", "--json", "r.json"]);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    assert!((json(dir.path(), "r.json")["accuracy"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-12);
    assert!(stdout(&o).contains("0.66667"), "{}", stdout(&o));
}

#[test]
fn wrong_inputs_are_named() {
    let dir = folder(&program());
    save(dir.path(), "bad.npy", &[3, 5], &[0.0; 15]);
    for (arguments, message) in [
        (&["--input", "bad.npy"][..], "input 'x' has shape [3, 5], the model needs [1, 4] for one image"),
        (&["--input", "z=x.npy"], "the model has no input 'z'; it has 'x'"),
        (&["--input", "x.npy", "--input", "x.npy"], "one more input than the model has"),
        (&["--input", "tiny.cim"], "neither a .npy nor a .npz file"),
        (&["--input", "none.npy"], "cannot read 'none.npy'"),
        (&["--input", "x.npy", "--machine", "puma"], "already compiled"),
        (&["--input", "x.npy", "-o", "no/such/folder.npy"], "cannot write 'no/such/folder.npy'"),
    ] {
        let mut a = vec!["run", "tiny.cim"];
        a.extend(arguments);
        let o = run_in(dir.path(), &a);
        assert_eq!(o.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&o).contains(message), "{arguments:?}: {}", stderr(&o));
    }
}

#[test]
fn damaged_programs_are_refused() {
    let dir = folder(&program());
    let bytes = std::fs::read(dir.path().join("tiny.cim")).unwrap();
    for n in (8..bytes.len()).step_by(37) {
        std::fs::write(dir.path().join("cut.cim"), &bytes[..n]).unwrap();
        let o = run_in(dir.path(), &["run", "cut.cim", "--input", "x.npy"]);
        assert_eq!(o.status.code(), Some(1), "{n} bytes");
        assert!(stderr(&o).starts_with("error: 'cut.cim' is not a valid program: "), "{n} bytes: {}", stderr(&o));
    }
}

#[test]
fn an_output_on_standard_output_is_the_file_alone() {
    let dir = folder(&program());
    let o = run_in(dir.path(), &["run", "tiny.cim", "--input", "x.npy", "-o", "-"]);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    assert_eq!(o.stdout, std::fs::read(dir.path().join("y.npy")).unwrap());
}
