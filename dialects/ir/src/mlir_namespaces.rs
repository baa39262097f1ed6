//! Namespaces of MLIR's own dialects (LLVM 22, `mlir-opt --show-dialects`).
//!
//! Text of these namespaces follows the printing rules of registered dialects even where we define no operation of them: aliases are
//! used inside their properties.

/// All of them, sorted.
#[rustfmt::skip]
pub const MLIR_NAMESPACES: [&str; 51] = [
    "acc", "affine", "amdgpu", "amx", "arith", "arm_neon", "arm_sme", "arm_sve", "async", "bufferization",
    "builtin", "cf", "complex", "dlti", "emitc", "func", "gpu", "index", "irdl", "linalg", "llvm", "math",
    "memref", "ml_program", "mpi", "nvgpu", "nvvm", "omp", "pdl", "pdl_interp", "ptr", "quant", "rocdl",
    "scf", "shape", "shard", "smt", "sparse_tensor", "spirv", "tensor", "test", "test_dyn",
    "test_irdl_to_cpp", "tosa", "transform", "ub", "vector", "wasmssa", "x86vector", "xegpu", "xevm",
];

/// Whether a namespace is one of MLIR's own.
pub fn is_mlir_namespace(name: &str) -> bool {
    MLIR_NAMESPACES.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_up() {
        assert!(MLIR_NAMESPACES.is_sorted());
        assert!(is_mlir_namespace("arith") && is_mlir_namespace("xevm") && !is_mlir_namespace("cim"));
    }
}
