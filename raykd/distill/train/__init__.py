"""One encoder's training: the optimiser step, the loop around it, its checkpoints. Plain torch."""
