// RUN: cim-opt %s --cim-fold-batch-norm --verify-diagnostics=only-expected

func.func @negative_variance(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %w = cim.graph.constant dense<1.0> : tensor<2x2xf32>
  %s = cim.graph.constant dense<[4.0, -2.0]> : tensor<2xf32>
  %0 = cim.graph.linear %x, %w : (tensor<1x2xf32>, tensor<2x2xf32>) -> tensor<1x2xf32>
  // expected-error@+1 {{'cim.graph.batch_norm' op channel 1 is no finite affine map: check var and epsilon}}
  %1 = cim.graph.batch_norm %0 scale %s bias %s mean %s var %s epsilon 1.0 : (tensor<1x2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}
