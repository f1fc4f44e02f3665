import pytest

from lcgan.stars.library import load_library


@pytest.fixture(scope="session")
def library():
    """Return every star of the installed library, read once (some 4 s)."""
    return load_library()
