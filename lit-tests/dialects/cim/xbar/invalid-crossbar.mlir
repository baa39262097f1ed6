// RUN: cim-opt %s --split-input-file --verify-diagnostics

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

// expected-error @+1 {{programs no crossbar}}
cim.xbar.resident @c cores 0, 1 outputs 2 attributes {cell_bits = 2 : i64, name = "c"} {
}

// -----

// expected-error @+1 {{rows must be a first index and a count of at least one}}
cim.xbar.write_xb 0, @m rows [0] cols [0, 2]

// -----

// expected-error @+1 {{rows must be a first index and a count of at least one}}
cim.xbar.write_xb 0, @m rows [-1, 4] cols [0, 2]

// -----

// expected-error @+1 {{rows must be a first index and a count of at least one}}
cim.xbar.write_xb 0, @m rows [4294967295, 1] cols [0, 2]

// -----

// expected-error @+1 {{cols must be a first index and a count of at least one}}
cim.xbar.write_xb 0, @m rows [0, 4] cols [0, 0]

// -----

// expected-error @+1 {{group_range must be a first index and a count of at least one}}
cim.xbar.write_xb 0, @m rows [0, 4] cols [0, 2] {group_range = array<i64: 0, 0>}

// -----

// expected-error @+1 {{slice must be at least 0 and below 2^32, got -1}}
cim.xbar.write_xb 0, @m rows [0, 4] cols [0, 2] {slice = -1 : i64}

// -----

