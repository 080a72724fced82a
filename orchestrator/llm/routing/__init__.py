"""Which model answers: the task, what is known and learnt of each model, its price, its speed, its place."""
