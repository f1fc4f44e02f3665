"""A project folder for a small study."""

from pathlib import Path

import pytest
from small_study import write_inputs


@pytest.fixture
def project(own_store: Path, empty_store: Path) -> Path:
    """The current folder, with what the stages before a study leave and an empty MLflow store."""
    (own_store / "mlflow.db").write_bytes(empty_store.read_bytes())
    write_inputs()
    return own_store