// expected-error @+1 {{xb must be at least 0 and below 2^32, got 4294967296}}
cim.xbar.write_xb 4294967296, @m rows [0, 4] cols [0, 2]

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{xb must be at least 0 and below 2^32, got -1}}
cim.xbar.read_xb -1 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.xbar.read_xb 0 x 0 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{rows must be at least 1 and below 2^32, got 0}}
cim.xbar.read_xb 0 x 1 rows 0 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{outputs must be at least 1 and below 2^32, got 0}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 0, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{src_stride must be at least 0 and below 2^32, got -1}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64, src_stride = -1 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{dst_stride must be at least 0 and below 2^32, got -1}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64, dst_stride = -1 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{shift must be at least 0 and below 2^32, got -1}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64, shift = -1 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{the map of dst has 2 results for a buffer of rank 1}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0, 0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{the map of src has 2 results for a buffer of rank 1}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0, 0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<(d0) -> (d0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{the map of src takes 1 indices, but 0 are given}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<(d0) -> (d0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{the map of src has symbols; an access map takes loop indices only}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<()[s0] -> (s0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") : memref<2xsi32, "L0">
// expected-error @+1 {{dst must lie in L1, not in L0}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L0">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xf32, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{src must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xf32, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{slices must be 1 to 16, polarities 1 or 2, cell_bits 1 to 8}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64, slices = 0 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{slices must be 1 to 16, polarities 1 or 2, cell_bits 1 to 8}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64, slices = 17 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{slices must be 1 to 16, polarities 1 or 2, cell_bits 1 to 8}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64, polarities = 0 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{slices must be 1 to 16, polarities 1 or 2, cell_bits 1 to 8}}
cim.xbar.read_xb 0 x 1 rows 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 9 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

// expected-error @+1 {{core must be at least 0 and below 2^32, got -1}}
cim.xbar.resident @c cores -1, 1 outputs 2 attributes {cell_bits = 2 : i64, name = "c"} {
  cim.xbar.write_xb 0, @m rows [0, 4] cols [0, 2]
}

// -----

// expected-error @+1 {{cores must be at least 1 and below 2^32, got 0}}
cim.xbar.resident @c cores 0, 0 outputs 2 attributes {cell_bits = 2 : i64, name = "c"} {
  cim.xbar.write_xb 0, @m rows [0, 4] cols [0, 2]
}

// -----

// expected-error @+1 {{outputs must be at least 1 and below 2^32, got 0}}
cim.xbar.resident @c cores 0, 1 outputs 0 attributes {cell_bits = 2 : i64, name = "c"} {
  cim.xbar.write_xb 0, @m rows [0, 4] cols [0, 2]
}

// -----

// expected-error @+1 {{holds 'cim.xbar.parallel'; only cim.xbar.write_xb is allowed}}
cim.xbar.resident @c cores 0, 1 outputs 2 attributes {cell_bits = 2 : i64, name = "c"} {
  cim.xbar.parallel {
  }
}

// -----

// expected-error @+1 {{slices must be 1 to 16, polarities 1 or 2, cell_bits 1 to 8}}
cim.xbar.resident @c cores 0, 1 outputs 2 attributes {cell_bits = 0 : i64, name = "c"} {
  cim.xbar.write_xb 0, @m rows [0, 4] cols [0, 2]
}

// -----

// expected-error @+1 {{region should have no arguments}}
cim.xbar.resident @c cores 0, 1 outputs 2 attributes {cell_bits = 2 : i64, name = "c"} {
^bb0(%x: i32):
  cim.xbar.write_xb 0, @m rows [0, 4] cols [0, 2]
}

// -----

// expected-error @+1 {{requires attribute 'resident'}}
"cim.xbar.write_core"() : () -> ()

// -----

%x = cim.xbar.alloc("x") : memref<4x4x1xui4, "L0">
%y = cim.xbar.alloc("y") core 0 : memref<3x3x2xsi32, "L1">
// expected-error @+1 {{dst must lie in L0, not in L1}}
cim.xbar.read_core @c window [4, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0], %y at affine_map<() -> (0, 0, 0)> from %x at affine_map<() -> (0, 0, 0)> : memref<3x3x2xsi32, "L1">, memref<4x4x1xui4, "L0">

// -----

%x = cim.xbar.alloc("x") core 0 : memref<4x4x1xui4, "L1">
%y = cim.xbar.alloc("y") : memref<3x3x2xsi32, "L0">
// expected-error @+1 {{src must lie in L0, not in L1}}
cim.xbar.read_core @c window [4, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0], %y at affine_map<() -> (0, 0, 0)> from %x at affine_map<() -> (0, 0, 0)> : memref<3x3x2xsi32, "L0">, memref<4x4x1xui4, "L1">

// -----

%x = cim.xbar.alloc("x") : memref<4x4x1xui4, "L0">
%y = cim.xbar.alloc("y") : memref<3x3x2xui32, "L0">
// expected-error @+1 {{dst must hold si32 or si64 accumulators}}
cim.xbar.read_core @c window [4, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0], %y at affine_map<() -> (0, 0, 0)> from %x at affine_map<() -> (0, 0, 0)> : memref<3x3x2xui32, "L0">, memref<4x4x1xui4, "L0">

// -----

%x = cim.xbar.alloc("x") : memref<4x4x1xui64, "L0">
%y = cim.xbar.alloc("y") : memref<3x3x2xsi32, "L0">
// expected-error @+1 {{src must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.read_core @c window [4, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0], %y at affine_map<() -> (0, 0, 0)> from %x at affine_map<() -> (0, 0, 0)> : memref<3x3x2xsi32, "L0">, memref<4x4x1xui64, "L0">

// -----

%x = cim.xbar.alloc("x") : memref<4x4x1xui4, "L0">
%y = cim.xbar.alloc("y") : memref<3x3x2xsi32, "L0">
// expected-error @+1 {{the map of dst has 1 results for a buffer of rank 3}}
cim.xbar.read_core @c window [4, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0], %y at affine_map<() -> (0)> from %x at affine_map<() -> (0, 0, 0)> : memref<3x3x2xsi32, "L0">, memref<4x4x1xui4, "L0">

// -----

%x = cim.xbar.alloc("x") : memref<4x4x1xui4, "L0">
%y = cim.xbar.alloc("y") : memref<3x3x2xsi32, "L0">
// expected-error @+1 {{the map of src takes 1 indices, but 0 are given}}
cim.xbar.read_core @c window [4, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0], %y at affine_map<() -> (0, 0, 0)> from %x at affine_map<(d0) -> (0, 0, d0)> : memref<3x3x2xsi32, "L0">, memref<4x4x1xui4, "L0">

// -----

%x = cim.xbar.alloc("x") : memref<4x4x1xui4, "L0">
%y = cim.xbar.alloc("y") : memref<3x3x2xsi32, "L0">
// expected-error @+1 {{window must be 15 numbers: H, W, C, Ho, Wo, kernel, strides, dilations (positive), pads (not negative)}}
cim.xbar.read_core @c window [4, 4], %y at affine_map<() -> (0, 0, 0)> from %x at affine_map<() -> (0, 0, 0)> : memref<3x3x2xsi32, "L0">, memref<4x4x1xui4, "L0">

// -----

%x = cim.xbar.alloc("x") : memref<4x4x1xui4, "L0">
%y = cim.xbar.alloc("y") : memref<3x3x2xsi32, "L0">
// expected-error @+1 {{window must be 15 numbers: H, W, C, Ho, Wo, kernel, strides, dilations (positive), pads (not negative)}}
cim.xbar.read_core @c window [4, 4, 0, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0], %y at affine_map<() -> (0, 0, 0)> from %x at affine_map<() -> (0, 0, 0)> : memref<3x3x2xsi32, "L0">, memref<4x4x1xui4, "L0">

// -----

%x = cim.xbar.alloc("x") : memref<4x4x1xui4, "L0">
%y = cim.xbar.alloc("y") : memref<3x3x2xsi32, "L0">
// expected-error @+1 {{window must be 15 numbers: H, W, C, Ho, Wo, kernel, strides, dilations (positive), pads (not negative)}}
cim.xbar.read_core @c window [4, 4, 1, 3, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, -1], %y at affine_map<() -> (0, 0, 0)> from %x at affine_map<() -> (0, 0, 0)> : memref<3x3x2xsi32, "L0">, memref<4x4x1xui4, "L0">
