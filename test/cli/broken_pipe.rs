//! A reader that goes away is no error and no panic.

use std::process::Stdio;

use crate::cim;

#[test]
fn a_closed_standard_output_ends_quietly() {
    for arguments in [&["machines"][..], &["machines", "--schema"], &["machines", "--json", "-"]] {
        let mut child = cim().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let o = child.wait_with_output().unwrap();
        assert_eq!(o.status.code(), Some(0), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&o.stderr), "", "{arguments:?}");
    }
}
