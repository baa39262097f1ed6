//! The published machines that come with the crate.

use crate::load::MachineError;
use crate::machine::Machine;

const PRESETS: &[(&str, &str)] = &[
    ("isaac-baseline", include_str!("../presets/isaac-baseline.yaml")),
    ("conv-relu-example", include_str!("../presets/conv-relu-example.yaml")),
    ("jia-isscc21", include_str!("../presets/jia-isscc21.yaml")),
    ("puma", include_str!("../presets/puma.yaml")),
    ("jain-sram", include_str!("../presets/jain-sram.yaml")),
];

/// Names of the presets.
pub fn presets() -> impl ExactSizeIterator<Item = &'static str> {
    PRESETS.iter().map(|p| p.0)
}

/// The YAML text of a preset, comments included.
pub fn preset_text(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|p| p.0 == name).map(|p| p.1)
}

impl Machine {
    /// A preset by name. The error lists the names there are.
    pub fn preset(name: &str) -> Result<Machine, MachineError> {
        let text = preset_text(name).ok_or_else(|| MachineError::UnknownPreset {
            name: name.to_string(),
            known: presets().collect::<Vec<_>>().join(", "),
        })?;
        Machine::from_yaml(text, &format!("<preset {name}>"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_reads_back_equal() {
        for name in presets() {
            let machine = Machine::preset(name).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(machine.name, name);
            let text = machine.to_yaml();
            assert_eq!(Machine::from_yaml(&text, name).unwrap_or_else(|e| panic!("{e}\n{text}")), machine);
        }
    }

    #[test]
    fn published_sizes() {
        let m = |name: &str| Machine::preset(name).expect("preset");
        assert_eq!(m("isaac-baseline").crossbars(), 12_288);
        assert_eq!(m("puma").crossbars(), 276);
        assert_eq!(m("conv-relu-example").crossbars(), 4);
        assert_eq!(m("jia-isscc21").crossbars(), 16);
        assert_eq!(m("jain-sram").crossbars(), 8);
        assert_eq!(m("isaac-baseline").write_row_cycles(), Some(10));
        assert_eq!(m("jain-sram").write_row_cycles(), Some(1));
    }

    #[test]
    fn unknown_preset_lists_the_known() {
        let error = Machine::preset("isac").expect_err("unknown").to_string();
        assert!(error.contains("isaac-baseline, conv-relu-example"), "{error}");
    }
}
