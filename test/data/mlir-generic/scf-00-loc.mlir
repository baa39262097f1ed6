#loc2 = loc("<stdin>":2:14)
#loc3 = loc("<stdin>":2:33)
#loc4 = loc("<stdin>":2:44)
#loc9 = loc("<stdin>":6:17)
#loc10 = loc("<stdin>":6:51)
#loc11 = loc("<stdin>":6:62)
#loc20 = loc("<stdin>":12:20)
#loc21 = loc("<stdin>":12:30)
#loc24 = loc("<stdin>":13:53)
#loc25 = loc("<stdin>":13:64)
#loc29 = loc("<stdin>":15:16)
#loc30 = loc("<stdin>":15:20)
#loc40 = loc("<stdin>":19:14)
"builtin.module"() ({
  "func.func"() <{function_type = (memref<?xf32>, index, i1) -> f32, sym_name = "l"}> ({
  ^bb0(%arg0: memref<?xf32> loc("<stdin>":2:14), %arg1: index loc("<stdin>":2:33), %arg2: i1 loc("<stdin>":2:44)):
    %0 = "arith.constant"() <{value = 0 : index}> : () -> index loc(#loc5)
    %1 = "arith.constant"() <{value = 1 : index}> : () -> index loc(#loc6)
    %2 = "arith.constant"() <{value = 0.000000e+00 : f32}> : () -> f32 loc(#loc7)
    %3:2 = "scf.for"(%0, %arg1, %1, %2, %0) ({
    ^bb0(%arg10: index loc("<stdin>":6:17), %arg11: f32 loc("<stdin>":6:51), %arg12: index loc("<stdin>":6:62)):
      %9 = "memref.load"(%arg0, %arg10) : (memref<?xf32>, index) -> f32 loc(#loc12)
      %10 = "arith.addf"(%arg11, %9) <{fastmath = #arith.fastmath<fast>}> : (f32, f32) -> f32 loc(#loc13)
      %11 = "scf.if"(%arg2) ({
        "scf.yield"(%10) : (f32) -> () loc(#loc15)
      }, {
        %12 = "arith.mulf"(%10, %10) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32 loc(#loc16)
        "scf.yield"(%12) : (f32) -> () loc(#loc17)
      }) : (i1) -> f32 loc(#loc14)
      "scf.yield"(%11, %arg10) : (f32, index) -> () loc(#loc18)
    }) : (index, index, index, f32, index) -> (f32, index) loc(#loc8)
    %4:2 = "scf.while"(%0, %3#0) ({
    ^bb0(%arg8: index loc("<stdin>":12:20), %arg9: f32 loc("<stdin>":12:30)):
      %8 = "arith.cmpi"(%arg8, %arg1) <{predicate = 6 : i64}> : (index, index) -> i1 loc(#loc22)
      "scf.condition"(%8, %arg8, %arg9) : (i1, index, f32) -> () loc(#loc23)
    }, {
    ^bb0(%arg6: index loc("<stdin>":13:53), %arg7: f32 loc("<stdin>":13:64)):
      %7 = "arith.addi"(%arg6, %1) <{overflowFlags = #arith.overflow<none>}> : (index, index) -> index loc(#loc26)
      "scf.yield"(%7, %arg7) : (index, f32) -> () loc(#loc27)
    }) : (index, f32) -> (index, f32) loc(#loc19)
    "scf.parallel"(%0, %0, %arg1, %arg1, %1, %1) <{operandSegmentSizes = array<i32: 2, 2, 2, 0>}> ({
    ^bb0(%arg4: index loc("<stdin>":15:16), %arg5: index loc("<stdin>":15:20)):
      "memref.store"(%2, %arg0, %arg4) : (f32, memref<?xf32>, index) -> () loc(#loc31)
      "scf.reduce"() : () -> () loc(#loc32)
    }) : (index, index, index, index, index, index) -> () loc(#loc28)
    %5 = "scf.execute_region"() ({
      "scf.yield"(%2) : (f32) -> () loc(#loc34)
    }) : () -> f32 loc(#loc33)
    %6 = "scf.index_switch"(%arg1) <{cases = array<i64: 2, 5>}> ({
      "scf.yield"(%4#1) : (f32) -> () loc(#loc36)
    }, {
      "scf.yield"(%2) : (f32) -> () loc(#loc37)
    }, {
      "scf.yield"(%5) : (f32) -> () loc(#loc38)
    }) : (index) -> f32 loc(#loc35)
    "scf.forall"(%arg1) <{operandSegmentSizes = array<i32: 0, 1, 0, 0>, staticLowerBound = array<i64: 0>, staticStep = array<i64: 1>, staticUpperBound = array<i64: -9223372036854775808>}> ({
    ^bb0(%arg3: index loc("<stdin>":19:14)):
      "scf.forall.in_parallel"() ({
      ^bb0:
      }) : () -> () loc(#loc39)
    }) : (index) -> () loc(#loc39)
    "func.return"(%4#1) : (f32) -> () loc(#loc41)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc5 = loc("<stdin>":3:8)
#loc6 = loc("<stdin>":4:8)
#loc7 = loc("<stdin>":5:7)
#loc8 = loc("<stdin>":6:9)
#loc12 = loc("<stdin>":7:8)
#loc13 = loc("<stdin>":8:8)
#loc14 = loc("<stdin>":9:8)
#loc15 = loc("<stdin>":9:27)
#loc16 = loc("<stdin>":9:60)
#loc17 = loc("<stdin>":10:2)
#loc18 = loc("<stdin>":11:3)
#loc19 = loc("<stdin>":12:9)
#loc22 = loc("<stdin>":12:80)
#loc23 = loc("<stdin>":13:2)
#loc26 = loc("<stdin>":13:80)
#loc27 = loc("<stdin>":14:2)
#loc28 = loc("<stdin>":15:2)
#loc31 = loc("<stdin>":15:67)
#loc32 = loc("<stdin>":16:2)
#loc33 = loc("<stdin>":17:7)
#loc34 = loc("<stdin>":17:35)
#loc35 = loc("<stdin>":18:8)
#loc36 = loc("<stdin>":18:105)
#loc37 = loc("<stdin>":18:44)
#loc38 = loc("<stdin>":18:74)
#loc39 = loc("<stdin>":19:2)
#loc41 = loc("<stdin>":20:2)

