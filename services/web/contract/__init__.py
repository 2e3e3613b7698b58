"""A contractor's month: what was asked and done, what is proposed, what it answers, who signs."""
