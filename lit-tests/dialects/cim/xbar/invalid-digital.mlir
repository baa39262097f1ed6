// RUN: cim-opt %s --split-input-file --verify-diagnostics

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

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.xbar.relu 0, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xf32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xf32, "L1">
// expected-error @+1 {{dst must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.relu 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xf32, "L1">, memref<8xf32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi16, "L1">
// expected-error @+1 {{src has another element type than dst}}
cim.xbar.relu 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi16, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.xbar.relu 4, %a at affine_map<(d0) -> (d0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of src has 2 results for a buffer of rank 1}}
cim.xbar.relu 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0, 0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.xbar.clip 0 to 0, 6, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xf32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xf32, "L1">
// expected-error @+1 {{dst must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.clip 4 to 0, 6, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xf32, "L1">, memref<8xf32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi16, "L1">
// expected-error @+1 {{src has another element type than dst}}
cim.xbar.clip 4 to 0, 6, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi16, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.xbar.clip 4 to 0, 6, %a at affine_map<(d0) -> (d0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of src has 2 results for a buffer of rank 1}}
cim.xbar.clip 4 to 0, 6, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0, 0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.xbar.reduce_add 0 count 2 stride 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xf32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xf32, "L1">
// expected-error @+1 {{dst must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.reduce_add 4 count 2 stride 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xf32, "L1">, memref<8xf32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi16, "L1">
// expected-error @+1 {{src has another element type than dst}}
cim.xbar.reduce_add 4 count 2 stride 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi16, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.xbar.reduce_add 4 count 2 stride 4, %a at affine_map<(d0) -> (d0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of src has 2 results for a buffer of rank 1}}
cim.xbar.reduce_add 4 count 2 stride 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0, 0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.xbar.shift_acc 0 shift 1, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xf32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xf32, "L1">
// expected-error @+1 {{dst must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.shift_acc 4 shift 1, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xf32, "L1">, memref<8xf32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi16, "L1">
// expected-error @+1 {{src has another element type than dst}}
cim.xbar.shift_acc 4 shift 1, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi16, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.xbar.shift_acc 4 shift 1, %a at affine_map<(d0) -> (d0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of src has 2 results for a buffer of rank 1}}
cim.xbar.shift_acc 4 shift 1, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0, 0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{lower bound 7 is above upper bound 6}}
cim.xbar.clip 4 to 7, 6, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{count must be at least 1 and below 2^32, got 0}}
cim.xbar.reduce_add 4 count 0 stride 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{stride must be at least 0 and below 2^32, got -1}}
cim.xbar.reduce_add 4 count 2 stride -1, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{shift must be in 0..32 for elements of 32 bits, got 32}}
cim.xbar.shift_acc 4 shift 32, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{shift must be in 0..32 for elements of 32 bits, got -1}}
cim.xbar.shift_acc 4 shift -1, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.xbar.add 0, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.xbar.add 4, %a at affine_map<(d0) -> (d0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of a has 2 results for a buffer of rank 1}}
cim.xbar.add 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0, 0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of b has 2 results for a buffer of rank 1}}
cim.xbar.add 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0, 0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xf32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{dst must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.add 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xf32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi16, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{a has another element type than dst}}
cim.xbar.add 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi16, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi16, "L1">
// expected-error @+1 {{b has another element type than dst}}
cim.xbar.add 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi16, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.xbar.mul 0, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.xbar.mul 4, %a at affine_map<(d0) -> (d0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of a has 2 results for a buffer of rank 1}}
cim.xbar.mul 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0, 0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of b has 2 results for a buffer of rank 1}}
cim.xbar.mul 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0, 0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xf32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{dst must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.mul 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xf32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi16, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{a has another element type than dst}}
cim.xbar.mul 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi16, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi16, "L1">
// expected-error @+1 {{b has another element type than dst}}
cim.xbar.mul 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi16, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.xbar.add_requantize @rq 0, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.xbar.add_requantize @rq 4, %a at affine_map<(d0) -> (d0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of a has 2 results for a buffer of rank 1}}
cim.xbar.add_requantize @rq 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0, 0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of b has 2 results for a buffer of rank 1}}
cim.xbar.add_requantize @rq 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0, 0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xf32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{dst must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.add_requantize @rq 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xf32, "L1">, memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xf32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{a must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.add_requantize @rq 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xf32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
%c = cim.xbar.alloc("c") core 0 : memref<8xf32, "L1">
// expected-error @+1 {{b must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.add_requantize @rq 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)>, %c at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">, memref<8xf32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi16, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{dst must hold si32 or si64 accumulators}}
cim.xbar.offset 8 inner 4 outputs 2, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi16, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xf32, "L1">
// expected-error @+1 {{src must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.offset 8 inner 4 outputs 2, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xf32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{inner must be at least 1 and below 2^32, got 0}}
cim.xbar.offset 8 inner 0 outputs 2, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{outputs must be at least 1 and below 2^32, got 0}}
cim.xbar.offset 8 inner 4 outputs 0, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{positions must be at least 1 and below 2^32, got 0}}
cim.xbar.offset 8 inner 4 outputs 2, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> {positions = 0 : i64} : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{groups must be at least 1 and below 2^32, got 0}}
cim.xbar.offset 8 inner 4 outputs 2, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> {groups = 0 : i64} : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.xbar.offset 8 inner 4 outputs 2, %a at affine_map<(d0) -> (d0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of src has 2 results for a buffer of rank 1}}
cim.xbar.offset 8 inner 4 outputs 2, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0, 0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xf32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{dst must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.requantize @rq 4 channels 0, 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xf32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xf32, "L1">
// expected-error @+1 {{src must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.requantize @rq 4 channels 0, 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xf32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{channel must be at least 0 and below 2^32, got -1}}
cim.xbar.requantize @rq 4 channels -1, 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{channels must be at least 1 and below 2^32, got 0}}
cim.xbar.requantize @rq 4 channels 0, 0, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{len must be at least 1 and below 2^32, got 0}}
cim.xbar.requantize @rq 0 channels 0, 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of dst takes 1 indices, but 0 are given}}
cim.xbar.requantize @rq 4 channels 0, 4, %a at affine_map<(d0) -> (d0)> from %b at affine_map<() -> (0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<8xsi32, "L1">
%b = cim.xbar.alloc("b") core 0 : memref<8xsi32, "L1">
// expected-error @+1 {{the map of src has 2 results for a buffer of rank 1}}
cim.xbar.requantize @rq 4 channels 0, 4, %a at affine_map<() -> (0)> from %b at affine_map<() -> (0, 0)> : memref<8xsi32, "L1">, memref<8xsi32, "L1">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x1xui4, "L0">
%b = cim.xbar.alloc("b") : memref<2x2x1xui4, "L0">
// expected-error @+1 {{average pooling names requantisation constants, max pooling has none}}
cim.xbar.pool max window [2, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0] by @rq, %a from %b : memref<2x2x1xui4, "L0">, memref<2x2x1xui4, "L0">

// -----

%a = cim.xbar.alloc("a") core 0 : memref<2x2x1xui4, "L1">
%b = cim.xbar.alloc("b") : memref<2x2x1xui4, "L0">
// expected-error @+1 {{dst must lie in L0, not in L1}}
cim.xbar.pool max window [2, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], %a from %b : memref<2x2x1xui4, "L1">, memref<2x2x1xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x1xui4, "L0">
%b = cim.xbar.alloc("b") core 0 : memref<2x2x1xui4, "L1">
// expected-error @+1 {{src must lie in L0, not in L1}}
cim.xbar.pool max window [2, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], %a from %b : memref<2x2x1xui4, "L0">, memref<2x2x1xui4, "L1">

// -----

%a = cim.xbar.alloc("a") : memref<4xui4, "L0">
%b = cim.xbar.alloc("b") : memref<2x2x1xui4, "L0">
// expected-error @+1 {{dst must have the dimensions H, W, C}}
cim.xbar.pool max window [2, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], %a from %b : memref<4xui4, "L0">, memref<2x2x1xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x1xui4, "L0">
%b = cim.xbar.alloc("b") : memref<4xui4, "L0">
// expected-error @+1 {{src must have the dimensions H, W, C}}
cim.xbar.pool max window [2, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], %a from %b : memref<2x2x1xui4, "L0">, memref<4xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x1xf32, "L0">
%b = cim.xbar.alloc("b") : memref<2x2x1xui4, "L0">
// expected-error @+1 {{dst must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.pool max window [2, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], %a from %b : memref<2x2x1xf32, "L0">, memref<2x2x1xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x1xui4, "L0">
%b = cim.xbar.alloc("b") : memref<2x2x1xf32, "L0">
// expected-error @+1 {{src must hold signed or unsigned integers of at most 64 bits}}
cim.xbar.pool max window [2, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], %a from %b : memref<2x2x1xui4, "L0">, memref<2x2x1xf32, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x1xui4, "L0">
%b = cim.xbar.alloc("b") : memref<2x2x1xui4, "L0">
// expected-error @+1 {{expected one of 'max', 'average'}}
cim.xbar.pool median window [2, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0], %a from %b : memref<2x2x1xui4, "L0">, memref<2x2x1xui4, "L0">

// -----

%a = cim.xbar.alloc("a") : memref<2x2x1xui4, "L0">
// expected-error @+1 {{attribute 'kind' failed to satisfy constraint: kind of pooling}}
"cim.xbar.pool"(%a, %a) <{kind = "median", window = array<i64: 2, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0>}> : (memref<2x2x1xui4, "L0">, memref<2x2x1xui4, "L0">) -> ()
