"builtin.module"() ({
  "func.func"() <{function_type = (f32) -> !async.token, sym_name = "a"}> ({
  ^bb0(%arg0: f32):
    %0:2 = "async.execute"() <{operandSegmentSizes = array<i32: 0, 0>}> ({
      "async.yield"(%arg0) : (f32) -> ()
    }) : () -> (!async.token, !async.value<f32>)
    %1 = "async.await"(%0#1) : (!async.value<f32>) -> f32
    "func.return"(%0#0) : (!async.token) -> ()
  }) : () -> ()
}) : () -> ()

