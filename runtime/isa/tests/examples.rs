//! The example programs of the lit tests are those of `cim_isa::testing`. To write them anew: `CIM_UPDATE=1 cargo test -p cim-isa`.

use cim_isa::program::ProgramMode;
use cim_isa::testing::conv_relu;
use cim_isa::{TextOptions, to_text};

#[test]
fn conv_relu_example() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../lit-tests/tools/cim-translate/Inputs");
    for mode in [ProgramMode::Cm, ProgramMode::Xbm, ProgramMode::Wlm] {
        let path = format!("{folder}/conv-relu-{}.txt", mode.name());
        let text = to_text(&conv_relu(mode, 32), &TextOptions::default());
        if std::env::var_os("CIM_UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{path}");
    }
}
