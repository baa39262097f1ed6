"func.func"() <{function_type = () -> (), sym_name = "f"}> ({
  "arith.constant"() <{value = 1 : i32}> : () -> i32
}) : () -> ()
