// RUN: cim-opt %s --cim-place --split-input-file --verify-diagnostics

// expected-error @+1 {{attribute 'cim.machine' must be a #cim.machine}}
module attributes {cim.machine = 1 : i64} {
  func.func @network(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
    return %x : tensor<1x4xf32>
  }
}

// -----

// expected-error @+1 {{needs a machine: set the module attribute 'cim.machine'}}
module {
  func.func @network(%x: tensor<1x4xf32>) -> tensor<1x4xf32> {
    return %x : tensor<1x4xf32>
  }
}
