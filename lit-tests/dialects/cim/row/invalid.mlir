// RUN: cim-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{writes beyond the 4 rows of the tile}}
cim.row.write_row 0 row 0 x 4, @m rows [0, 4] cols [0, 2] {tile_row = 2 : i64}

// -----

// expected-error @+1 {{xb must be at least 0 and below 2^32, got -1}}
cim.row.write_row -1 row 0 x 4, @m rows [0, 4] cols [0, 2]

// -----

// expected-error @+1 {{row must be at least 0 and below 2^32, got -1}}
cim.row.write_row 0 row -1 x 4, @m rows [0, 4] cols [0, 2]

// -----

// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.row.write_row 0 row 0 x 0, @m rows [0, 4] cols [0, 2]

// -----

// expected-error @+1 {{tile_row must be at least 0 and below 2^32, got -1}}
cim.row.write_row 0 row 0 x 4, @m rows [0, 4] cols [0, 2] {tile_row = -1 : i64}

// -----

// expected-error @+1 {{slice must be at least 0 and below 2^32, got -1}}
cim.row.write_row 0 row 0 x 4, @m rows [0, 4] cols [0, 2] {slice = -1 : i64}

// -----

// expected-error @+1 {{rows must be a first index and a count of at least one}}
cim.row.write_row 0 row 0 x 4, @m rows [0, 0] cols [0, 2]

// -----

// expected-error @+1 {{cols must be a first index and a count of at least one}}
cim.row.write_row 0 row 0 x 4, @m rows [0, 4] cols [-1, 2]

// -----

// expected-error @+1 {{group_range must be a first index and a count of at least one}}
cim.row.write_row 0 row 0 x 4, @m rows [0, 4] cols [0, 2] {group_range = array<i64: 1>}

// -----

// expected-error @+1 {{writes beyond the 8 rows of the tile}}
cim.row.write_row 0 row 0 x 4, @m rows [0, 4] cols [0, 2] {group_range = array<i64: 0, 2>, tile_row = 5 : i64}

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{the map of dst has 2 results for a buffer of rank 1}}
cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0, 0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{the map of src has 2 results for a buffer of rank 1}}
cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0, 0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<(d0) -> (d0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{the map of src takes 1 indices, but 0 are given}}
cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<(d0) -> (d0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{the map of src has symbols; an access map takes loop indices only}}
cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<()[s0] -> (s0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") : memref<2xsi32, "L0">
// expected-error @+1 {{dst must lie in L1, not in L0}}
cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L0">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xf32, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{src must hold signed or unsigned integers of at most 64 bits}}
cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xf32, "L1">

// -----

%in = cim.xbar.alloc("in") : memref<4xui4, "L0">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{src must lie in L1, not in L0}}
cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L0">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi8, "L1">
// expected-error @+1 {{dst must hold si32 or si64 accumulators}}
cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi8, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{row_at must map the loop indices to one row}}
cim.row.read_row 0 row affine_map<(d0) -> (d0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{row_at must map the loop indices to one row}}
cim.row.read_row 0 row affine_map<()[s0] -> (s0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{row_at must map the loop indices to one row}}
cim.row.read_row 0 row affine_map<() -> (0, 0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{xb must be at least 0 and below 2^32, got -1}}
cim.row.read_row -1 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.row.read_row 0 row affine_map<() -> (0)> x 0 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{outputs must be at least 1 and below 2^32, got 0}}
cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 0, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{shift must be at least 0 and below 2^32, got -1}}
cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64, shift = -1 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

%in = cim.xbar.alloc("in") core 0 : memref<4xui4, "L1">
%acc = cim.xbar.alloc("acc") core 0 : memref<2xsi32, "L1">
// expected-error @+1 {{slices must be 1 to 16, polarities 1 or 2, cell_bits 1 to 8}}
cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64, slices = 17 : i64} : memref<2xsi32, "L1">, memref<4xui4, "L1">

// -----

func.func @f(%acc: memref<2xsi32, "L1">, %in: memref<4xui4>) {
  // expected-error @+1 {{operand #1 must be memref in memory space "L0", "L1" or "host", but got 'memref<4xui4>'}}
  cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> {cell_bits = 2 : i64} : memref<2xsi32, "L1">, memref<4xui4>
  return
}

// -----

func.func @f(%acc: memref<2xsi32, "L1">, %in: memref<4xui4, "L1">) {
  // expected-error @+1 {{requires attribute 'cell_bits'}}
  cim.row.read_row 0 row affine_map<() -> (0)> x 4 outputs 2, %acc at affine_map<() -> (0)> from %in at affine_map<() -> (0)> : memref<2xsi32, "L1">, memref<4xui4, "L1">
  return
}
