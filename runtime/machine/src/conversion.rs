//! How many rows one analogue-to-digital conversion may see (semantics: converters `clip` at `2^adc - 1`).

use crate::machine::Machine;
use crate::units::Limit;

/// Rows one conversion may see so that it can never clip:
/// `min(parallel_row, floor((2^adc - 1) / ((2^cell - 1) * (2^dac - 1))))`; with ideal converters `parallel_row`.
///
/// At least 1 for a machine without [`Machine::problems`].
pub fn rows_per_conversion(machine: &Machine) -> u32 {
    rows_per_conversion_or_zero(machine).max(1)
}

/// Rows one conversion sees when clipping is allowed: the whole `parallel_row`.
pub fn rows_per_conversion_clipping(machine: &Machine) -> u32 {
    machine.crossbar.parallel_row.max(1)
}

/// As [`rows_per_conversion`], 0 when the converter cannot even represent one row.
pub(crate) fn rows_per_conversion_or_zero(machine: &Machine) -> u32 {
    let xb = &machine.crossbar;
    let (Limit::Finite(adc), Limit::Finite(dac)) = (xb.adc, xb.dac) else { return xb.parallel_row };
    let top = |bits: u8| (1u64 << bits.min(32)) - 1;
    // Both factors are below 2^32, so the product fits.
    let per_row = (top(xb.cell_bits.0) * top(dac.0)).max(1);
    (top(adc.0) / per_row).min(u64::from(xb.parallel_row)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_machines() {
        let rows: Vec<u32> = ["isaac-baseline", "jain-sram", "puma", "jia-isscc21", "conv-relu-example"]
            .iter()
            .map(|name| rows_per_conversion(&Machine::preset(name).expect("preset")))
            .collect();
        assert_eq!(rows, [8, 32, 85, 255, 16]);
    }

    #[test]
    fn clipping_uses_every_row() {
        let puma = Machine::preset("puma").expect("preset");
        assert_eq!(rows_per_conversion_clipping(&puma), 128);
    }
}
