"builtin.module"() ({
  "emitc.func"() <{function_type = (i32, !emitc.ptr<!emitc.opaque<"int">>) -> i32, sym_name = "f"}> ({
  ^bb0(%arg0: i32, %arg1: !emitc.ptr<!emitc.opaque<"int">>):
    %0 = "emitc.add"(%arg0, %arg0) : (i32, i32) -> i32
    "emitc.return"(%0) : (i32) -> ()
  }) : () -> ()
}) : () -> ()

