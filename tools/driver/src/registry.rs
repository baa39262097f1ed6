//! Everything this project registers, in one place.

use cim_ir::Registry;
use cim_pass::PassRegistry;

/// Registers all dialects and passes.
pub fn register_all(dialects: &mut Registry, passes: &mut PassRegistry) {
    cim_upstream::register(dialects);
    cim_dialect::register(dialects);
    cim_transforms::register(passes);
    cim_conversion::register(passes);
    cim_mlir_in::register(passes);
    cim_passes::register(passes);
    cim_lowering::register(passes);
}
