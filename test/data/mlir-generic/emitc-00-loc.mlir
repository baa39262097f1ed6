#loc2 = loc("<stdin>":2:15)
#loc3 = loc("<stdin>":2:24)
"builtin.module"() ({
  "emitc.func"() <{function_type = (i32, !emitc.ptr<!emitc.opaque<"int">>) -> i32, sym_name = "f"}> ({
  ^bb0(%arg0: i32 loc("<stdin>":2:15), %arg1: !emitc.ptr<!emitc.opaque<"int">> loc("<stdin>":2:24)):
    %0 = "emitc.add"(%arg0, %arg0) : (i32, i32) -> i32 loc(#loc4)
    "emitc.return"(%0) : (i32) -> () loc(#loc5)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc4 = loc("<stdin>":2:76)
#loc5 = loc("<stdin>":3:2)

