//! Machine descriptions: any text is refused with a place or reads back from its own YAML.
#![no_main]

use cim_machine::Machine;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(machine) = Machine::from_yaml(text, "fuzz.yaml") {
        let again = Machine::from_yaml(&machine.to_yaml(), "again.yaml").expect("own YAML");
        assert_eq!(again, machine);
    }
});
