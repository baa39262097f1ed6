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

// expected-error @+1 {{window must be 15 numbers: H, W, C, Ho, Wo, kernel, strides, dilations (positive), pads (not negative)}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {window = array<i64: 1>} {
}

// -----

// expected-error @+1 {{matrix must be rows and columns, both positive}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {matrix = array<i64: 1>} {
}

// -----

// expected-error @+1 {{holds 'cim.xbar.parallel', which has a region; only leaf operations may run at once}}
cim.xbar.parallel {
  cim.xbar.parallel {
  }
}

// -----

// expected-error @+1 {{row_dims must hold one to four pairs}}
cim.xbar.matrix @m rows [] cols 2 by 4 inner 1 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{row_dims must hold one to four pairs}}
cim.xbar.matrix @m rows [1, 1, 1, 1, 1, 1, 1, 1, 4, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{strides not negative}}
cim.xbar.matrix @m rows [4, -1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{groups must be positive, got 0}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, groups = 0 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{inner must be positive, got 0}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 0 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{slots must be positive, got 0}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, slots = 0 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{base must not be negative, got -1}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 1 {base = -1 : i64, cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{group_stride must not be negative, got -4}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, group_stride = -4 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{col_stride must not be negative, got -4}}
cim.xbar.matrix @m rows [4, 1] cols 2 by -4 inner 1 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{slot_rows must not be negative, got -1}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, slot_rows = -1 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{weights must be an integer tensor of at most 16 bits with static shape}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi32>}

// -----

// expected-error @+1 {{reaches element 8 of a weight constant with 8 elements}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 1 {base = 1 : i64, cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{reaches element 9223372036854775807 of a weight constant with 8 elements}}
cim.xbar.matrix @m rows [4, 9223372036854775807] cols 2 by 4 inner 1 {cell_bits = 2 : i64, weights = dense<1> : tensor<2x4xsi4>}

// -----

// expected-error @+1 {{requires attribute 'weights'}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64}

// -----

// expected-error @+1 {{multipliers and addends must have the same number of entries, at least one}}
cim.xbar.requant @r shift 3 to 0, 15 {addend = array<i64>, multiplier = array<i64>}

// -----

// expected-error @+1 {{multipliers and addends must have the same number of entries, at least one}}
cim.xbar.requant @r shift 3 to 0, 15 {addend = array<i64: 0>, multiplier = array<i64: 1>, multiplier2 = array<i64: 1, 2>}

// -----

// expected-error @+1 {{shift must be in 1..=62, got 0}}
cim.xbar.requant @r shift 0 to 0, 15 {addend = array<i64: 0>, multiplier = array<i64: 1>}

// -----

// expected-error @+1 {{core must not be negative, got -1}}
%0 = cim.xbar.alloc("x") core -1 : memref<4xui4, "L1">

// -----

// expected-error @+1 {{a buffer in host has no core}}
%0 = cim.xbar.alloc("x") core 0 : memref<4xf32, "host">

// -----

// expected-error @+1 {{border must be four non-negative numbers on a three-dimensional L0 buffer}}
%0 = cim.xbar.alloc("x") border [-1, 0, 0, 0] : memref<3x3x1xui4, "L0">

// -----

// expected-error @+1 {{border must be four non-negative numbers on a three-dimensional L0 buffer}}
%0 = cim.xbar.alloc("x") border [0, 0, 0, 0] : memref<9xui4, "L0">

// -----

// expected-error @+1 {{border must be four non-negative numbers on a three-dimensional L0 buffer}}
%0 = cim.xbar.alloc("x") core 0 border [0, 0, 0, 0] : memref<3x3x1xui4, "L1">

// -----

// expected-error @+1 {{border leaves no interior}}
%0 = cim.xbar.alloc("x") border [0, 1, 0, 2] : memref<3x3x1xui4, "L0">

// -----

// expected-error @+1 {{border leaves no interior}}
%0 = cim.xbar.alloc("x") border [9223372036854775807, 0, 1, 0] : memref<3x3x1xui4, "L0">

// -----

// expected-error @+1 {{must be memref in memory space "L0", "L1" or "host"}}
%0 = cim.xbar.alloc("x") : memref<?x3x1xui4, "L0">

// -----

// expected-error @+1 {{must be memref in memory space "L0", "L1" or "host"}}
%0 = cim.xbar.alloc("x") : memref<3xui4, "L2">

// -----

// expected-error @+1 {{must be memref in memory space "L0", "L1" or "host"}}
%0 = cim.xbar.alloc("x") : memref<0xui4, "L0">

// -----

