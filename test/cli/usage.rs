//! Wrong usage ends with status 2, help and version with 0.

use crate::{data, run, stderr, stdout};

#[test]
fn help_has_examples() {
    for command in [
        &["--help"][..],
        &["compile", "--help"],
        &["run", "--help"],
        &["check", "--help"],
        &["layers", "--help"],
        &["machines", "--help"],
    ] {
        let o = run(command);
        assert_eq!(o.status.code(), Some(0), "{command:?}");
        assert!(stdout(&o).contains("Example"), "{command:?}");
    }
}

#[test]
fn version_names_revision_and_features() {
    let o = run(&["--version"]);
    assert_eq!(o.status.code(), Some(0));
    let text = stdout(&o);
    assert!(text.starts_with("cim ") && text.contains("revision ") && text.contains("features: "), "{text}");
}

#[test]
fn wrong_usage_is_status_2() {
    for arguments in [
        &[][..],
        &["frobnicate"],
        &["run"],
        &["run", "x.cim"],
        &["compile", "x.onnx", "--machine", "puma"],
        &["run", "x.cim", "--input", "x.npy", "--engine", "fast"],
        &["run", "x.cim", "--input", "x.npy", "--atol", "1"],
        &["compile", "x.onnx", "--mode", "xbm", "-o", "y"],
        &["compile", "x.onnx", "--machine", "puma", "--set", "nonsense", "-o", "y"],
        &["machines", "puma", "--schema"],
        &["machines", "--threads", "0"],
        &["machines", "-q", "-v"],
    ] {
        let o = run(arguments);
        assert_eq!(o.status.code(), Some(2), "{arguments:?}: {}", stderr(&o));
        assert_eq!(stdout(&o), "", "{arguments:?}");
        assert!(!stderr(&o).is_empty());
    }
}

#[test]
fn unreadable_files_are_status_1_and_named() {
    let o = run(&["run", "/no/such/file", "--input", "x.npy"]);
    assert_eq!(o.status.code(), Some(1));
    assert!(stderr(&o).starts_with("error: cannot read '/no/such/file': "), "{}", stderr(&o));
    let o = run(&["run", "/", "--input", "x.npy"]);
    assert_eq!(o.status.code(), Some(1));
    // A tensor file is neither a program nor, without a machine, something to compile.
    let o = run(&["run", &data("models/digits_test_x.npy"), "--input", "x.npy"]);
    assert_eq!(o.status.code(), Some(1));
    assert!(stderr(&o).contains("--machine"), "{}", stderr(&o));
    let o = run(&["compile", &data("models/digits_cnn_mixed_2to8.qcdq.onnx"), "-o", "-"]);
    assert_eq!(o.status.code(), Some(1));
    assert!(stderr(&o).contains("--machine is needed"), "{}", stderr(&o));
}

#[test]
fn the_timeout_ends_a_run() {
    // A named pipe that nobody writes keeps the command waiting.
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if !made.is_ok_and(|s| s.success()) {
        return;
    }
    let o = run(&["run", pipe.to_str().unwrap(), "--input", "x.npy", "--timeout", "1"]);
    assert_eq!(o.status.code(), Some(1));
    assert_eq!(stderr(&o), "error: gave up after 1 s (--timeout)\n");
}
