#loc2 = loc("<stdin>":3:45)
"builtin.module"() ({
  "transform.named_sequence"() <{function_type = (!transform.any_op) -> (), sym_name = "__transform_main"}> ({
  ^bb0(%arg0: !transform.any_op loc("<stdin>":3:45)):
    %0 = "transform.structured.match"(%arg0) <{ops = ["linalg.matmul"]}> : (!transform.any_op) -> !transform.any_op loc(#loc3)
    %1:3 = "transform.structured.tile_using_for"(%0) <{scalable_sizes = array<i1: false, false>, static_sizes = array<i64: 4, 8>}> : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op) loc(#loc4)
    "transform.yield"() : () -> () loc(#loc5)
  }) : () -> () loc(#loc1)
}) {transform.with_named_sequence} : () -> () loc(#loc)
#loc = loc("<stdin>":2:1)
#loc1 = loc("<stdin>":3:2)
#loc3 = loc("<stdin>":4:8)
#loc4 = loc("<stdin>":5:14)
#loc5 = loc("<stdin>":6:3)

