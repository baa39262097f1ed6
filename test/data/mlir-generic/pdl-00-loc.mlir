"builtin.module"() ({
  "pdl.pattern"() <{benefit = 1 : i16, sym_name = "p"}> ({
    %0 = "pdl.type"() <{constantType = i32}> : () -> !pdl.type loc(#loc2)
    %1 = "pdl.attribute"() <{value = 1 : i32}> : () -> !pdl.attribute loc(#loc3)
    %2 = "pdl.operand"(%0) : (!pdl.type) -> !pdl.value loc(#loc4)
    %3 = "pdl.operation"(%2, %1, %0) <{attributeValueNames = ["v"], opName = "foo.op", operandSegmentSizes = array<i32: 1, 1, 1>}> : (!pdl.value, !pdl.attribute, !pdl.type) -> !pdl.operation loc(#loc5)
    "pdl.rewrite"(%3) <{operandSegmentSizes = array<i32: 1, 0>}> ({
      %4 = "pdl.operation"(%0) <{attributeValueNames = [], opName = "foo.new", operandSegmentSizes = array<i32: 0, 0, 1>}> : (!pdl.type) -> !pdl.operation loc(#loc7)
      "pdl.replace"(%3, %4) <{operandSegmentSizes = array<i32: 1, 1, 0>}> : (!pdl.operation, !pdl.operation) -> () loc(#loc8)
    }) : (!pdl.operation) -> () loc(#loc6)
  }) : () -> () loc(#loc1)
}) : () -> () loc(#loc)
#loc = loc("<stdin>":0:0)
#loc1 = loc("<stdin>":2:1)
#loc2 = loc("<stdin>":2:36)
#loc3 = loc("<stdin>":3:7)
#loc4 = loc("<stdin>":4:7)
#loc5 = loc("<stdin>":5:8)
#loc6 = loc("<stdin>":6:2)
#loc7 = loc("<stdin>":6:25)
#loc8 = loc("<stdin>":7:2)

