"""MLflow runs and the registered model."""
