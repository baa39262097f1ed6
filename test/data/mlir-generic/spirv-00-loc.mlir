#loc4 = loc("<stdin>":4:16)
"builtin.module"() ({
  "spirv.module"() <{addressing_model = #spirv.addressing_model<Logical>, memory_model = #spirv.memory_model<GLSL450>, vce_triple = #spirv.vce<v1.0, [Shader], []>}> ({
    "spirv.GlobalVariable"() <{binding = 1 : i32, descriptor_set = 0 : i32, sym_name = "v", type = !spirv.ptr<!spirv.struct<(f32 [0])>, StorageBuffer>}> : () -> () loc(#loc2)
    "spirv.func"() <{function_control = #spirv.function_control<None>, function_type = (f32) -> f32, sym_name = "f"}> ({
    ^bb0(%arg0: f32 loc("<stdin>":4:16)):
      %0 = "spirv.FAdd"(%arg0, %arg0) : (f32, f32) -> f32 loc(#loc5)
      "spirv.ReturnValue"(%0) : (f32) -> () loc(#loc6)
    }) : () -> () loc(#loc3)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc2 = loc("<stdin>":3:2)
#loc3 = loc("<stdin>":4:2)
#loc5 = loc("<stdin>":4:46)
#loc6 = loc("<stdin>":5:2)

