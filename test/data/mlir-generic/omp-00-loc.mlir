#loc2 = loc("<stdin>":2:14)
#loc3 = loc("<stdin>":2:25)
#loc9 = loc("<stdin>":4:30)
"builtin.module"() ({
  "func.func"() <{function_type = (index, memref<4xf32>) -> (), sym_name = "o"}> ({
  ^bb0(%arg0: index loc("<stdin>":2:14), %arg1: memref<4xf32> loc("<stdin>":2:25)):
    "omp.parallel"() <{operandSegmentSizes = array<i32: 0, 0, 0, 0, 0, 0>}> ({
      "omp.barrier"() : () -> () loc(#loc5)
      "omp.terminator"() : () -> () loc(#loc6)
    }) : () -> () loc(#loc4)
    "omp.wsloop"() <{operandSegmentSizes = array<i32: 0, 0, 0, 0, 0, 0, 0>}> ({
      "omp.loop_nest"(%arg0, %arg0, %arg0) ({
      ^bb0(%arg2: index loc("<stdin>":4:30)):
        "omp.yield"() : () -> () loc(#loc10)
      }) : (index, index, index) -> () loc(#loc8)
    }) : () -> () loc(#loc7)
    "func.return"() : () -> () loc(#loc11)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc4 = loc("<stdin>":2:46)
#loc5 = loc("<stdin>":2:61)
#loc6 = loc("<stdin>":3:2)
#loc7 = loc("<stdin>":4:2)
#loc8 = loc("<stdin>":4:15)
#loc10 = loc("<stdin>":4:69)
#loc11 = loc("<stdin>":5:2)

