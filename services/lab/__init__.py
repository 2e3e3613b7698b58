"""The laboratory: one simulated city lived through under several policies, and what each lever would bring there."""
