"builtin.module"() ({
  "func.func"() <{function_type = (!shape.shape, !shape.shape) -> !shape.shape, sym_name = "s"}> ({
  ^bb0(%arg0: !shape.shape, %arg1: !shape.shape):
    %0 = "shape.cstr_broadcastable"(%arg0, %arg1) : (!shape.shape, !shape.shape) -> !shape.witness
    %1 = "shape.assuming"(%0) ({
      %3 = "shape.broadcast"(%arg0, %arg1) : (!shape.shape, !shape.shape) -> !shape.shape
      "shape.assuming_yield"(%3) : (!shape.shape) -> ()
    }) : (!shape.witness) -> !shape.shape
    %2 = "shape.const_shape"() <{shape = dense<[1, 2, 3]> : tensor<3xindex>}> : () -> !shape.shape
    "func.return"(%1) : (!shape.shape) -> ()
  }) : () -> ()
}) : () -> ()