// expected-error @+1 {{expected one of 'cim', 'alu', 'host'}}
cim.xbar.layer "l" "conv" on nowhere because "r" nodes [] {
}

// -----

// expected-error @+1 {{region should have no arguments}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] {
^bb0(%x: i32):
}

// -----

// expected-error @+1 {{region should have no arguments}}
cim.xbar.parallel {
^bb0(%x: i32):
}

// -----

// expected-error @+1 {{window must be 15 numbers: H, W, C, Ho, Wo, kernel, strides, dilations (positive), pads (not negative)}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {window = array<i64: 0, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0>} {
}

// -----

// expected-error @+1 {{window must be 15 numbers: H, W, C, Ho, Wo, kernel, strides, dilations (positive), pads (not negative)}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {window = array<i64: 4, 4, 1, 3, 3, 0, 2, 1, 1, 1, 1, 0, 0, 0, 0>} {
}

// -----

// expected-error @+1 {{window must be 15 numbers: H, W, C, Ho, Wo, kernel, strides, dilations (positive), pads (not negative)}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {window = array<i64: 4, 4, 1, 3, 3, 2, 2, 0, 1, 1, 1, 0, 0, 0, 0>} {
}

// -----

// expected-error @+1 {{window must be 15 numbers: H, W, C, Ho, Wo, kernel, strides, dilations (positive), pads (not negative)}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {window = array<i64: 4, 4, 1, 3, 3, 2, 2, 1, 1, 1, -1, 0, 0, 0, 0>} {
}

// -----

// expected-error @+1 {{window must be 15 numbers: H, W, C, Ho, Wo, kernel, strides, dilations (positive), pads (not negative)}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {window = array<i64: 4, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, -1, 0, 0, 0>} {
}

// -----

// expected-error @+1 {{window must be 15 numbers: H, W, C, Ho, Wo, kernel, strides, dilations (positive), pads (not negative)}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {window = array<i64: 4, 4, 1, 3, 4294967296, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0>} {
}

// -----

// expected-error @+1 {{matrix must be rows and columns, both positive}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {matrix = array<i64: 0, 1>} {
}

// -----

// expected-error @+1 {{segment must be at least 0 and below 2^32, got -1}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {segment = -1 : i64} {
}

// -----

// expected-error @+1 {{cout must be at least 0 and below 2^32, got -1}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {cout = -1 : i64} {
}

// -----

// expected-error @+1 {{groups must be at least 1 and below 2^32, got 0}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {groups = 0 : i64} {
}

// -----

// expected-error @+1 {{crossbars must be at least 0 and below 2^32, got -1}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {crossbars = -1 : i64} {
}

// -----

// expected-error @+1 {{cores must be at least 0 and below 2^32, got -1}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {cores = -1 : i64} {
}

// -----

// expected-error @+1 {{copies must be at least 1 and below 2^32, got 0}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {copies = 0 : i64} {
}

// -----

// expected-error @+1 {{slots must be at least 1 and below 2^32, got 0}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {slots = 0 : i64} {
}

// -----

// expected-error @+1 {{slot_rows must be at least 0 and below 2^32, got -1}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {slot_rows = -1 : i64} {
}

// -----

// expected-error @+1 {{weight_bits must be in 0..=64, got 65}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {weight_bits = 65 : i64} {
}

// -----

// expected-error @+1 {{activation_bits must be in 0..=64, got -1}}
cim.xbar.layer "l" "conv" on cim because "r" nodes [] attributes {activation_bits = -1 : i64} {
}

// -----

// expected-error @+1 {{attribute 'weights' failed to satisfy constraint: constant vector/tensor attribute}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, weights = 1 : i64}

// -----

func.func @f(%x: memref<?xf32>, %y: tensor<4xf32>) {
  // expected-error @+1 {{operand #1 must be variadic of}}
  "cim.xbar.layer"(%x, %y) <{kind = "conv", name = "l", nodes = array<i64: 0, 1>, placement = "cim", reason = "r"}> ({
  }) : (memref<?xf32>, tensor<4xf32>) -> ()
  return
}

// -----

// expected-error @+1 {{attribute 'placement' failed to satisfy constraint: where a layer runs}}
"cim.xbar.layer"() <{kind = "conv", name = "l", nodes = array<i64>, placement = "nowhere", reason = "r"}> ({
}) : () -> ()

// -----

// expected-error @+1 {{weights must be an integer tensor of at most 16 bits with static shape}}
cim.xbar.matrix @m rows [4, 1] cols 2 by 4 inner 1 {cell_bits = 2 : i64, weights = sparse<[[0, 0]], [1]> : tensor<2x4xsi4>}
