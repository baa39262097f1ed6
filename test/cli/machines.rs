//! `cim machines`.

use crate::{run, stderr, stdout};

const PRESETS: [&str; 5] = ["isaac-baseline", "conv-relu-example", "jia-isscc21", "puma", "jain-sram"];

#[test]
fn lists_the_presets_with_their_sizes() {
    let o = run(&["machines"]);
    assert_eq!(o.status.code(), Some(0));
    let text = stdout(&o);
    for name in PRESETS {
        assert_eq!(text.lines().filter(|l| l.starts_with(name)).count(), 1, "{name}");
    }
    let row = text.lines().find(|l| l.starts_with("isaac-baseline")).unwrap();
    let words: Vec<&str> = row.split_whitespace().collect();
    // finest mode, cores, crossbars, size, cell bits, rows per conversion
    assert_eq!(words[1..7], ["WLM", "768", "12288", "128x128", "2", "8"]);
}

#[test]
fn json_has_the_same_numbers() {
    let o = run(&["machines", "--json", "-", "--seed", "7"]);
    assert_eq!(o.status.code(), Some(0));
    let v: serde_json::Value = serde_json::from_slice(&o.stdout).unwrap();
    assert_eq!(v["schema"], "cim-machines/1");
    assert_eq!(v["seed"], 7);
    let machines = v["machines"].as_array().unwrap();
    let of = |name: &str, key: &str| machines.iter().find(|m| m["name"] == name).unwrap()[key].clone();
    let rows = [("isaac-baseline", 8), ("jain-sram", 32), ("puma", 85), ("jia-isscc21", 255)];
    for (name, rows_per_conversion) in rows {
        assert_eq!(of(name, "rows_per_conversion"), rows_per_conversion, "{name}");
    }
    // An ideal converter has no bits: null, not zero.
    assert!(of("conv-relu-example", "adc_bits").is_null());
    assert_eq!(of("jain-sram", "adc_bits"), 6);
}

#[test]
fn a_preset_is_a_machine_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in PRESETS {
        let file = folder.path().join("m.yaml");
        let o = run(&["machines", name, "-o", file.to_str().unwrap()]);
        assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text, stdout(&run(&["machines", name])), "file and standard output");
        assert!(text.contains("sources:"), "{name} names no source");
        let machine = cim_machine::Machine::load(file.to_str().unwrap()).unwrap();
        assert_eq!(machine.name, name);
    }
}

#[test]
fn the_schema_is_json() {
    let v: serde_json::Value = serde_json::from_slice(&run(&["machines", "--schema"]).stdout).unwrap();
    assert!(v["properties"]["crossbar"].is_object());
}

#[test]
fn an_unknown_preset_lists_the_known() {
    let o = run(&["machines", "isac"]);
    assert_eq!(o.status.code(), Some(1));
    assert!(stderr(&o).contains("isaac-baseline"), "{}", stderr(&o));
    let o = run(&["machines", "puma", "-o", "/no/such/folder/file"]);
    assert_eq!(o.status.code(), Some(1));
    assert!(stderr(&o).contains("cannot write '/no/such/folder/file'"), "{}", stderr(&o));
}
