"""Who goes out where the wire does not reach, and how is what they did proved? 执行异常与现场工单."""
