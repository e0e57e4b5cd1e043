"""Training on several worlds in processes of their own: Ray actors drive, one or more learners learn."""
