module @tiny {
  func.func @network(%x: tensor<1x1x3x3xui4>) -> tensor<1x2x2x2xui4> {
    %w = "cim.graph.constant"() <{value = dense<1> : tensor<2x1x2x2xsi4>}> : () -> tensor<2x1x2x2xsi4>
    %0 = "cim.graph.conv2d"(%x, %w) <{strides = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>, name = "conv"}> : (tensor<1x1x3x3xui4>, tensor<2x1x2x2xsi4>) -> tensor<1x2x2x2xsi32>
    %1 = "cim.graph.requantize"(%0) <{multiplier = array<i64: 1>, addend = array<i64: 0>, shift = 3 : i64, lo = 0 : i64, hi = 15 : i64, name = "rq"}> : (tensor<1x2x2x2xsi32>) -> tensor<1x2x2x2xui4>
    return %1 : tensor<1x2x2x2xui4>
  }
}
