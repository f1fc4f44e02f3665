"""The residual + attention recognition network and its training."""
