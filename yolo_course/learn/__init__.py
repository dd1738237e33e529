"""Learning: training, evaluation, freezing, and the experiment that compares frozen with unfrozen."""
