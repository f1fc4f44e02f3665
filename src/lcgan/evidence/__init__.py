"""What speaks for a candidate beside the network's word: lines, likeness, honest probabilities."""
