// RUN: cim-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{row_dims must hold one to four pairs of extent and stride}}
cim.xbar.matrix @m rows [2] cols 2 by 4 inner 1 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{extents in row_dims must be positive and strides not negative}}
cim.xbar.matrix @m rows [0, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{cols must be positive, got 0}}
cim.xbar.matrix @m rows [4, 1] cols 0 by 4 inner 1 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{has 4 rows, no multiple of its 3 input channels}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 3 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{cells hold 1 to 8 bits, got 9}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 1 {cell_bits = 9 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{weights must be an integer tensor of at most 16 bits with static shape}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, weights = dense<1.0> : tensor<2x4xf32>}

// -----

// expected-error @+1 {{reaches element 11 of a weight constant with 8 elements}}
cim.xbar.matrix @m rows [4, 1] cols 3 by 4 inner 1 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{multipliers and addends must have the same number of entries, at least one}}
cim.xbar.requant @r shift 3 to 0, 15 {addend = array<i64: 0, 1>, multiplier = array<i64: 1>}

// -----

// expected-error @+1 {{shift must be in 1..=62, got 63}}
cim.xbar.requant @r shift 63 to 0, 15 {addend = array<i64: 0>, multiplier = array<i64: 1>}

// -----

// expected-error @+1 {{lower bound 16 is above upper bound 15}}
cim.xbar.requant @r shift 3 to 16, 15 {addend = array<i64: 0>, multiplier = array<i64: 1>}

// -----

// expected-error @+1 {{an L1 buffer must name its core}}
%0 = cim.xbar.alloc("x") : memref<4xui4, "L1">

// -----

// expected-error @+1 {{a buffer in L0 has no core}}
%0 = cim.xbar.alloc("x") core 0 : memref<3x3x1xui4, "L0">

// -----

// expected-error @+1 {{address must not be negative}}
%0 = cim.xbar.alloc("x") at -8 : memref<3x3x1xui4, "L0">

// -----

// expected-error @+1 {{border must be four non-negative numbers on a three-dimensional L0 buffer}}
%0 = cim.xbar.alloc("x") border [1, 1] : memref<3x3x1xui4, "L0">

// -----

// expected-error @+1 {{border leaves no interior}}
%0 = cim.xbar.alloc("x") border [2, 0, 1, 0] : memref<3x3x1xui4, "L0">

// -----

// expected-error @+1 {{must be memref in memory space "L0", "L1" or "host"}}
%0 = cim.xbar.alloc("x") : memref<3x3x1xui4>

// -----

// expected-error @+1 {{names 1 nodes for 0 buffers}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [3] {
}

// -----

// expected-error @+1 {{window must have 15 numbers}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {window = array<i64: 1>} {
}

// -----

// expected-error @+1 {{matrix must be rows and columns}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {matrix = array<i64: 1>} {
}

// -----

// expected-error @+1 {{only leaf operations may run at once}}
cim.xbar.parallel {
  cim.xbar.parallel {
  }
}

// -----

// expected-error @+1 {{rows must be a first index and a count of at least one}}
cim.xbar.write_xb 0, @m rows [0, 0] cols [0, 2]

// -----

// expected-error @+1 {{xb must be at least 0 and below 2^32, got -1}}
cim.xbar.write_xb -1, @m rows [0, 4] cols [0, 2]

// -----

%in = cim.xbar.alloc("in") : memref<1x1x4xui4, "L0">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{src must lie in L1, not in L0}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0, 0, 0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<1x1x4xui4, "L0">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi8, "L1">
// expected-error @+1 {{dst must hold si32 or si64 accumulators}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi8, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{slices must be 1 to 16, polarities 1 or 2, cell_bits 1 to 8}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64, polarities = 3 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%a = cim.xbar.alloc("a") : memref<1x1x4xui4, "L0">
// expected-error @+1 {{the map of dst has 1 results for a buffer of rank 3}}
cim.xbar.relu 4, %a at affine_map<() -> (0)> from %a at affine_map<() -> (0, 0, 0)> : memref<1x1x4xui4, "L0">, memref<1x1x4xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<1x1x4xui4, "L0">
// expected-error @+1 {{the map of src takes 1 indices, but 0 are given}}
cim.xbar.relu 4, %a at affine_map<() -> (0, 0, 0)> from %a at affine_map<(d0) -> (0, 0, d0)> : memref<1x1x4xui4, "L0">, memref<1x1x4xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<1x1x4xui4, "L0">
%b = cim.xbar.alloc("b") : memref<1x1x4xsi8, "L0">
// expected-error @+1 {{src has another element type than dst}}
cim.xbar.relu 4, %a at affine_map<() -> (0, 0, 0)> from %b at affine_map<() -> (0, 0, 0)> : memref<1x1x4xui4, "L0">, memref<1x1x4xsi8, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<1x1x4xui4, "L0">
%b = cim.xbar.alloc("b") : memref<1x1x4xsi32, "L0">
// expected-error @+1 {{len 4 is no multiple of channels 3}}
cim.xbar.requantize @r 4 channels 0, 3, %a at affine_map<() -> (0, 0, 0)> from %b at affine_map<() -> (0, 0, 0)> : memref<1x1x4xui4, "L0">, memref<1x1x4xsi32, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x1xui4, "L0">
// expected-error @+1 {{average pooling names requantisation constants, max pooling has none}}
cim.xbar.pool average window [2, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], %a from %a : memref<2x2x1xui4, "L0">, memref<2x2x1xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x1xui4, "L0">
// expected-error @+1 {{window must be 15 numbers}}
cim.xbar.pool max window [2, 2, 1, 0, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], %a from %a : memref<2x2x1xui4, "L0">, memref<2x2x1xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<1x1x4xui4, "L0">
// expected-error @+1 {{counts and strides must have the same number of entries, at most four}}
cim.xbar.mov 1 counts [2], %a at affine_map<() -> (0, 0, 0)> by [1] from %a at affine_map<() -> (0, 0, 0)> by [] : memref<1x1x4xui4, "L0">, memref<1x1x4xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<1x1x4xui4, "L0">
// expected-error @+1 {{each count must be at least 1 and below 2^32, got 0}}
cim.xbar.fill 1, 1 counts [0], %a at affine_map<() -> (0, 0, 0)> by [1] : memref<1x1x4xui4, "L0">

// -----

// expected-error @+1 {{programs no crossbar}}
cim.xbar.resident @c cores 0, 1 outputs 2 attributes {cell_bits = 2 : i64, name = "c"} {
}

// -----

// expected-error @+1 {{writes beyond the 4 rows of the tile}}
cim.row.write_row 0 row 0 x 4, @m rows [0, 4] cols [0, 2] {tile_row = 2 : i64}
